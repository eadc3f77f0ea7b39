//! Functions of text. Positions and lengths count Unicode code points.

use arrow::array::{AsArray, Int64Array, StringBuilder};
use arrow::compute;
use arrow::datatypes::Int64Type;
use plimsoll_core::{Error, Function, Result};

use super::operand::{Operand, joint_len, joint_nulls};
use super::{allowance, kernel_error};
use crate::arrays::text_bytes;

/// Bytes of a text that room is made for in advance.
const EXPECTED_BYTES: usize = 16;
/// The most bytes that the texts of a block can have.
const MOST_BYTES: usize = i32::MAX as usize;

/// A text for each row, which `write` appends to an empty buffer; NULL where one of `operands` is.
fn build(operands: &[&Operand], write: impl Fn(usize, &mut String)) -> Result<Operand> {
    build_within(joint_len(operands) * EXPECTED_BYTES, operands, write)
}

/// As [`build`], with room for so many bytes from the beginning.
fn build_within(bytes: usize, operands: &[&Operand], write: impl Fn(usize, &mut String)) -> Result<Operand> {
    let (rows, nulls) = (joint_len(operands), joint_nulls(operands));
    let mut texts = StringBuilder::with_capacity(rows, bytes.min(allowance::left()));
    let mut text = String::new();
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            texts.append_null();
            continue;
        }
        text.clear();
        write(row, &mut text);
        if i32::try_from(texts.values_slice().len() + text.len()).is_err() {
            return Err(Error::value("the texts of one block have more than 2 GiB"));
        }
        allowance::check(texts.values_slice().len() + text.len())?;
        texts.append_value(&text);
    }
    Ok(Operand::of(operands, texts.finish()))
}

/// `||`, of two texts or more.
pub(super) fn concat(parts: &[Operand]) -> Result<Operand> {
    let parts: Vec<&Operand> = parts.iter().collect();
    let rows = joint_len(&parts);
    let texts: Vec<_> =
        parts.iter().map(|part| (part.array().as_string::<i32>(), part.is_constant())).collect();
    let lengths = texts.iter().map(|(texts, constant)| match constant {
        true => rows.saturating_mul(texts.value(0).len()),
        false => text_bytes(texts),
    });
    let bytes = lengths.fold(0, usize::saturating_add).min(MOST_BYTES);
    build_within(bytes, &parts, |row, out| {
        let of_row = texts.iter().map(|(texts, constant)| texts.value(if *constant { 0 } else { row }));
        of_row.for_each(|text| out.push_str(text));
    })
}

/// `lower`, `upper`, `trim` and its halves.
pub(super) fn map(function: Function, input: &Operand) -> Result<Operand> {
    build(&[input], |row, out| {
        let text = input.text(row);
        match function {
            Function::Lower => push_lower(out, text),
            Function::Upper if text.is_ascii() => {
                out.push_str(text);
                out.make_ascii_uppercase();
            }
            Function::Upper => out.push_str(&text.to_uppercase()),
            Function::LeftTrim => out.push_str(text.trim_start_matches(' ')),
            Function::RightTrim => out.push_str(text.trim_end_matches(' ')),
            _ => out.push_str(text.trim_matches(' ')),
        }
    })
}

/// Appends `text` in lower case to an empty buffer.
pub(super) fn push_lower(out: &mut String, text: &str) {
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        // Not letter by letter: a final sigma depends on what stands before it.
        out.push_str(&text.to_lowercase());
    }
}

/// `length`.
pub(super) fn length(input: &Operand) -> Operand {
    let count = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    input.with(Int64Array::from_unary(input.array().as_string::<i32>(), count))
}

/// `substr`.
pub(super) fn substr(input: &Operand, start: &Operand, length: Option<&Operand>) -> Result<Operand> {
    let integer = |operand: &Operand, row| operand.primitive::<Int64Type>().value(operand.index(row));
    let operands: Vec<&Operand> = [input, start].into_iter().chain(length).collect();
    build(&operands, |row, out| {
        let length = length.map(|length| integer(length, row));
        out.push_str(substring(input.text(row), integer(start, row), length));
    })
}

/// The code points of `text` in a window that begins at `start`, or ends before it where `length` is negative.
/// Positions count from 1, negative ones from the end, where the last is -1; 0 is the position before the first. What
/// the window holds beyond the text is empty (as DuckDB's substring of text that may hold any Unicode).
fn substring(text: &str, start: i64, length: Option<i64>) -> &str {
    let size = || i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { size().saturating_add(start) } else { start - 1 };
    let end = start.saturating_add(length.unwrap_or(i64::MAX));
    let clamped = |position: i64| usize::try_from(position).unwrap_or(0);
    let (first, past) = (clamped(start.min(end)), clamped(start.max(end)));
    if past <= first {
        return "";
    }
    let mut at = text.char_indices().map(|(at, _)| at);
    let from = at.nth(first).unwrap_or(text.len());
    let to = at.nth(past - first - 1).unwrap_or(text.len());
    &text[from..to]
}

