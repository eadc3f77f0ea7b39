//! Counted pointers: each block once, in any order, and who else holds it.

use std::cell::RefCell;
use std::rc::{self, Rc};
use std::sync::{self, Arc};

use plimsoll_memory::impl_deep_size;
use plimsoll_memory::size::{DeepSize, Visitor, deep_size, shallow_size};

use crate::oracle::{exact, held};

trait Shape: DeepSize + Send + Sync {}
struct Polygon(Vec<u16>);
impl Shape for Polygon {}
impl_deep_size!(struct Polygon(corners));

#[repr(align(128))]
struct Aligned(#[allow(dead_code, reason = "only its size is wanted")] u8);
impl_deep_size!(struct Aligned(_));

#[test]
fn counted_pointers() {
    exact("sized", || (Rc::new(1_u8), Arc::new(String::from("text")), Arc::new(()), Rc::new(1_u128)));
    exact("aligned", || (Rc::new(Aligned(1)), Arc::new((Aligned(1), 1_u8))));
    for length in 0..40 {
        exact("text", || (Arc::<str>::from("x".repeat(length)), Rc::<str>::from("x".repeat(length))));
        exact("slices", || {
            (Arc::<[u16]>::from(vec![7; length]), Rc::<[Box<u8>]>::from(vec![Box::new(1); length]))
        });
    }
    exact("objects", || -> (Arc<dyn Shape>, Rc<dyn DeepSize>) {
        (Arc::new(Polygon(vec![1, 2, 3])), Rc::new(Aligned(2)))
    });
}

#[test]
fn weak_pointers_hold_blocks_and_not_their_contents() {
    exact("dangling", || (rc::Weak::<u64>::new(), sync::Weak::<String>::new()));
    exact("alive", || {
        let (text, slice): (Arc<String>, Rc<[u8]>) = (Arc::new("alive".into()), Rc::from([1, 2, 3]));
        // The weak ones come first: the contents are visited all the same.
        (Arc::downgrade(&text), Rc::downgrade(&slice), text, slice)
    });
    exact("gone", || {
        let text = Arc::new(String::from("gone, but for the block"));
        (Arc::downgrade(&text), Arc::downgrade(&text))
    });
    let text: Arc<str> = "alive".into();
    assert_eq!(deep_size(&Arc::downgrade(&text)).total, 16 + deep_size(&text).total - 16);
}

#[test]
fn what_is_shared_counts_once_in_any_order() {
    let ((all, one), bytes, blocks) = held(|| {
        let one = Arc::new(vec![1_u8; 1000]);
        (vec![Arc::clone(&one); 50], one)
    });
    let sizes =
        [[deep_size(&all).total, deep_size(&one).total], [deep_size(&one).total, deep_size(&all).total]];
    assert!(
        sizes.iter().all(|pair| pair.iter().all(|size| *size > 1000)),
        "each alone holds the block: {sizes:?}"
    );
    for backwards in [false, true] {
        let mut visitor = Visitor::new();
        if backwards {
            visitor.visit(&one);
            visitor.visit(&all);
        } else {
            visitor.visit(&all);
            visitor.visit(&one);
        }
        let size = visitor.size();
        assert_eq!(size.total, shallow_size(&all) + shallow_size(&one) + bytes);
        assert_eq!(size.allocations, blocks);
        // The pointed-to block and the vector's below it, not the vector of pointers.
        assert_eq!(size.shared, 16 + 24 + 1000);
    }
    drop(all);
    assert_eq!(deep_size(&one).shared, 0, "one owner is left");
}

struct Node {
    name: String,
    parent: RefCell<rc::Weak<Node>>,
    next: RefCell<Option<Rc<Node>>>,
}
impl_deep_size!(struct Node { name, parent, next });

fn node(name: &str) -> Rc<Node> {
    Rc::new(Node { name: name.to_owned(), parent: RefCell::default(), next: RefCell::default() })
}

#[test]
fn cycles_end() {
    let (first, bytes, blocks) = held(|| {
        let (first, second) = (node("first"), node("second"));
        *second.parent.borrow_mut() = Rc::downgrade(&first);
        *second.next.borrow_mut() = Some(Rc::clone(&first));
        *first.next.borrow_mut() = Some(second);
        first
    });
    let size = deep_size(&first);
    assert_eq!((size.total, size.allocations), (8 + bytes, blocks));
    // From inside, by reference: the block of the first node is met on the way round, and counted once.
    let inside = deep_size(&*first);
    assert_eq!(inside.total, shallow_size(&*first) + 5 + bytes, "{inside:?}");
    first.next.borrow_mut().take();
}

/// A million boxes need no memory for being remembered; a chain of pointers does, one entry each.
#[test]
fn only_what_can_be_shared_is_remembered() {
    let boxes: Vec<Box<u64>> = (0..10_000).map(Box::new).collect();
    let (mut visitor, _, _) = held(Visitor::new);
    let ((), bytes, _) = held(|| visitor.visit(&boxes));
    assert_eq!(bytes, 0);
}
