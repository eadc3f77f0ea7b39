//! For whom a thread allocates: a name that holds for a scope. While allocations are traced, each is put down to the tag
//! of the scope that made it, wherever it is freed, and while tags are timed ([`time_tags`](crate::time_tags)) so is the
//! processor time; otherwise a tag costs two writes to a thread-local.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::tag_figures;

thread_local! {
    /// The tag's number, 0 for none.
    static CURRENT: Cell<u32> = const { Cell::new(0) };
}

/// Names by number, less 1.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// A name for allocations, such as that of an operator. Tags of the same name are one.
///
/// ```
/// use plimsoll_memory::Tag;
///
/// static PARSER: Tag = Tag::new("parser");
///
/// let _tag = PARSER.enter();
/// let words: Vec<&str> = "allocated by the parser".split(' ').collect();
/// # assert_eq!(words.len(), 4);
/// ```
#[derive(Debug)]
pub struct Tag {
    name: &'static str,
    number: AtomicU32,
}

impl Tag {
    /// A tag of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Tag { name, number: AtomicU32::new(0) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// From here on the thread allocates for this tag, until the guard is dropped: then for whom it did before.
    pub fn enter(&self) -> TagGuard {
        let number = self.number.load(Relaxed);
        let number = if number == 0 { self.register() } else { number };
        TagGuard::enter(number)
    }

    /// For whom the calling thread allocates, to be handed to a thread that works on its behalf.
    pub fn inherited() -> InheritedTag {
        InheritedTag { number: CURRENT.get() }
    }

    #[cold]
    fn register(&self) -> u32 {
        // The list of names is not what the program allocates.
        #[cfg(feature = "traces")]
        let _quiet = crate::trace::Quiet::enter();
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().position(|name| *name == self.name);
        let index = known.unwrap_or_else(|| {
            names.push(self.name);
            names.len() - 1
        });
        let number = u32::try_from(index + 1).unwrap_or(0);
        self.number.store(number, Relaxed);
        number
    }
}

/// The tag that held where [`Tag::inherited`] was called, or none.
#[derive(Debug, Clone, Copy)]
#[must_use = "a tag holds where it is entered"]
pub struct InheritedTag {
    number: u32,
}

impl InheritedTag {
    /// As [`Tag::enter`].
    pub fn enter(self) -> TagGuard {
        TagGuard::enter(self.number)
    }
}

/// Holds a [`Tag`] for a scope of one thread.
#[derive(Debug)]
#[must_use = "the tag holds as long as its guard"]
pub struct TagGuard {
    outer: u32,
    /// The guard must be dropped by its thread.
    thread: PhantomData<*const ()>,
}

impl TagGuard {
    fn enter(number: u32) -> Self {
        let outer = CURRENT.replace(number);
        tag_figures::leave(outer);
        TagGuard { outer, thread: PhantomData }
    }
}

impl Drop for TagGuard {
    fn drop(&mut self) {
        tag_figures::leave(CURRENT.replace(self.outer));
    }
}

/// The calling thread's tag, 0 for none.
#[inline]
pub(crate) fn current() -> u32 {
    CURRENT.get()
}

/// The names of all tags by number; that of 0 is empty.
pub(crate) fn names() -> Vec<&'static str> {
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::once("").chain(names.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_names_are_one() {
        static OUTER: Tag = Tag::new("tag test: outer");
        static INNER: Tag = Tag::new("tag test: inner");
        static AGAIN: Tag = Tag::new("tag test: outer");
        assert_eq!(CURRENT.get(), 0);
        let outer = OUTER.enter();
        let number = CURRENT.get();
        {
            let _inner = INNER.enter();
            assert_ne!(CURRENT.get(), number);
            let _again = AGAIN.enter();
            assert_eq!(CURRENT.get(), number);
        }
        assert_eq!(CURRENT.get(), number);
        assert!(std::thread::spawn(|| CURRENT.get() == 0).join().unwrap());
        let inherited = Tag::inherited();
        let helper = std::thread::spawn(move || {
            let guard = inherited.enter();
            let inside = CURRENT.get();
            drop(guard);
            (inside, CURRENT.get())
        });
        assert_eq!(helper.join().unwrap(), (number, 0));
        drop(outer);
        assert_eq!(CURRENT.get(), 0);
    }
}