/// `replace`.
pub(super) fn replace(input: &Operand, from: &Operand, to: &Operand) -> Result<Operand> {
    let most = allowance::left();
    build(&[input, from, to], |row, out| {
        let (text, from, to) = (input.text(row), from.text(row), to.text(row));
        if from.is_empty() {
            return out.push_str(text);
        }
        let mut done = 0;
        for (at, found) in text.match_indices(from) {
            out.push_str(&text[done..at]);
            out.push_str(to);
            done = at + found.len();
            // It is too long, and whoever builds it finds out.
            if out.len() > most {
                return;
            }
        }
        out.push_str(&text[done..]);
    })
}

/// `strpos`.
pub(super) fn position(input: &Operand, part: &Operand) -> Operand {
    let operands = [input, part];
    let nulls = joint_nulls(&operands);
    let position = |row: usize| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return 0;
        }
        let text = input.text(row);
        let before = text.find(part.text(row)).map(|at| text[..at].chars().count());
        before.map_or(0, |before| i64::try_from(before + 1).unwrap_or(i64::MAX))
    };
    let positions = (0..joint_len(&operands)).map(position).collect::<Vec<i64>>();
    Operand::of(&operands, Int64Array::new(positions.into(), nulls.clone()))
}

/// `starts_with`.
pub(super) fn starts_with(input: &Operand, prefix: &Operand) -> Result<Operand> {
    let found = compute::kernels::comparison::starts_with(input, prefix).map_err(kernel_error)?;
    Ok(Operand::of(&[input, prefix], found))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::substring;
    use plimsoll_core::Function as F;

    #[test]
    fn windows_of_code_points() {
        for (start, length, expected) in [
            (1, None, "hello"),
            (2, Some(3), "ell"),
            (0, Some(2), "h"),
            (0, None, "hello"),
            (-1, None, "o"),
            (-3, Some(2), "ll"),
            (-6, Some(3), "he"),
            (-9, Some(3), ""),
            (3, Some(-2), "he"),
            (-2, Some(-2), "el"),
            (1, Some(-1), ""),
            (0, Some(-1), ""),
            (9, None, ""),
            (9, Some(-5), "lo"),
            (3, Some(0), ""),
            (i64::MIN, Some(i64::MAX), "hell"),
            (i64::MAX, Some(i64::MIN), "hello"),
            (i64::MIN, Some(i64::MIN), ""),
            (i64::MIN, None, "hell"),
        ] {
            assert_eq!(substring("hello", start, length), expected, "{start} {length:?}");
        }
        assert_eq!(substring("añb漢c", 2, Some(3)), "ñb漢");
        assert_eq!(substring("añb漢c", -2, None), "漢c");
    }

    #[test]
    fn functions_over_nulls_and_unicode() {
        let column = texts(&[Some("  Straße Σς "), None, Some(""), Some("ΟΔΟΣ")]);
        let block = block(vec![(sliced(&column.0), column.1)]);
        let result = |function, arguments| shown(&call(function, arguments), &block);
        assert_eq!(result(F::Lower, vec![field(0)]), ["  straße σς ", "NULL", "", "οδος"]);
        assert_eq!(result(F::Upper, vec![field(0)]), ["  STRASSE ΣΣ ", "NULL", "", "ΟΔΟΣ"]);
        assert_eq!(result(F::Trim, vec![field(0)]), ["Straße Σς", "NULL", "", "ΟΔΟΣ"]);
        assert_eq!(result(F::LeftTrim, vec![field(0)])[0], "Straße Σς ");
        assert_eq!(result(F::RightTrim, vec![field(0)])[0], "  Straße Σς");
        assert_eq!(result(F::Position, vec![field(0), text("Σ")]), ["10", "NULL", "0", "4"]);
        assert_eq!(result(F::Position, vec![field(0), text("")]), ["1", "NULL", "1", "1"]);
        assert_eq!(result(F::Length, vec![field(0)]), ["12", "NULL", "0", "4"]);
        assert_eq!(result(F::StartsWith, vec![field(0), text("ΟΔ")]), ["false", "NULL", "false", "true"]);
        assert_eq!(result(F::Concat, vec![text("<"), field(0)]), ["<  Straße Σς ", "NULL", "<", "<ΟΔΟΣ"]);
        assert_eq!(result(F::Concat, vec![field(0), null()]), ["NULL"; 4]);
        let replaced = |from, to| result(F::Replace, vec![field(0), text(from), text(to)])[3].clone();
        assert_eq!(replaced("Ο", "oo"), "ooΔooΣ");
        assert_eq!(replaced("", "x"), "ΟΔΟΣ");
        assert_eq!(constant(&call(F::Replace, vec![text("aaa"), text("aa"), text("b")])), "ba");
        assert_eq!(constant(&call(F::Trim, vec![text(" \ta ")])), "\ta");
        assert_eq!(constant(&call(F::Concat, vec![decimal(150, 2), float(1.0)])), "1.501.0");
        assert_eq!(result(F::Substr, vec![field(0), integer(-2), null()]), ["NULL"; 4]);
    }
}
