//! Three ways to hold a million integers: as boxed values, as an iterator, as a compact array.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int32Type};
use plimsoll_core::Value;
use plimsoll_memory::measure;
use plimsoll_memory::size::{deep_size, shallow_size};

use crate::report::Report;

/// How many integers.
pub(crate) const N: i64 = 1_000_000;

/// The numbers 0 to `N` as Python's list has them: a pointer each, to a value of any type that has its own heap block.
/// `Vec<Value>`, as the rows of this project are, spares the pointer and the block: a vector holds its values itself.
#[expect(clippy::vec_box, reason = "the lesson is what a box for each value costs")]
pub(crate) fn boxed() -> Vec<Box<Value>> {
    (0..N).map(|number| Box::new(Value::Int64(number))).collect()
}

/// The array in the narrowest integer type that loses nothing.
pub(crate) fn compact(numbers: &Int64Array) -> ArrayRef {
    let lossless = CastOptions { safe: false, ..CastOptions::default() };
    [DataType::Int8, DataType::Int16, DataType::Int32]
        .iter()
        .find_map(|narrow| cast_with_options(numbers, narrow, &lossless).ok())
        .unwrap_or_else(|| Arc::new(numbers.clone()))
}

/// Measures all three.
pub(crate) fn step(report: &mut Report) {
    let (list, allocated) = measure(boxed);
    let (shallow, deep) = (shallow_size(&list), deep_size(&list).total);
    report.exact(("hold", "list", "`Vec<Box<Value>>`"), [("shallow", shallow), ("deep", deep)]);
    report.check(
        "a deep size is what the allocator has counted",
        i64::try_from(deep - shallow) == Ok(allocated.live_bytes),
    );
    let of_list = sum(list.iter().map(|value| &**value));
    drop(list);

    let (generator, allocated) = measure(|| (0..N).map(Value::Int64));
    let lazy = shallow_size(&generator);
    report.exact(("hold", "generator", "`(0..N).map(Value::Int64)`"), [("shallow", lazy), ("deep", lazy)]);
    report.check("an iterator holds none of the numbers", allocated.allocations == 0);
    let of_generator: u64 = generator.map(|value| sum([&value])).sum();

    let numbers = Int64Array::from_iter_values(0..N);
    let array = compact(&numbers);
    let narrow = deep_size(&array).total;
    report.exact(
        ("hold", "array.array", "`ArrayRef` of an `Int32Array`"),
        [("shallow", shallow_size(&array)), ("deep", narrow)],
    );
    report.check("the narrowest type has 32 bits", array.data_type() == &DataType::Int32);
    let widened = arrow::compute::cast(&array, &DataType::Int64);
    report.check("narrowing loses nothing", widened.is_ok_and(|wide| &*wide == &numbers as &dyn Array));
    let of_array: i64 =
        array.as_primitive::<Int32Type>().values().iter().map(|number| i64::from(*number)).sum();

    report.sum("numbers", of_list);
    report.check(
        "all three hold the same numbers",
        of_list == of_generator && of_list == of_array.cast_unsigned(),
    );
    report.check("the array needs at most a quarter of the list", narrow * 4 <= deep);
    report.check("the lazy way is the smallest", lazy < narrow && lazy < deep);
}

/// The sum of the integers among the values.
fn sum<'a>(values: impl IntoIterator<Item = &'a Value>) -> u64 {
    let numbers = values.into_iter().filter_map(|value| match black_box(value) {
        Value::Int64(number) => Some(number.cast_unsigned()),
        _ => None,
    });
    numbers.sum()
}
