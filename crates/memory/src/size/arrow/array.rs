//! Arrays and record batches. An array is what its type says, its buffers, its null bits and its children.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, ByteArrayType, ByteViewType, Int8Type, Int16Type, Int32Type,
    Int64Type, RunEndIndexType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListArray, GenericByteArray, GenericByteViewArray, GenericListArray, GenericListViewArray,
    LargeBinaryArray, LargeListArray, LargeListViewArray, LargeStringArray, ListArray, ListViewArray,
    MapArray, NullArray, OffsetSizeTrait, PrimitiveArray, RecordBatch, RunArray, StringArray,
    StringViewArray, StructArray, UnionArray, downcast_primitive,
};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use crate::size::pointer::counted_block;
use crate::size::{DeepSize, Visitor};

/// `DeepSize` of an array: its type, its null bits, and the parts that are named.
macro_rules! array {
    ($([$($parameter:ident: $bound:path)?] $name:ty { $($part:ident),* })*) => {
        $(impl<$($parameter: $bound)?> DeepSize for $name {
            fn visit_heap(&self, visitor: &mut Visitor) {
                DeepSize::visit_heap(self.data_type(), visitor);
                $(DeepSize::visit_heap(self.$part(), visitor);)*
                if let Some(nulls) = self.nulls() {
                    DeepSize::visit_heap(nulls, visitor);
                }
            }
        })*
    };
}

array! {
    [] NullArray {}
    [] BooleanArray { values }
    [T: ArrowPrimitiveType] PrimitiveArray<T> { values }
    [T: ByteArrayType] GenericByteArray<T> { offsets, values }
    [] FixedSizeBinaryArray { values }
    [O: OffsetSizeTrait] GenericListArray<O> { offsets, values }
    [O: OffsetSizeTrait] GenericListViewArray<O> { offsets, sizes, values }
    [] FixedSizeListArray { values }
    [] MapArray { offsets, entries }
}

impl<T: ByteViewType + ?Sized> DeepSize for GenericByteViewArray<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.views(), visitor);
        DeepSize::visit_heap(self.data_buffers(), visitor);
        if let Some(nulls) = self.nulls() {
            DeepSize::visit_heap(nulls, visitor);
        }
    }
}

impl DeepSize for StructArray {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.data_type(), visitor);
        visitor.block(size_of_val(self.columns()), 0);
        DeepSize::visit_heap(self.columns(), visitor);
        if let Some(nulls) = self.nulls() {
            DeepSize::visit_heap(nulls, visitor);
        }
    }
}

impl DeepSize for UnionArray {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.data_type(), visitor);
        DeepSize::visit_heap(self.type_ids(), visitor);
        if let Some(offsets) = self.offsets() {
            DeepSize::visit_heap(offsets, visitor);
        }
        let DataType::Union(fields, _) = self.data_type() else { return };
        // A child for each number up to the greatest one in use.
        let slots = fields.iter().map(|(id, _)| usize::from(id.unsigned_abs()) + 1).max().unwrap_or(1);
        visitor.block(slots * size_of::<Option<Arc<dyn Array>>>(), 0);
        for (id, _) in fields.iter() {
            self.child(id).visit_heap(visitor);
        }
    }
}

// The null bits of a dictionary array are those of its keys, and a run array has none.

impl<K: ArrowDictionaryKeyType> DeepSize for DictionaryArray<K> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.data_type(), visitor);
        DeepSize::visit_heap(self.keys(), visitor);
        DeepSize::visit_heap(self.values(), visitor);
    }
}

impl<R: RunEndIndexType> DeepSize for RunArray<R> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.data_type(), visitor);
        DeepSize::visit_heap(self.run_ends(), visitor);
        DeepSize::visit_heap(self.values(), visitor);
    }
}

impl DeepSize for RecordBatch {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.schema_ref(), visitor);
        visitor.block(size_of_val(self.columns()), 0);
        DeepSize::visit_heap(self.columns(), visitor);
    }
}

impl DeepSize for ArrayData {
    fn visit_heap(&self, visitor: &mut Visitor) {
        DeepSize::visit_heap(self.data_type(), visitor);
        visitor.block(size_of_val(self.buffers()), 0);
        DeepSize::visit_heap(self.buffers(), visitor);
        visitor.block(size_of_val(self.child_data()), 0);
        DeepSize::visit_heap(self.child_data(), visitor);
        if let Some(nulls) = self.nulls() {
            DeepSize::visit_heap(nulls, visitor);
        }
    }
}

/// Visits an array as what its type says it is; another implementation of `Array` as its data.
fn visit_as<A: DeepSize + 'static>(array: &dyn Array, visitor: &mut Visitor) {
    match array.as_any().downcast_ref::<A>() {
        Some(inner) => visit_inner(array, inner, visitor),
        None => visit_data(&array.to_data(), visitor),
    }
}

