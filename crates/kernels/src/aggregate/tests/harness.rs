//! Random inputs, ways to split them, and running a state over them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal64Array, Decimal128Array, Float64Array,
    Int64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use plimsoll_core::{DataType, Result, TypedAggregate, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::aggregate::Aggregates;
use crate::arrays::scale_of;

/// Groups that inputs have; the last has no row.
pub(super) const GROUPS: u32 = 4;

/// Rows in record order, each with its group.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) types: Vec<DataType>,
    pub(super) rows: Vec<(u32, Vec<Value>)>,
}

impl Input {
    /// Cuts the numbers of integer columns to what later scales have room for, and takes them as mantissas.
    pub(super) fn retyped(&self, types: &[DataType]) -> Input {
        let cell = |value: &Value, data_type: DataType| match (value.as_exact(), data_type) {
            (Some((mantissa, _)), DataType::Decimal { scale, .. }) => Value::decimal(mantissa >> 8, scale),
            (Some((mantissa, _)), _) => Value::Int64((mantissa >> 8) as i64),
            _ => Value::Null,
        };
        self.mapped(types, cell)
    }

    /// The same values with the scales of `types`.
    pub(super) fn rescaled(&self, types: &[DataType]) -> Input {
        self.mapped(types, |value, data_type| match (value.as_exact(), data_type) {
            (Some((mantissa, from)), DataType::Decimal { scale, .. }) => {
                Value::decimal(mantissa * 10i128.pow((scale - from).into()), scale)
            }
            _ => value.clone(),
        })
    }

    fn mapped(&self, types: &[DataType], cell: impl Fn(&Value, DataType) -> Value) -> Input {
        let row = |row: &[Value]| row.iter().zip(types).map(|(value, to)| cell(value, *to)).collect();
        let rows = self.rows.iter().map(|(group, values)| (*group, row(values))).collect();
        Input { types: types.to_vec(), rows }
    }
}

/// How rows come to states: chunks of these lengths, each to a state, and the order in which states are merged.
#[derive(Debug, Clone)]
pub(super) struct Split {
    chunks: Vec<(usize, usize)>,
    merging: Vec<usize>,
    wide: bool,
    /// Whether states go through bytes before they are merged.
    frozen: bool,
}

impl Split {
    /// One chunk, one state.
    pub(super) fn whole() -> Self {
        Split { chunks: vec![(usize::MAX, 0)], merging: vec![0], wide: false, frozen: false }
    }
}

pub(super) fn split() -> impl Strategy<Value = Split> {
    let chunks = vec((1usize..12, 0usize..4), 1..8);
    let merging = Just(vec![0, 1, 2, 3]).prop_shuffle();
    (chunks, merging, any::<bool>(), any::<bool>()).prop_map(|(chunks, merging, wide, frozen)| Split {
        chunks,
        merging,
        wide,
        frozen,
    })
}

pub(super) fn input(types: &[DataType]) -> impl Strategy<Value = Input> + use<> {
    let types = types.to_vec();
    let cells: Vec<BoxedStrategy<Value>> = types.iter().map(|data_type| cell(*data_type)).collect();
    let grouped = vec((0..GROUPS - 1, cells.clone()), 0..40);
    let alone = vec((Just(0u32), cells), 1..40);
    prop_oneof![3 => grouped, 1 => alone].prop_map(move |rows| Input { types: types.clone(), rows })
}

fn cell(data_type: DataType) -> BoxedStrategy<Value> {
    let value = match data_type {
        DataType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        DataType::Int64 => prop_oneof![-3i64..3, any::<i64>(), Just(i64::MIN)].prop_map(Value::Int64).boxed(),
        DataType::Decimal { scale, .. } => prop_oneof![
            4 => -3i128..3,
            4 => -10i128.pow(18)..10i128.pow(18),
            1 => -10i128.pow(37)..10i128.pow(37),
            1 => Just(10i128.pow(38) - 1),
        ]
        .prop_map(move |mantissa| Value::decimal(mantissa, scale))
        .boxed(),
        DataType::Float64 => prop_oneof![
            8 => (-30i32..30).prop_map(|tenths| f64::from(tenths) / 10.0),
            4 => any::<u64>().prop_map(f64::from_bits),
            1 => prop::num::f64::SUBNORMAL,
            1 => prop::sample::select(vec![f64::MAX, f64::MIN, 1e308, 5e-324]),
        ]
        .prop_map(|value| Value::Float64(if value == 0.0 { 0.0 } else { value }))
        .prop_filter("mostly finite", |value| !matches!(value, Value::Float64(v) if !v.is_finite()))
        .boxed(),
        DataType::Date => prop_oneof![-3i32..3, any::<i32>()].prop_map(Value::Date).boxed(),
        DataType::Timestamp => prop_oneof![-3i64..3, any::<i64>()].prop_map(Value::Timestamp).boxed(),
        DataType::Time => prop_oneof![0i64..3, 0i64..86_400_000_000].prop_map(Value::Time).boxed(),
        _ => "[a-cé]{0,3}|.{20,40}".prop_map(|text| Value::Utf8(text.into())).boxed(),
    };
    if data_type == DataType::Float64 {
        let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        return prop_oneof![20 => value, 3 => Just(Value::Null), 1 => odd.prop_map(Value::Float64)].boxed();
    }
    prop_oneof![6 => value, 1 => Just(Value::Null)].boxed()
}

