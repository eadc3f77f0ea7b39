//! Hash tables. The standard library's are hashbrown's `RawTable`: one block with a power of two of buckets, then a
//! control byte for each bucket and for one group more.
//!
//! The layout is that of `TableLayout::calculate_layout_for`, the number of buckets the inverse of
//! `bucket_mask_to_capacity` (hashbrown 0.15 and 0.16, `src/raw.rs`). The one way in is `capacity()`, which is the
//! number of elements and of those that the table would still take. A removal may leave a mark in its bucket that takes
//! up room until the next growth, so after many removals the capacity is less than that of the buckets; where it is, the
//! addresses of the elements tell how many buckets there are at least.

use std::collections::{HashMap, HashSet};

use super::{DeepSize, Visitor};

/// Buckets that hashbrown looks at together. It takes SSE2 (and LSX) where the target has it, else a machine word.
const GROUP: usize =
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), target_feature = "sse2", not(miri)))
        || cfg!(all(target_arch = "loongarch64", target_feature = "lsx", not(miri)))
    {
        16
    } else if cfg!(any(target_pointer_width = "64", target_arch = "aarch64", target_arch = "wasm32")) {
        8
    } else {
        4
    };

/// The fewest buckets that have this capacity: an eighth stays free, or one of up to eight.
fn buckets_for(capacity: usize) -> usize {
    match capacity {
        0 => 0,
        1..4 => 4,
        4..8 => 8,
        8..15 => 16,
        _ => (capacity * 8 / 7).next_power_of_two(),
    }
}

/// The capacity of this many buckets.
fn capacity_of(buckets: usize) -> usize {
    if buckets <= 8 { buckets.saturating_sub(1) } else { buckets / 8 * 7 }
}

/// Bytes of a table with elements of type `E`.
fn table_bytes<E>(buckets: usize) -> usize {
    if buckets == 0 {
        return 0;
    }
    (buckets * size_of::<E>()).next_multiple_of(align_of::<E>().max(GROUP)) + buckets + GROUP
}

/// Counts the block of a table. `addresses` are those of its elements, or of the same part of each.
fn visit_table<E>(
    visitor: &mut Visitor,
    length: usize,
    capacity: usize,
    addresses: impl Iterator<Item = usize>,
) {
    let mut buckets = buckets_for(capacity);
    if capacity < capacity_of(buckets) && size_of::<E>() > 0 {
        let (least, most) =
            addresses.fold((usize::MAX, 0), |(least, most), at| (at.min(least), at.max(most)));
        let span = most.saturating_sub(least) / size_of::<E>() + 1;
        buckets = buckets.max(span.next_power_of_two());
    }
    visitor.block(table_bytes::<E>(buckets), (capacity - length) * size_of::<E>());
}

impl<K: DeepSize, V: DeepSize, S> DeepSize for HashMap<K, V, S> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let addresses = self.keys().map(|key| std::ptr::from_ref(key).addr());
        visit_table::<(K, V)>(visitor, self.len(), self.capacity(), addresses);
        if !K::is_flat() || !V::is_flat() {
            for (key, value) in self {
                key.visit_heap(visitor);
                value.visit_heap(visitor);
            }
        }
    }
}

impl<T: DeepSize, S> DeepSize for HashSet<T, S> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let addresses = self.iter().map(|element| std::ptr::from_ref(element).addr());
        visit_table::<T>(visitor, self.len(), self.capacity(), addresses);
        if !T::is_flat() {
            self.iter().for_each(|element| element.visit_heap(visitor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_and_buckets_are_inverse() {
        for power in 2..40 {
            let buckets = 1_usize << power;
            assert_eq!(buckets_for(capacity_of(buckets)), buckets);
            assert_eq!(buckets_for(capacity_of(buckets) + 1), 2 * buckets);
        }
    }

    #[cfg(all(target_arch = "x86_64", not(miri)))]
    #[test]
    fn bytes_are_those_worked_out_by_hand() {
        assert_eq!(table_bytes::<u64>(0), 0);
        assert_eq!(table_bytes::<u64>(4), 32 + 4 + 16);
        // Three bytes a bucket: 12 are rounded up to the alignment of the control bytes.
        assert_eq!(table_bytes::<[u8; 3]>(4), 16 + 4 + 16);
        assert_eq!(table_bytes::<()>(16), 16 + 16);
    }
}
