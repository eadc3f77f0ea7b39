//! Texts and sequences of the standard library. Their blocks are their capacity; a capacity of nothing, or of elements
//! without size, is no block.

use std::borrow::Cow;
use std::collections::{BinaryHeap, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{DeepSize, Visitor};

/// The block of a vector and what its elements own.
fn visit_elements<'a, T: DeepSize + 'a>(
    visitor: &mut Visitor,
    capacity: usize,
    length: usize,
    elements: impl Iterator<Item = &'a T>,
) {
    // Elements without size have an endless capacity, and no block.
    if size_of::<T>() > 0 {
        visitor.block(capacity * size_of::<T>(), (capacity - length) * size_of::<T>());
    }
    if !T::is_flat() {
        elements.for_each(|element| element.visit_heap(visitor));
    }
}

impl<T: DeepSize> DeepSize for Vec<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visit_elements(visitor, self.capacity(), self.len(), self.iter());
    }
}

impl<T: DeepSize> DeepSize for VecDeque<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visit_elements(visitor, self.capacity(), self.len(), self.iter());
    }
}

impl<T: DeepSize> DeepSize for BinaryHeap<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visit_elements(visitor, self.capacity(), self.len(), self.iter());
    }
}

impl<T: DeepSize> DeepSize for LinkedList<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        /// The fields of the standard library's node; the compiler lays both out alike.
        #[allow(dead_code, reason = "only its size is wanted")]
        struct Node<T> {
            next: Option<std::ptr::NonNull<()>>,
            previous: Option<std::ptr::NonNull<()>>,
            element: T,
        }
        visitor.blocks(self.len(), self.len() * size_of::<Node<T>>(), 0);
        self.iter().for_each(|element| element.visit_heap(visitor));
    }
}

impl<T: DeepSize> DeepSize for [T] {
    fn visit_heap(&self, visitor: &mut Visitor) {
        if !T::is_flat() {
            self.iter().for_each(|element| element.visit_heap(visitor));
        }
    }
}

impl DeepSize for String {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(self.capacity(), self.capacity() - self.len());
    }
}

impl DeepSize for OsString {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(self.capacity(), self.capacity() - self.len());
    }
}

impl DeepSize for PathBuf {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(self.capacity(), self.capacity() - self.as_os_str().len());
    }
}

impl DeepSize for CString {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(self.as_bytes_with_nul().len(), 0);
    }
}

/// `DeepSize` of texts without a size of their own: all that they are is in `size_of_val`.
macro_rules! texts {
    ($($name:ty),*) => {
        $(impl DeepSize for $name {
            fn visit_heap(&self, _visitor: &mut Visitor) {}
        })*
    };
}

texts!(str, OsStr, Path, CStr);

impl<T: ToOwned<Owned: DeepSize> + ?Sized> DeepSize for Cow<'_, T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        if let Cow::Owned(value) = self {
            value.visit_heap(visitor);
        }
    }
}