/// The column of a type; decimals are 64 bits wide where they can be and `wide` does not forbid it.
pub(super) fn cells(values: &[Value], data_type: DataType, wide: bool) -> ArrayRef {
    let exact = || values.iter().map(|value| value.as_exact().map(|(mantissa, _)| mantissa));
    match data_type {
        DataType::Decimal { scale, .. } => {
            let short = |mantissa: i128| mantissa.unsigned_abs() < 10u128.pow(18);
            if !wide && exact().flatten().all(short) {
                let narrow: Decimal64Array = exact().map(|value| value.map(|v| v as i64)).collect();
                return Arc::new(narrow.with_data_type(ArrowType::Decimal64(18, scale_of(scale))));
            }
            let wide: Decimal128Array = exact().collect();
            Arc::new(wide.with_data_type(ArrowType::Decimal128(38, scale_of(scale))))
        }
        DataType::Int64 => {
            Arc::new(exact().map(|value| value.map(|value| value as i64)).collect::<Int64Array>())
        }
        _ => match data_type {
            DataType::Boolean => Arc::new(BooleanArray::from_iter(values.iter().map(|value| match value {
                Value::Boolean(value) => Some(*value),
                _ => None,
            }))),
            DataType::Float64 => Arc::new(Float64Array::from_iter(values.iter().map(|value| match value {
                Value::Float64(value) => Some(*value),
                _ => None,
            }))),
            DataType::Date => Arc::new(Date32Array::from_iter(values.iter().map(|value| match value {
                Value::Date(value) => Some(*value),
                _ => None,
            }))),
            DataType::Timestamp => {
                Arc::new(TimestampMicrosecondArray::from_iter(values.iter().map(|value| match value {
                    Value::Timestamp(value) => Some(*value),
                    _ => None,
                })))
            }
            DataType::Time => {
                Arc::new(Time64MicrosecondArray::from_iter(values.iter().map(|value| match value {
                    Value::Time(value) => Some(*value),
                    _ => None,
                })))
            }
            _ => Arc::new(StringArray::from_iter(values.iter().map(|value| match value {
                Value::Utf8(text) => Some(&**text),
                _ => None,
            }))),
        },
    }
}

