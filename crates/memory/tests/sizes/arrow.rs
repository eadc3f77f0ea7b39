//! Arrow's arrays, schemas and batches against the allocator.

use std::sync::Arc;

use arrow_array::builder::{
    Int64Builder, ListBuilder, MapBuilder, PrimitiveRunBuilder, StringBuilder, StringDictionaryBuilder,
    StringViewBuilder, UnionBuilder,
};
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, FixedSizeListArray,
    Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray, MapArray, NullArray, RecordBatch,
    RunArray, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use plimsoll_memory::size::{Visitor, deep_size, shallow_size};

use crate::oracle::{exact, held};

/// Arrow's block for each buffer, on 64-bit systems and without its feature `pool`.
const HANDLE: u64 = 56;

#[test]
fn buffers() {
    let (_, size) = exact("from a vector", || Buffer::from_vec(vec![1_u64, 2, 3]));
    assert_eq!((size.total, size.spare), (shallow_size(&Buffer::default()) + HANDLE + 24, 0));
    let (_, size) = exact("rounded up by Arrow", || {
        let mut buffer = MutableBuffer::new(100);
        buffer.extend_from_slice(&[1_u8; 70]);
        Buffer::from(buffer)
    });
    assert_eq!(size.spare, 128 - 70);
    exact("empty", || (Buffer::default(), Buffer::from_vec(Vec::<u8>::new())));
    exact("mutable", || MutableBuffer::new(10));
    exact("wrapped", || {
        let bits = BooleanBuffer::collect_bool(1000, |at| at % 3 == 0);
        (
            bits.clone(),
            NullBuffer::new(bits),
            ScalarBuffer::from(vec![1_i32]),
            OffsetBuffer::<i64>::from_lengths([1, 2]),
        )
    });
}

#[test]
fn empty_buffers_have_no_address_and_are_told_apart() {
    exact("copies of two", || {
        let (one, other) = (Buffer::default(), Buffer::default());
        (vec![one.clone(), other.clone(), one.clone()], [one, other.clone()], other)
    });
}

#[test]
fn plain_arrays() {
    exact("numbers", || (Int64Array::from(vec![1, 2, 3]), Float64Array::from(vec![Some(1.0), None])));
    exact("truth", || (BooleanArray::from(vec![true; 99]), BooleanArray::from(vec![Some(true), None])));
    exact("none", || (NullArray::new(1000), Int32Array::from(Vec::<i32>::new())));
    exact("decimals", || Decimal128Array::from(vec![1, 2]).with_precision_and_scale(20, 2).unwrap());
    exact("a zone", || TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("Europe/Oslo"));
    exact("text", || (StringArray::from(vec!["a", "bcd"]), LargeStringArray::from(vec![Some("a"), None])));
    exact("bytes", || BinaryArray::from_vec(vec![b"one", b"three"]));
    exact("raw data", || Int64Array::from(vec![Some(1), None]).into_data());
    exact("fixed", || {
        FixedSizeBinaryArray::try_from_iter([[1_u8, 2, 3], [4, 5, 6]].iter().map(|item| item.as_slice()))
            .unwrap()
    });
}

/// Views keep their buffers in a vector with room while they are built; what is built has none.
#[test]
fn views() {
    exact("short", || StringViewArray::from_iter_values(["a", "b"]));
    exact("long", || {
        let mut builder = StringViewBuilder::new().with_fixed_block_size(64);
        (0..100).for_each(|at| builder.append_value(format!("a text that is longer than a view: {at}")));
        builder.finish()
    });
}

fn list() -> ListArray {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for length in 0..20 {
        builder.append_value((0..length).map(Some));
    }
    builder.append_null();
    builder.finish()
}

fn dictionary() -> arrow_array::DictionaryArray<Int32Type> {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    for at in 0..500 {
        builder.append_value(["Oslo", "Bergen", "Tromsø"][at % 3]);
    }
    builder.append_null();
    builder.finish()
}

fn structs() -> StructArray {
    let fields = Fields::from(vec![
        Field::new("number", DataType::Int32, false),
        Field::new("text", DataType::Utf8, false).with_metadata([("unit".to_owned(), "°C".to_owned())]),
    ]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![1, 2])), Arc::new(StringArray::from(vec!["a", "b"]))];
    StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, false])))
}

fn map() -> MapArray {
    let entries = structs();
    let field = Field::new("entries", entries.data_type().clone(), false);
    let (fields, columns, _) = entries.into_parts();
    let entries = StructArray::new(fields, columns, None);
    MapArray::new(Arc::new(field), OffsetBuffer::from_lengths([1, 1]), entries, None, false)
}

fn runs() -> RunArray<Int32Type> {
    let mut builder = PrimitiveRunBuilder::<Int32Type, Float64Type>::new();
    builder.extend([1.0, 1.0, 2.0, 3.0].map(Some));
    builder.finish()
}

/// A struct array that Arrow makes from its raw data keeps the vector of the data's children, which are larger than
/// arrays: nobody can see that.
#[test]
fn a_vector_of_children_may_be_larger_than_it_looks() {
    let (map, bytes, blocks) = held(|| {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
        builder.keys().append_value("key");
        builder.values().append_value(1);
        builder.append(true).unwrap();
        builder.finish()
    });
    let size = deep_size(&map);
    assert_eq!(size.allocations, blocks);
    let missing = bytes - (size.total - shallow_size(&map));
    assert!(missing <= 2 * size_of::<ArrayData>() as u64, "{missing}");
}

