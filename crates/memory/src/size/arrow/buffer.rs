//! Buffers: the handle's block of Arrow, and the allocation that all slices of a buffer share.

use arrow_buffer::{
    ArrowNativeType, BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, RunEndBuffer,
    ScalarBuffer,
};

use crate::size::{DeepSize, SharedBlock, Visitor};

/// The block of Arrow's private `Arc<Bytes>`: two counters, an address, a length, and an enum of three words that says how
/// to free the memory. Arrow's feature `pool` adds the same field to it and to `MutableBuffer`, which is public.
pub(super) const HANDLE: usize = 7 * size_of::<usize>() + size_of::<MutableBuffer>() - 4 * size_of::<usize>();

impl DeepSize for Buffer {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let capacity = self.capacity();
        if capacity == 0 {
            // There is no allocation to know the handle by: all empty buffers have the same address.
            visitor.nameless_block(HANDLE, self.strong_count());
            return;
        }
        let seen = self.ptr_offset() + self.len();
        let block = SharedBlock {
            address: self.data_ptr().addr().get(),
            bytes: HANDLE + capacity,
            spare: capacity.saturating_sub(seen),
            allocations: 2,
            owners: Some(self.strong_count()),
        };
        visitor.held_block(block);
    }
}

impl DeepSize for MutableBuffer {
    fn visit_heap(&self, visitor: &mut Visitor) {
        visitor.block(self.capacity(), self.capacity() - self.len());
    }
}

impl<T: ArrowNativeType> DeepSize for ScalarBuffer<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.inner(), visitor);
    }
}

impl<T: ArrowNativeType> DeepSize for OffsetBuffer<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.inner(), visitor);
    }
}

impl<T: ArrowNativeType> DeepSize for RunEndBuffer<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.inner(), visitor);
    }
}

impl DeepSize for BooleanBuffer {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.inner(), visitor);
    }
}

impl DeepSize for NullBuffer {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.inner(), visitor);
    }
}
