//! Schemas, fields and data types.

use arrow_schema::{DataType, Field, FieldRef, Fields, Metadata, Schema, UnionFields};

use crate::size::pointer::counted_block;
use crate::size::{DeepSize, Visitor};

impl DeepSize for DataType {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self {
            DataType::Timestamp(_, zone) => zone.visit_heap(visitor),
            DataType::List(field)
            | DataType::ListView(field)
            | DataType::FixedSizeList(field, _)
            | DataType::LargeList(field)
            | DataType::LargeListView(field)
            | DataType::Map(field, _) => field.visit_heap(visitor),
            DataType::Struct(fields) => fields.visit_heap(visitor),
            DataType::Union(fields, _) => fields.visit_heap(visitor),
            DataType::Dictionary(keys, values) => {
                keys.visit_heap(visitor);
                values.visit_heap(visitor);
            }
            DataType::RunEndEncoded(ends, values) => {
                ends.visit_heap(visitor);
                values.visit_heap(visitor);
            }
            DataType::Null
            | DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float16
            | DataType::Float32
            | DataType::Float64
            | DataType::Date32
            | DataType::Date64
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Duration(_)
            | DataType::Interval(_)
            | DataType::Binary
            | DataType::FixedSizeBinary(_)
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => {}
        }
    }
}

impl DeepSize for Field {
    fn visit_heap(&self, visitor: &mut Visitor) {
        // The name's capacity is hidden; names are rarely made with more than they need.
        visitor.block(self.name().len(), 0);
        DeepSize::visit_heap(self.data_type(), visitor);
        DeepSize::visit_heap(self.metadata(), visitor);
    }
}

impl DeepSize for Fields {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let (address, size) = (self.as_ptr().addr(), size_of_val::<[FieldRef]>(self));
        let block = counted_block(address, size, align_of::<FieldRef>(), None);
        visitor.shared_block(block, |visitor| self.iter().for_each(|field| field.visit_heap(visitor)));
    }
}

impl DeepSize for UnionFields {
    fn visit_heap(&self, visitor: &mut Visitor) {
        type Part = (i8, FieldRef);
        let Some(first) = self.get(0) else {
            // An `Arc` of no fields, which has an address that nobody tells.
            return visitor.block(2 * size_of::<usize>(), 0);
        };
        let (address, size) = (std::ptr::from_ref(first).addr(), self.len() * size_of::<Part>());
        let block = counted_block(address, size, align_of::<Part>(), None);
        visitor.shared_block(block, |visitor| self.iter().for_each(|(_, field)| field.visit_heap(visitor)));
    }
}

impl DeepSize for Metadata {
    fn visit_heap(&self, visitor: &mut Visitor) {
        if let Some(map) = self.as_arc() {
            DeepSize::visit_heap(map, visitor);
        }
    }
}

impl DeepSize for Schema {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let Schema { fields, metadata } = self;
        fields.visit_heap(visitor);
        metadata.visit_heap(visitor);
    }
}
