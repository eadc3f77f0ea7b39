//! Boxes and counted pointers, trait objects among them: a trait that has `DeepSize` above it makes objects that can be
//! measured.

use std::rc::{self, Rc};
use std::sync::{self, Arc};

use super::{DeepSize, SharedBlock, Visitor};

impl<T: DeepSize + ?Sized> DeepSize for Box<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(size_of_val(&**self), 0);
        (**self).visit_heap(visitor);
    }
}

/// The block behind a counted pointer: two counters of a word each, then the value, as C would lay them out (`RcInner`
/// and `ArcInner` of the standard library). `value` is the address of the value in it.
pub(super) fn counted_block(value: usize, size: usize, align: usize, owners: Option<usize>) -> SharedBlock {
    let offset = (2 * size_of::<usize>()).next_multiple_of(align);
    let bytes = (offset + size).next_multiple_of(align.max(align_of::<usize>()));
    SharedBlock { address: value.wrapping_sub(offset), bytes, spare: 0, allocations: 1, owners }
}

/// `DeepSize` of a counted pointer and of its weak twin, which holds the block but not what the value owns.
macro_rules! counted {
    ($strong:ident, $weak:path) => {
        impl<T: DeepSize + ?Sized> DeepSize for $strong<T> {
            fn visit_heap(&self, visitor: &mut Visitor) {
                let address = $strong::as_ptr(self).addr();
                let owners = $strong::strong_count(self);
                let block = counted_block(address, size_of_val(&**self), align_of_val(&**self), Some(owners));
                visitor.shared_block(block, |visitor| (**self).visit_heap(visitor));
            }
        }

        /// A block whose value is gone still is a block until the last weak pointer goes.
        impl<T> DeepSize for $weak {
            fn visit_heap(&self, visitor: &mut Visitor) {
                if !self.ptr_eq(&<$weak>::new()) {
                    let (address, owners) = (self.as_ptr().addr(), self.strong_count());
                    visitor.held_block(counted_block(address, size_of::<T>(), align_of::<T>(), Some(owners)));
                }
            }
        }
    };
}

counted!(Rc, rc::Weak<T>);
counted!(Arc, sync::Weak<T>);

/// `DeepSize` of weak pointers to what has no size of its own. Once the value is gone its size cannot be known any more,
/// and such a pointer counts for nothing.
macro_rules! weak_unsized {
    ($([$($parameter:ident)?] $weak:ty),* $(,)?) => {
        $(impl $(<$parameter>)? DeepSize for $weak {
            fn visit_heap(&self, visitor: &mut Visitor) {
                let owners = self.strong_count();
                if let Some(value) = self.upgrade() {
                    let (size, align) = (size_of_val(&*value), align_of_val(&*value));
                    visitor.held_block(counted_block(self.as_ptr().addr(), size, align, Some(owners)));
                }
            }
        })*
    };
}

weak_unsized!([] rc::Weak<str>, [] sync::Weak<str>, [T] rc::Weak<[T]>, [T] sync::Weak<[T]>);
