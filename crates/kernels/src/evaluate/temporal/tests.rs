//! What the case files do not show: ends of the calendar, values under NULLs, formats of each row.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use plimsoll_core::value::Interval;
use plimsoll_core::{ArithmeticOp, DataType, DatePart, Expr, Function as F, Value};

use crate::evaluate::testing::*;

fn interval(text: &str) -> Expr {
    Expr::Literal(Value::Interval(Interval::parse(text).unwrap()))
}

fn moment(micros: i64) -> Expr {
    Expr::Literal(Value::Timestamp(micros))
}

#[test]
fn the_calendar_has_ends() {
    use ArithmeticOp::{Add, Subtract};
    let first = -62_135_596_800_000_000;
    let last = 253_402_300_799_999_999;
    let before = refused(&arithmetic(moment(first), Subtract, interval("1 us")), &nothing());
    assert_eq!(before, "0001-01-01 00:00:00 - 00:00:00.000001 is outside of the years 1 to 9999");
    assert!(refused(&arithmetic(moment(last), Add, interval("1 month")), &nothing()).contains("9999"));
    assert!(refused(&arithmetic(moment(0), Add, interval("300000 months")), &nothing()).contains("9999"));
    let days = arithmetic(Expr::Literal(Value::Date(0)), Add, integer(i64::MAX));
    assert!(refused(&days, &nothing()).contains("outside"));
    let decade = call(F::DateTrunc, vec![text("decade"), moment(first)]);
    assert!(refused(&decade, &nothing()).starts_with("the decade of 0001-01-01"));
    assert!(refused(&call(F::ToTimestamp, vec![float(f64::NAN)]), &nothing()).contains("outside"));
}

#[test]
fn what_lies_under_a_null_does_not_count() {
    let nulls = || Some(NullBuffer::from(vec![false, true, false]));
    let days: ArrayRef = Arc::new(Date32Array::new(vec![i32::MIN, 1, i32::MAX].into(), nulls()));
    let moments: ArrayRef =
        Arc::new(TimestampMicrosecondArray::new(vec![i64::MIN, 86_400_000_000, i64::MAX].into(), nulls()));
    let block = block(vec![(days, DataType::Date), (moments, DataType::Timestamp)]);
    for (part, _) in DatePart::ALL {
        for column in [0, 1] {
            let shown = shown(&call(F::DatePart, vec![text(part.name()), field(column)]), &block);
            assert_eq!((&*shown[0], &*shown[2]), ("NULL", "NULL"));
        }
        let between = call(F::DateDiff, vec![text(part.name()), field(1), field(1)]);
        assert_eq!(shown(&between, &block), ["NULL", "0", "NULL"]);
        let whole = call(F::DateSub, vec![text(part.name()), field(1), field(1)]);
        assert_eq!(shown(&whole, &block), ["NULL", "0", "NULL"]);
    }
    let added = arithmetic(field(1), ArithmeticOp::Add, interval("1 month"));
    assert_eq!(shown(&added, &block), ["NULL", "1970-02-02 00:00:00", "NULL"]);
    let between = arithmetic(field(1), ArithmeticOp::Subtract, field(1));
    assert_eq!(shown(&between, &block), ["NULL", "00:00:00", "NULL"]);
    let days = arithmetic(field(0), ArithmeticOp::Subtract, field(0));
    assert_eq!(shown(&days, &block), ["NULL", "0", "NULL"]);
    assert_eq!(shown(&call(F::LastDay, vec![field(1)]), &block), ["NULL", "1970-01-31", "NULL"]);
}

#[test]
fn a_format_for_each_row() {
    let formats = texts(&[Some("%Y"), Some("%d"), None, Some("%Y")]);
    let moments = timestamps(&[Some(0), Some(0), Some(0), None]);
    let block = block(vec![moments, (sliced(&formats.0), formats.1)]);
    let printed = call(F::Strftime, vec![field(0), field(1)]);
    assert_eq!(shown(&printed, &block), ["1970", "01", "NULL", "NULL"]);
    let read = call(F::TryStrptime, vec![text("1970"), field(1)]);
    assert_eq!(shown(&read, &block), ["1970-01-01 00:00:00", "NULL", "NULL", "1970-01-01 00:00:00"]);
    let wrong = call(F::Strptime, vec![text("x\n"), text("%Y")]);
    assert_eq!(
        refused(&wrong, &nothing()),
        "'x\\n' is no date or time of the format '%Y'\n  hint: try_strptime gives NULL instead"
    );
}