/// Visits what an array says it is. An [`ArrayRef`] is an array too and says that it is the one behind it, whose block it
/// holds; who else holds that cannot be asked.
fn visit_inner<A: DeepSize>(array: &dyn Array, inner: &A, visitor: &mut Visitor) {
    if size_of_val(array) == size_of::<ArrayRef>() && !std::ptr::addr_eq(array, inner) {
        let address = std::ptr::from_ref(inner).addr();
        let block = counted_block(address, size_of::<A>(), align_of::<A>(), None);
        visitor.shared_block(block, |visitor| inner.visit_heap(visitor));
    } else {
        inner.visit_heap(visitor);
    }
}

/// Visits what an array would share with its data: not the vectors around it, which were made for this call.
fn visit_data(data: &ArrayData, visitor: &mut Visitor) {
    DeepSize::visit_heap(data.data_type(), visitor);
    DeepSize::visit_heap(data.buffers(), visitor);
    if let Some(nulls) = data.nulls() {
        DeepSize::visit_heap(nulls, visitor);
    }
    data.child_data().iter().for_each(|child| visit_data(child, visitor));
}

macro_rules! visit_primitive {
    ($type:ty, $array:ident, $visitor:ident) => {
        visit_as::<PrimitiveArray<$type>>($array, $visitor)
    };
}

impl DeepSize for dyn Array {
    fn visit_heap(&self, visitor: &mut Visitor) {
        downcast_primitive! {
            self.data_type() => (visit_primitive, self, visitor),
            DataType::Null => visit_as::<NullArray>(self, visitor),
            DataType::Boolean => visit_as::<BooleanArray>(self, visitor),
            DataType::Utf8 => visit_as::<StringArray>(self, visitor),
            DataType::LargeUtf8 => visit_as::<LargeStringArray>(self, visitor),
            DataType::Utf8View => visit_as::<StringViewArray>(self, visitor),
            DataType::Binary => visit_as::<BinaryArray>(self, visitor),
            DataType::LargeBinary => visit_as::<LargeBinaryArray>(self, visitor),
            DataType::BinaryView => visit_as::<BinaryViewArray>(self, visitor),
            DataType::FixedSizeBinary(_) => visit_as::<FixedSizeBinaryArray>(self, visitor),
            DataType::List(_) => visit_as::<ListArray>(self, visitor),
            DataType::LargeList(_) => visit_as::<LargeListArray>(self, visitor),
            DataType::ListView(_) => visit_as::<ListViewArray>(self, visitor),
            DataType::LargeListView(_) => visit_as::<LargeListViewArray>(self, visitor),
            DataType::FixedSizeList(..) => visit_as::<FixedSizeListArray>(self, visitor),
            DataType::Struct(_) => visit_as::<StructArray>(self, visitor),
            DataType::Map(..) => visit_as::<MapArray>(self, visitor),
            DataType::Union(..) => visit_as::<UnionArray>(self, visitor),
            DataType::Dictionary(..) => visit_dictionary(self, visitor),
            DataType::RunEndEncoded(..) => visit_run_array(self, visitor),
            _ => visit_data(&self.to_data(), visitor),
        }
    }
}

/// Visits the first of the arrays that this is, else its data.
macro_rules! visit_first {
    ($array:ident, $visitor:ident, $cast:ident: $($type:ty),*) => {
        $(if let Some(inner) = $array.$cast::<$type>() {
            return visit_inner($array, inner, $visitor);
        })*
        visit_data(&$array.to_data(), $visitor)
    };
}

fn visit_dictionary(array: &dyn Array, visitor: &mut Visitor) {
    visit_first! {
        array, visitor, as_dictionary_opt:
        Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type
    }
}

fn visit_run_array(array: &dyn Array, visitor: &mut Visitor) {
    visit_first! { array, visitor, as_run_opt: Int16Type, Int32Type, Int64Type }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::deep_size;

    /// What an unknown implementation of `Array` would be measured by.
    #[test]
    fn data_holds_the_buffers_of_its_array() {
        let values: Arc<dyn Array> = Arc::new(StringArray::from(vec![Some("a"), None, Some("bcd")]));
        let field = Arc::new(arrow_schema::Field::new_list_field(DataType::Utf8, true));
        let list = FixedSizeListArray::new(field, 3, values, None);
        let mut visitor = Visitor::new();
        visit_data(&list.to_data(), &mut visitor);
        // A child is a block behind a pointer in the array, and no block of its own in the data.
        let child = 16 + size_of::<StringArray>() as u64;
        let heap = deep_size(&list).total - size_of_val(&list) as u64;
        assert_eq!(visitor.size().total, heap - child);
    }
}
