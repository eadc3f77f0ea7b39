//! The cases. The lines that allocate say so; the test reads the marks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::error::Error;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use plimsoll_memory::Tag;

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// Runs all, each under its tag.
        pub(crate) fn run() {
            $({
                static CASE: Tag = Tag::new(stringify!($name));
                let _tag = CASE.enter();
                $name();
            })*
        }
    };
}

cases!(
    inlined,
    inlined_twice,
    generic,
    closure,
    iterator_adapter,
    dependency,
    trait_object,
    function_pointer,
    recursion,
    thread,
    growth,
    boxed,
    counted,
    counted_between_threads,
    string,
    formatted,
    cloned,
    hash_map,
    tree_map,
    queue,
    collected,
    collected_text,
    sorted,
    zeroed,
    shrunk,
    boxed_closure,
    error,
    lazy,
    by_macro,
    dropped_elsewhere,
    two_sites,
    measured,
    caught,
);

#[inline(always)]
fn helper(size: usize) -> Vec<u8> {
    Vec::with_capacity(size) // site: inlined
}

#[inline(never)]
fn inlined() {
    black_box(helper(black_box(11)));
}

#[inline(always)]
fn inner(size: usize) -> Box<[u8]> {
    vec![7; size].into_boxed_slice() // site: inlined_twice
}

#[inline(always)]
fn outer(size: usize) -> Box<[u8]> {
    inner(size + 1)
}

fn inlined_twice() {
    black_box(outer(black_box(12)));
}

fn repeated<T: Clone>(value: T, times: usize) -> Vec<T> {
    vec![value; times] // site: generic
}

fn generic() {
    black_box(repeated(1_u16, black_box(20)));
    black_box(repeated([1.5_f64; 4], black_box(21)));
}

fn closure() {
    let make = |size| {
        black_box(size);
        Vec::<u32>::with_capacity(size) // site: closure
    };
    black_box(make(black_box(13)));
}

fn iterator_adapter() {
    let sum: u64 = (0..black_box(9_u64))
        .filter(|number| number % 2 == 0)
        .map(|number| black_box(Box::new(number))) // site: iterator_adapter
        .map(|number| *number)
        .sum();
    black_box(sum);
}

fn dependency() {
    black_box(bytes::BytesMut::zeroed(black_box(77))); // site: dependency
}

trait Make {
    fn make(&self) -> Vec<u8>;
}

struct Small(usize);

struct Large(usize);

impl Make for Small {
    fn make(&self) -> Vec<u8> {
        Vec::with_capacity(self.0) // site: trait_object
    }
}

impl Make for Large {
    fn make(&self) -> Vec<u8> {
        Vec::with_capacity(self.0 * 1000) // site: trait_object
    }
}

fn trait_object() {
    let makers: [&dyn Make; 2] = black_box([&Small(14), &Large(15)]);
    for maker in makers {
        black_box(maker.make());
    }
}

fn pointed_to(size: usize) -> String {
    String::with_capacity(size) // site: function_pointer
}

fn function_pointer() {
    let make: fn(usize) -> String = black_box(pointed_to);
    black_box(make(16));
}

fn nested(depth: usize) -> Vec<u8> {
    if depth == 0 {
        return Vec::with_capacity(black_box(17)); // site: recursion
    }
    let mut result = nested(depth - 1);
    result.clear();
    black_box(result)
}

fn recursion() {
    black_box(nested(black_box(6)));
}

fn thread() {
    let tag = Tag::inherited();
    let started = {
        static STARTING: Tag = Tag::new("starting a thread");
        let _other = STARTING.enter();
        std::thread::spawn(move || {
            let _tag = tag.enter();
            black_box(Vec::<u8>::with_capacity(black_box(18))); // site: thread
        })
    };
    started.join().unwrap();
}

fn growth() {
    let mut numbers = Vec::new();
    for number in 0..black_box(1000_u32) {
        numbers.push(number); // site: growth
    }
    black_box(numbers);
}

fn boxed() {
    black_box(Box::new(black_box([3_u64; 5]))); // site: boxed
}

fn counted() {
    black_box(Rc::new(black_box(5_u8))); // site: counted
}

fn counted_between_threads() {
    let text: Arc<str> = Arc::from(black_box("between threads")); // site: counted_between_threads
    black_box(text);
}

fn string() {
    let mut text = String::new();
    text.push_str(black_box("pushed")); // site: string
    black_box(text);
}

fn formatted() {
    black_box(format!("{} and {}", black_box(1), black_box("two"))); // site: formatted
}

fn cloned() {
    let array = black_box([1_u8; 40]);
    black_box(array.to_vec()); // site: cloned
}

fn hash_map() {
    let mut map = HashMap::new();
    for key in 0..black_box(100_u32) {
        map.insert(key, key); // site: hash_map
    }
    black_box(map);
}

fn tree_map() {
    let mut map = BTreeMap::new();
    for key in 0..black_box(100_u32) {
        map.insert(key, key); // site: tree_map
    }
    black_box(map);
}

fn queue() {
    let mut queue = VecDeque::new();
    for number in 0..black_box(50_u8) {
        queue.push_front(number); // site: queue
    }
    black_box(queue);
}

fn collected() {
    let squares = (0..black_box(30_u64)).filter(|number| number % 3 != 0).map(|number| number * number);
    let squares: Vec<u64> = squares.collect(); // site: collected
    black_box(squares);
}

fn collected_text() {
    let text: String = black_box("turned around").chars().rev().collect(); // site: collected_text
    black_box(text);
}

fn sorted() {
    let mut numbers = black_box([0_u64; 3000]);
    numbers.iter_mut().enumerate().for_each(|(at, number)| *number = at as u64 * 7919 % 3001);
    numbers.sort(); // site: sorted
    black_box(numbers);
}

fn zeroed() {
    black_box(vec![0_u8; black_box(5000)]); // site: zeroed
}

fn shrunk() {
    let mut text = String::with_capacity(black_box(300)); // site: shrunk
    text.push('x');
    text.shrink_to_fit(); // site: shrunk
    black_box(text);
}

fn boxed_closure() {
    let number = black_box(19_u64);
    let add: Box<dyn Fn(u64) -> u64> = Box::new(move |other| number + other); // site: boxed_closure
    black_box(add(1));
    black_box(add);
}

fn error() {
    let error: Box<dyn Error> = black_box("it failed").into(); // site: error
    black_box(error);
}

static LAZY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    Vec::with_capacity(black_box(23)) // site: lazy
});

fn lazy() {
    black_box(LAZY.capacity());
}

// The compiler's rule: a macro of the same crate is source like any other.
macro_rules! buffer {
    ($size:expr) => {
        Vec::<u8>::with_capacity($size) // site: by_macro
    };
}

fn by_macro() {
    black_box(buffer!(black_box(24)));
}

#[inline(never)]
fn drop_it(block: Vec<u8>) {
    black_box(&block);
    drop(block);
}

fn dropped_elsewhere() {
    let block = Vec::with_capacity(black_box(25)); // site: dropped_elsewhere
    drop_it(block);
}

fn two_sites() {
    let first = Box::new(black_box(1_u32)); // site: two_sites
    let second = Box::new(black_box(2_u32)); // site: two_sites
    black_box((first, second));
}

fn measured() {
    let (block, _) = plimsoll_memory::measure(|| {
        Box::new(black_box([4_u16; 3])) // site: measured
    });
    black_box(block);
}

fn caught() {
    let made = std::panic::catch_unwind(|| {
        Box::new(black_box([5_u16; 3])) // site: caught
    });
    black_box(made.unwrap());
}