#[test]
fn nested_arrays() {
    // The builder's own room is not given back by `finish`: it is in the buffers, and seen as spare.
    let (_, size) = exact("lists", list);
    assert!(size.spare > 0);
    exact("lists of one length", || {
        let field = Arc::new(Field::new_list_field(DataType::Int64, true));
        FixedSizeListArray::new(field, 2, Arc::new(Int64Array::from(vec![1, 2, 3, 4])), None)
    });
    exact("structs", structs);
    drop(dictionary()); // As below: seeds of a hash function.
    exact("a dictionary", dictionary);
    exact("runs", runs);
    exact("maps", map);
    for dense in [false, true] {
        exact("unions", || {
            let mut builder = if dense { UnionBuilder::new_dense() } else { UnionBuilder::new_sparse() };
            builder.append::<Int32Type>("a", 1).unwrap();
            builder.append::<Float64Type>("b", 2.5).unwrap();
            builder.build().unwrap()
        });
    }
}

/// Every kind of array through `dyn Array`: the same as by its own type, and a block of its own.
#[test]
fn arrays_behind_a_pointer() {
    drop(dictionary()); // The builder's hash function makes its seeds once for the whole program.
    let makers: [fn() -> ArrayRef; 12] = [
        || Arc::new(NullArray::new(3)),
        || Arc::new(BooleanArray::from(vec![true])),
        || Arc::new(Int64Array::from(vec![1])),
        || Arc::new(Decimal128Array::from(vec![1])),
        || Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("+02:00")),
        || Arc::new(StringArray::from(vec!["a"])),
        || Arc::new(StringViewArray::from_iter_values(["a"])),
        || Arc::new(list()),
        || Arc::new(structs()),
        || Arc::new(map()),
        || Arc::new(runs()),
        || Arc::new(dictionary()),
    ];
    for make in makers {
        exact(&make().data_type().to_string(), make);
    }
    exact("all together", || makers.map(|make| make()).to_vec());
    exact("an array behind two", || -> ArrayRef { Arc::new(Arc::new(list()) as ArrayRef) });
}

#[test]
fn schemas() {
    exact("types", || {
        let list = DataType::new_list(DataType::Timestamp(TimeUnit::Second, Some("UTC".into())), true);
        DataType::Dictionary(Box::new(DataType::Int8), Box::new(list))
    });
    exact("empty", Schema::empty);
    exact("a schema", || {
        let fields = vec![
            Field::new("a", DataType::Utf8, true),
            Field::new_struct("nested", vec![Field::new("b", DataType::Int8, true)], false),
        ];
        let notes: std::collections::BTreeMap<_, _> =
            (0..30).map(|at| (format!("{at:02}"), "x".to_owned())).collect();
        Schema::new(fields).with_metadata(notes)
    });
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
    let copies = vec![Schema::clone(&schema); 10];
    let size = deep_size(&copies);
    assert_eq!(
        size.total - shallow_size(&copies),
        10 * shallow_size(&*schema) + deep_size(&*schema).total - shallow_size(&*schema)
    );
    assert!(size.shared > 0, "fields met twice");
}

fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("number", Arc::new(Int64Array::from_iter_values(0..10_000))),
        ("text", Arc::new(StringArray::from_iter_values((0..10_000).map(|at| at.to_string())))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn record_batches() {
    let (batch, whole) = exact("a batch", batch);
    assert_eq!(whole.shared, 0);
    // A copy is a vector of pointers: everything else is shared.
    let mut visitor = Visitor::new();
    let copy = batch.clone();
    visitor.visit(&batch);
    visitor.visit(&copy);
    assert_eq!(visitor.size().total, whole.total + shallow_size(&copy) + 2 * 16);
    assert!(visitor.size().shared > 10_000 * 8);
}

/// A thousand slices are the array and the handles, whoever comes first.
#[test]
fn a_parent_and_its_slices() {
    let parent = StringArray::from_iter_values((0..10_000).map(|at| format!("cell {at}")));
    let (slices, bytes, _) = held(|| (0..1000).map(|at| parent.slice(at * 10, 10)).collect::<Vec<_>>());
    assert_eq!(bytes, 1000 * size_of::<StringArray>() as u64, "slices share all buffers");
    let expected = deep_size(&parent).total + shallow_size(&slices) + bytes;
    for backwards in [false, true] {
        let mut visitor = Visitor::new();
        if backwards {
            visitor.visit(&slices);
            visitor.visit(&parent);
        } else {
            visitor.visit(&parent);
            visitor.visit(&slices);
        }
        let size = visitor.size();
        assert_eq!(size.total, expected);
        assert_eq!(size.shared, deep_size(&parent).total - shallow_size(&parent));
        assert_eq!(size.spare, deep_size(&parent).spare);
    }
    let arrow: usize = slices.iter().map(|slice| slice.get_array_memory_size()).sum();
    assert!(arrow as u64 > 500 * expected, "Arrow counts the parent with each slice");
    // A slice alone keeps the whole parent alive.
    assert_eq!(deep_size(&slices[0]).total, deep_size(&parent).total);
}