/// What an array holds.
pub(super) fn values_of(array: &ArrayRef) -> Vec<Value> {
    let value = |row: usize| match array.data_type() {
        _ if array.is_null(row) => Value::Null,
        ArrowType::Null => Value::Null,
        ArrowType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        ArrowType::Int64 => Value::Int64(array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Decimal128(_, scale) => {
            Value::decimal(array.as_primitive::<Decimal128Type>().value(row), *scale as u8)
        }
        ArrowType::Float64 => Value::Float64(array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        ArrowType::Timestamp(..) => {
            Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        ArrowType::Time64(_) => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        _ => Value::Utf8(array.as_string::<i32>().value(row).into()),
    };
    (0..array.len()).map(value).collect()
}

/// Values to compare: NaN equals itself, and 0.0 is not -0.0.
pub(super) fn bits(values: &[Value]) -> Vec<(Value, u64)> {
    let one = |value: &Value| match value {
        Value::Float64(value) => (Value::Null, value.to_bits()),
        other => (other.clone(), 0),
    };
    values.iter().map(one).collect()
}

/// A worker's state with group ids of its own, in the order in which it sees the groups.
struct Part {
    states: Aggregates,
    /// How many aggregates.
    count: usize,
    groups: Vec<u32>,
    widened: bool,
}

/// States of some aggregates, those over the same columns together.
pub(super) fn states(aggregates: &[TypedAggregate]) -> Aggregates {
    let arguments: Vec<usize> = aggregates.iter().map(|aggregate| aggregate.arguments.len()).collect();
    Aggregates::new(aggregates, &arguments)
}

/// The results of all [`GROUPS`], a column for each aggregate. With `late`, states are made for those aggregates, take the
/// first of the chunks with their types, and are widened.
pub(super) fn run(
    aggregates: &[TypedAggregate],
    input: &Input,
    late: Option<(&[TypedAggregate], usize)>,
    split: &Split,
) -> Result<Vec<Vec<Value>>> {
    let wider: Vec<DataType> = match late {
        None => input.types.clone(),
        Some(_) => {
            let most = aggregates.iter().max_by_key(|aggregate| aggregate.arguments.len());
            let arguments = most.into_iter().flat_map(|aggregate| &aggregate.arguments);
            let mut types: Vec<DataType> = arguments.map(|argument| argument.data_type).collect();
            types.extend(&input.types[types.len()..]);
            types
        }
    };
    let wide_input = input.rescaled(&wider);
    let mut parts: Vec<Part> = (0..4)
        .map(|_| Part {
            states: states(late.map_or(aggregates, |(late, _)| late)),
            count: aggregates.len(),
            groups: Vec::new(),
            widened: false,
        })
        .collect();
    let mut start = 0;
    for (chunk, (length, part)) in split.chunks.iter().cycle().enumerate() {
        if start >= input.rows.len() {
            break;
        }
        let part = &mut parts[*part];
        let narrow = late.is_some_and(|(_, cut)| chunk < cut) && !part.widened;
        if late.is_some() && !narrow && !part.widened {
            part.states.widen(aggregates)?;
            part.widened = true;
        }
        let source = if narrow { input } else { &wide_input };
        let end = start.saturating_add(*length).min(input.rows.len());
        part.take(source, start, end, split.wide)?;
        start = end;
    }
    let mut all = states(aggregates);
    all.resize(GROUPS as usize);
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    for index in &split.merging {
        let Some(mut part) = parts[*index].take() else { continue };
        if late.is_some() && !part.widened {
            part.states.widen(aggregates)?;
        }
        if split.frozen {
            part.states = through_bytes(part.states, states(aggregates), part.groups.len())?;
        }
        all.merge(part.states, &part.groups)?;
    }
    finish(&mut all, GROUPS)
}

/// The states of so many groups as bytes, the last group first, and back again.
fn through_bytes(mut from: Aggregates, mut to: Aggregates, groups: usize) -> Result<Aggregates> {
    from.freeze();
    to.resize(groups);
    for group in (0..groups as u32).rev() {
        let mut bytes = vec![7];
        from.write(group, usize::MAX, &mut bytes)?;
        bytes.push(9);
        let mut rest = &bytes[1..];
        to.read(group, &mut rest)?;
        assert_eq!(rest, [9]);
    }
    Ok(to)
}

/// The results of the first groups.
pub(super) fn finish(states: &mut Aggregates, groups: u32) -> Result<Vec<Vec<Value>>> {
    states.close()?;
    // Asked for in two pieces, the later groups first.
    let (first, second): (Vec<u32>, Vec<u32>) = (0..groups).partition(|group| *group < groups / 2);
    let (second, first) = (states.results(&second)?, states.results(&first)?);
    let column = |(first, second): (&ArrayRef, &ArrayRef)| [values_of(first), values_of(second)].concat();
    Ok(first.iter().zip(&second).map(column).collect())
}

impl Part {
    fn take(&mut self, input: &Input, start: usize, end: usize, wide: bool) -> Result<()> {
        let rows = &input.rows[start..end];
        let mut ids = Vec::new();
        for (group, _) in rows {
            let id = self.groups.iter().position(|known| known == group).unwrap_or_else(|| {
                self.groups.push(*group);
                self.groups.len() - 1
            });
            ids.push(id as u32);
        }
        self.states.resize(self.groups.len());
        let column = |(index, data_type): (usize, &DataType)| {
            let values: Vec<Value> = rows.iter().map(|(_, values)| values[index].clone()).collect();
            // A slice with an offset, as filters and limits make them.
            let padded = [vec![Value::Null], values].concat();
            cells(&padded, *data_type, wide).slice(1, rows.len())
        };
        let columns: Vec<ArrayRef> = input.types.iter().enumerate().map(column).collect();
        self.states.update(&ids, &vec![columns; self.count], start as u64 * 3)
    }
}
