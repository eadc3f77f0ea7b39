//! Cells and locks: what is inside them. On Linux and Windows a lock itself owns no heap memory; on systems where it is a
//! pthread lock, the standard library's box around that is not counted.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::{Mutex, OnceLock, RwLock, TryLockError};

use super::{DeepSize, Visitor};

/// Only for values that can be copied out, which own nothing: what another cell holds cannot be seen without taking it.
impl<T: Copy> DeepSize for Cell<T> {
    fn visit_heap(&self, _visitor: &mut Visitor) {}

    fn is_flat() -> bool {
        true
    }
}

impl<T: DeepSize + ?Sized> DeepSize for RefCell<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self.try_borrow() {
            Ok(value) => T::visit_heap(&value, visitor),
            Err(_) => visitor.locked(),
        }
    }
}

// Waiting for a lock could wait for this very thread: a lock that is taken is noted, and not entered.

impl<T: DeepSize + ?Sized> DeepSize for Mutex<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self.try_lock() {
            Ok(value) => T::visit_heap(&value, visitor),
            Err(TryLockError::Poisoned(error)) => T::visit_heap(error.get_ref(), visitor),
            Err(TryLockError::WouldBlock) => visitor.locked(),
        }
    }
}

impl<T: DeepSize + ?Sized> DeepSize for RwLock<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self.try_read() {
            Ok(value) => T::visit_heap(&value, visitor),
            Err(TryLockError::Poisoned(error)) => T::visit_heap(error.get_ref(), visitor),
            Err(TryLockError::WouldBlock) => visitor.locked(),
        }
    }
}

impl<T: DeepSize> DeepSize for OnceCell<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        self.get().into_iter().for_each(|value| value.visit_heap(visitor));
    }
}

impl<T: DeepSize> DeepSize for OnceLock<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        self.get().into_iter().for_each(|value| value.visit_heap(visitor));
    }
}
