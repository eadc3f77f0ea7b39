//! Each type of the standard library against the allocator.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CString, OsString};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, RwLock};
use std::{borrow::Cow, hash::Hash};

use plimsoll_memory::size::{DeepSize, Size, deep_size};

use crate::oracle::{exact, held};

#[test]
fn flat_values_hold_nothing() {
    let value = (1_u8, 'x', 2.5_f64, [1_i128; 4], Some(true), std::time::Duration::ZERO, &"borrowed");
    assert_eq!(deep_size(&value), Size { total: size_of_val(&value) as u64, ..Size::default() });
    assert_eq!(deep_size("text").total, 4);
    assert_eq!(deep_size(&[1_u32, 2][..]).total, 8);
}

#[test]
fn sequences() {
    exact("empty", || (Vec::<u64>::new(), String::new(), VecDeque::<u8>::new(), vec![(); 100]));
    let (_, size) = exact("a vector with room", || {
        let mut numbers = Vec::with_capacity(100);
        numbers.extend([1_u32, 2, 3]);
        numbers
    });
    assert_eq!(size.spare, 97 * 4);
    exact("strings", || (0..50).map(|at| "x".repeat(at)).collect::<Vec<String>>());
    exact("a text with room", || String::with_capacity(77));
    exact("a deque that wraps", || {
        let mut deque: VecDeque<Box<u16>> = (0..20).map(Box::new).collect();
        deque.rotate_left(7);
        deque.push_front(Box::new(1));
        deque
    });
    exact("a heap", || (0..33_u8).map(|at| vec![at]).collect::<BinaryHeap<_>>());
    exact("lists", || {
        let bytes: LinkedList<u8> = (0..9).collect();
        let wide: LinkedList<(u8, u128)> = (0..9).map(|at| (at, 1)).collect();
        (bytes, wide, LinkedList::<u64>::new(), LinkedList::from([String::from("text")]))
    });
    exact("paths", || (PathBuf::from("/tmp/file"), OsString::from("x"), CString::new("five5").unwrap()));
    exact("cows", || {
        let (borrowed, owned): (Cow<'_, str>, Cow<'_, str>) = ("lent".into(), String::from("owned").into());
        let slice: Cow<'_, [u32]> = vec![1, 2, 3].into();
        (borrowed, owned, slice)
    });
}

#[test]
fn boxes_and_compounds() {
    exact("boxes", || {
        let object: Box<dyn DeepSize> = Box::new(vec![String::from("inside")]);
        (Box::new(1_u8), Box::new(()), Box::<str>::from("text"), Box::<[u16]>::from([1, 2]), object)
    });
    exact("empty boxes", || (Box::<str>::from(""), Box::<[u64]>::from([])));
    exact("options", || [Some(String::from("a")), None, Some("bcd".into())]);
    let results = || -> [Result<Vec<u8>, String>; 2] { [Ok(vec![1]), Err("failed".into())] };
    assert_eq!(exact("results", results).0.len(), 2);
    exact("ranges", || (String::from("a")..String::from("ccc"), Vec::<u8>::with_capacity(3)..=vec![9]));
}

#[test]
fn cells_and_locks() {
    exact("cells", || {
        let once = OnceCell::new();
        once.set(vec![1_u8, 2]).unwrap();
        (
            Cell::new(7),
            RefCell::new(vec![1_u64]),
            once,
            OnceCell::<String>::new(),
            OnceLock::from(Box::new(1)),
        )
    });
    exact("locks", || (Mutex::new(String::from("guarded")), RwLock::new(vec![Box::new(1_u8)])));
}

#[test]
fn what_is_locked_is_noted_and_not_waited_for() {
    let locks = (Mutex::new(vec![1_u8; 100]), RwLock::new(vec![1_u8; 100]), RefCell::new(vec![1_u8; 100]));
    let free = deep_size(&locks);
    {
        let _guards = (locks.0.lock().unwrap(), locks.1.write().unwrap(), locks.2.borrow_mut());
        let size = deep_size(&locks);
        assert_eq!((size.locked, size.total), (3, free.total - 300));
    }
    {
        let _guards = (locks.1.read().unwrap(), locks.2.borrow());
        assert_eq!(deep_size(&locks), free, "readers do not exclude a reader");
    }
    let poisoned = Mutex::new(vec![1_u8; 100]);
    let failed = std::thread::scope(|scope| {
        let holder = scope.spawn(|| {
            let _guard = poisoned.lock();
            panic!("on purpose, with the lock held");
        });
        holder.join().is_err()
    });
    assert!(failed && poisoned.is_poisoned());
    assert_eq!(deep_size(&poisoned).allocations, 1);
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(64))]
struct Aligned(usize);
plimsoll_memory::impl_deep_size!(flat Aligned);

/// A set of `count` elements grown one by one, and one made for them, for each number up to 5000.
fn sets<T: DeepSize + Eq + Hash>(name: &str, element: impl Fn(usize) -> T) {
    let (mut grown, mut bytes, _) = held(HashSet::new);
    for count in 0..=5000 {
        // A table that grows gives the old block back, but never holds less than before.
        bytes += held(|| grown.insert(element(count))).1;
        assert_eq!(deep_size(&grown).total - size_of_val(&grown) as u64, bytes, "{name}: grown to {count}");
        exact(name, || HashSet::<T>::with_capacity(count));
    }
}

