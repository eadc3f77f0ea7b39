//! IN and NOT IN: a set that is made once for many constants, one for each block for fewer, comparisons for the rest.

use std::collections::HashSet;
use std::hash::Hash;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::or_kleene;
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use plimsoll_core::{CompareOp, ConstantSet, DataType, Result, Typed, TypedKind, Value};

use super::compare::compare;
use super::operand::{Operand, joint_len};
use super::{kernel_error, literal, logic, operand};
use crate::Block;

/// Constants from which on a set is faster than one comparison kernel for each.
const SET_SIZE: usize = 16;

/// Whether `input` is in `list`; NULL where it is NULL, or where it is not found and the list has a NULL.
pub(super) fn in_list(input: &Operand, list: &[Typed], negated: bool, block: &Block) -> Result<Operand> {
    let mut literals: Vec<&Value> = Vec::new();
    let mut others: Vec<Operand> = Vec::new();
    for entry in list {
        match &entry.kind {
            TypedKind::Literal(value) => literals.push(value),
            _ => others.push(operand(entry, block)?),
        }
    }
    let data_type = list.first().map_or(DataType::Null, |entry| entry.data_type);
    let constants = literal::array(&literals, data_type);
    let mut found = Vec::with_capacity(list.len());
    match (literals.len() >= SET_SIZE).then(|| in_array(input, &constants)).flatten() {
        Some(values) => found.push(input.with(values)),
        None => others.extend((0..literals.len()).map(|at| Operand::constant(constants.slice(at, 1)))),
    }
    for other in &others {
        found.push(compare(CompareOp::Equal, input, other)?);
    }
    let found = any(&found)?;
    if negated { logic::not(&found) } else { Ok(found) }
}

/// [`in_list`] for constants that are a set of the type of `input`.
pub(super) fn in_set(input: &Operand, set: &ConstantSet, negated: bool) -> Result<Operand> {
    let array = input.array();
    let word = |word: i64| set.has_word(word);
    let found = match array.data_type() {
        ArrowType::Int64 => members(input.primitive::<Int64Type>(), word),
        ArrowType::Date32 => members(input.primitive::<Date32Type>(), |days| set.has_word(days.into())),
        ArrowType::Timestamp(..) => members(input.primitive::<TimestampMicrosecondType>(), word),
        ArrowType::Time64(_) => members(input.primitive::<Time64MicrosecondType>(), word),
        ArrowType::Decimal128(..) => {
            members(input.primitive::<Decimal128Type>(), |mantissa| set.has_mantissa(mantissa))
        }
        ArrowType::Decimal64(..) => {
            members(input.primitive::<Decimal64Type>(), |mantissa| set.has_mantissa(mantissa.into()))
        }
        ArrowType::Float64 => members(input.primitive::<Float64Type>(), |double| set.has_double(double)),
        _ => BooleanBuffer::collect_bool(array.len(), |row| set.has_text(input.text(input.index(row)))),
    };
    let mut nulls = array.nulls().cloned();
    if set.has_null() {
        nulls = NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(found.clone())));
    }
    let found = input.with(BooleanArray::new(found, nulls));
    if negated { logic::not(&found) } else { Ok(found) }
}

/// The disjunction of Boolean operands.
fn any(operands: &[Operand]) -> Result<Operand> {
    let operands: Vec<&Operand> = operands.iter().collect();
    let rows = joint_len(&operands);
    let mut found = BooleanArray::new(BooleanBuffer::new_unset(rows), None);
    for values in &operands {
        let values = (*values).clone().into_column(DataType::Boolean, rows)?;
        found = or_kleene(&found, values.as_boolean()).map_err(kernel_error)?;
    }
    Ok(Operand::of(&operands, found))
}

/// Whether each value of `input` is one of `constants`, of the same logical type; `None` for types with few values.
fn in_array(input: &Operand, constants: &ArrayRef) -> Option<BooleanArray> {
    fn same<T: ArrowPrimitiveType<Native: Hash + Eq>>(
        input: &Operand,
        constants: &ArrayRef,
    ) -> BooleanBuffer {
        let set: HashSet<T::Native> = constants.as_primitive::<T>().iter().flatten().collect();
        members(input.primitive::<T>(), |value| set.contains(&value))
    }
    let found = match input.array().data_type() {
        ArrowType::Int64 => same::<Int64Type>(input, constants),
        ArrowType::Date32 => same::<Date32Type>(input, constants),
        ArrowType::Timestamp(..) => same::<TimestampMicrosecondType>(input, constants),
        ArrowType::Time64(_) => same::<Time64MicrosecondType>(input, constants),
        ArrowType::Decimal128(..) => same::<Decimal128Type>(input, constants),
        ArrowType::Decimal64(..) => {
            let mantissas = constants.as_primitive::<Decimal128Type>().iter().flatten();
            let set: HashSet<i64> = mantissas.filter_map(|mantissa| i64::try_from(mantissa).ok()).collect();
            members(input.primitive::<Decimal64Type>(), |value| set.contains(&value))
        }
        ArrowType::Float64 => {
            // Equal doubles have equal bits: there is no -0.0 and one NaN.
            let doubles = constants.as_primitive::<Float64Type>().iter().flatten();
            let set: HashSet<u64> = doubles.map(f64::to_bits).collect();
            members(input.primitive::<Float64Type>(), |value| set.contains(&value.to_bits()))
        }
        ArrowType::Utf8 => {
            let texts = input.array().as_string::<i32>();
            let set: HashSet<&str> = constants.as_string::<i32>().iter().flatten().collect();
            BooleanBuffer::collect_bool(texts.len(), |row| set.contains(texts.value(row)))
        }
        _ => return None,
    };
    let mut nulls = input.array().nulls().cloned();
    if constants.null_count() > 0 {
        nulls = NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(found.clone())));
    }
    Some(BooleanArray::new(found, nulls))
}