#[test]
fn hash_sets_of_every_size() {
    sets("two bytes", |at| u16::try_from(at).unwrap());
    sets("three bytes", |at| [at.to_le_bytes()[0], at.to_le_bytes()[1], 0]);
    sets("four bytes", |at| u32::try_from(at).unwrap());
    sets("eight bytes", |at| at);
    sets("sixteen bytes", |at| at as u128);
    sets("a word and a byte", |at| (at, 1_u8));
    sets("alignment of 64", Aligned);
    sets("five bytes", |at| [at.to_le_bytes()[0], at.to_le_bytes()[1], 0, 0, 1]);
}

#[test]
fn small_hash_tables() {
    for capacity in 0..300 {
        exact("bytes", || HashSet::<u8>::with_capacity(capacity));
        exact("nothing", || HashSet::<()>::with_capacity(capacity));
        exact("a map", || HashMap::<u8, [u8; 7]>::with_capacity(capacity));
    }
    exact("a full set of bytes", || (0..=255_u8).collect::<HashSet<_>>());
    exact("one of nothing", || HashSet::from([()]));
}

#[test]
fn hash_maps_own_what_their_elements_own() {
    let (_, size) = exact("a map", || -> HashMap<String, Vec<u32>> {
        (0..100_u32).map(|at| (format!("key {at}"), (0..at).collect())).collect()
    });
    assert_eq!(size.spare, 12 * size_of::<(String, Vec<u32>)>() as u64 + vectors_spare());
}

/// Spare bytes of the texts that `format!` makes there.
fn vectors_spare() -> u64 {
    (0..100_u32).map(|at| format!("key {at}")).map(|text| (text.capacity() - text.len()) as u64).sum()
}

/// A table never looks larger than it is. After removals it may look smaller, where the marks of what was removed hide
/// buckets and too few elements are left to tell where the table ends.
#[test]
fn removals_from_hash_tables() {
    for keep_each in [2, 3, 10, 50] {
        let (mut set, bytes, _) = held(|| (0..28_672_u64).collect::<HashSet<_>>());
        assert_eq!(set.len(), set.capacity(), "full: removals leave marks");
        set.retain(|at| at % keep_each == 0);
        let size = deep_size(&set).total - size_of_val(&set) as u64;
        assert_eq!(size, bytes, "kept each {keep_each}th; capacity {}", set.capacity());
    }
    let (mut set, bytes, _) = held(|| (0..28_672_u64).collect::<HashSet<_>>());
    set.retain(|_| false);
    assert!(deep_size(&set).total - size_of_val(&set) as u64 <= bytes);
    assert!(set.capacity() > 0);
}

/// Keys in an order without a pattern, each once.
fn scattered(count: u64) -> impl Iterator<Item = u64> {
    let mut seen = HashSet::new();
    (0..count).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)).inspect(move |at| {
        assert!(seen.insert(*at));
    })
}

#[test]
fn trees_of_every_small_size() {
    for count in 0..400_u64 {
        exact("ascending", || (0..count).fold(BTreeSet::new(), inserted));
        exact("descending", || (0..count).rev().fold(BTreeSet::new(), inserted));
        exact("collected", || (0..count).collect::<BTreeSet<_>>());
        exact("bytes", || (0..count).map(|at| at.to_le_bytes()).collect::<BTreeSet<_>>());
        let keys: Vec<u64> = scattered(count).collect();
        exact("scattered", || keys.iter().copied().fold(BTreeSet::new(), inserted));
    }
}

fn inserted(mut set: BTreeSet<u64>, element: u64) -> BTreeSet<u64> {
    set.insert(element);
    set
}

#[test]
fn large_trees() {
    let keys: Vec<u64> = scattered(100_000).collect();
    exact("ascending", || (0..100_000).fold(BTreeSet::new(), inserted));
    exact("scattered", || keys.iter().copied().fold(BTreeSet::new(), inserted));
    exact("collected", || keys.iter().copied().collect::<BTreeSet<_>>());
    exact("a map", || keys.iter().map(|key| (*key, (*key, 1_u8))).collect::<BTreeMap<_, _>>());
    exact("odd sizes", || keys.iter().map(|key| (key.to_be_bytes(), [0_u8; 3])).collect::<BTreeMap<_, _>>());
    exact("strings", || keys.iter().map(|key| (key.to_string(), vec![1_u8])).collect::<BTreeMap<_, _>>());
}

#[test]
fn trees_after_removals() {
    let keys: Vec<u64> = scattered(20_000).collect();
    for keep in [19_999, 15_000, 5000, 100, 11, 1] {
        exact("after removals", || {
            let mut set: BTreeSet<u64> = keys.iter().copied().collect();
            keys[keep..].iter().for_each(|key| assert!(set.remove(key)));
            set
        });
    }
    exact("split", || {
        let mut low: BTreeMap<u64, u16> = keys.iter().map(|key| (*key, 1)).collect();
        let high = low.split_off(&keys[7]);
        (low, high)
    });
}

#[test]
fn trees_of_keys_or_values_without_size() {
    exact("nothing", BTreeMap::<(), u64>::new);
    exact("one key", || BTreeMap::from([((), 1_u64)]));
    exact("one element", || BTreeSet::from([()]));
    exact("aligned values", || (0..100_u8).map(|at| (at, 1_u128)).collect::<BTreeMap<_, _>>());
}