fn members<T: ArrowPrimitiveType>(
    values: &PrimitiveArray<T>,
    contains: impl Fn(T::Native) -> bool,
) -> BooleanBuffer {
    BooleanBuffer::collect_bool(values.len(), |row| contains(values.value(row)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use plimsoll_core::{Constants, DataType, Expr, Value};

    fn within(list: Vec<Expr>, negated: bool) -> Expr {
        Expr::InList { expr: Box::new(field(0)), list, negated }
    }

    #[test]
    fn three_valued() {
        let block = block(vec![integers(&[Some(1), Some(5), None]), integers(&[Some(7), Some(5), Some(1)])]);
        assert_eq!(shown(&within(vec![integer(1), integer(2)], false), &block), ["true", "false", "NULL"]);
        assert_eq!(shown(&within(vec![integer(1), null()], false), &block), ["true", "NULL", "NULL"]);
        assert_eq!(shown(&within(vec![integer(1), null()], true), &block), ["false", "NULL", "NULL"]);
        assert_eq!(shown(&within(vec![field(1), integer(1)], false), &block), ["true", "true", "NULL"]);
        assert_eq!(shown(&within(vec![null()], false), &block), ["NULL"; 3]);
    }

    /// The same list as constants that are kept once.
    fn within_set(list: &[Expr], negated: bool) -> Expr {
        let value = |entry: &Expr| match entry {
            Expr::Literal(value) => value.clone(),
            other => panic!("{other} is no constant"),
        };
        let constants = Arc::new(Constants::new(list.iter().map(value).collect()));
        Expr::InSet { expr: Box::new(field(0)), constants, negated }
    }

    /// A list that is long enough for a set gives what a short one gives.
    fn check(column: (ArrayRef, DataType), hit: Expr, miss: &dyn Fn(i32) -> Expr) {
        let column = (sliced(&column.0), column.1);
        let block = block(vec![column]);
        let mut list: Vec<Expr> = (100..140).map(miss).collect();
        list.push(hit);
        assert_eq!(shown(&within(list.clone(), false), &block), ["true", "false", "NULL"]);
        assert_eq!(shown(&within(list.clone(), true), &block), ["false", "true", "NULL"]);
        assert_eq!(shown(&within_set(&list, false), &block), ["true", "false", "NULL"]);
        assert_eq!(shown(&within_set(&list, true), &block), ["false", "true", "NULL"]);
        list.push(null());
        assert_eq!(shown(&within_set(&list, false), &block), ["true", "NULL", "NULL"]);
        assert_eq!(shown(&within_set(&list, true), &block), ["false", "NULL", "NULL"]);
        assert_eq!(shown(&within(list, false), &block), ["true", "NULL", "NULL"]);
    }

    #[test]
    fn long_lists_of_every_type() {
        let tenths = |at: i32| decimal(i128::from(at), 1);
        check(integers(&[Some(3), Some(4), None]), integer(3), &|at| integer(i64::from(at)));
        check(narrow(&[Some(3), Some(4), None], 1), decimal(3, 1), &tenths);
        check(wide(&[Some(3), Some(4), None], 1), decimal(3, 1), &tenths);
        check(floats(&[Some(f64::NAN), Some(4.0), None]), float(f64::NAN), &|at| float(f64::from(at)));
        check(texts(&[Some("a"), Some(""), None]), text("a"), &|at| text(&at.to_string()));
        check(dates(&[Some(3), Some(4), None]), Expr::Literal(Value::Date(3)), &|at| {
            Expr::Literal(Value::Date(at))
        });
        check(timestamps(&[Some(3), Some(4), None]), Expr::Literal(Value::Timestamp(3)), &|at| {
            Expr::Literal(Value::Timestamp(i64::from(at)))
        });
        check(times(&[Some(3), Some(4), None]), Expr::Literal(Value::Time(3)), &|at| {
            Expr::Literal(Value::Time(i64::from(at)))
        });
    }
}
