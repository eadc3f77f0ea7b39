//! A closer bound of the bytes of texts that are made of texts: how often each byte can occur. The product of the factors by
//! which each function can make its text longer grows without end where functions are nested; that of nested `replace` and
//! `upper` counts bytes again and again that are not there.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::Int32Type;
use plimsoll_core::{DataType, Function, Typed, TypedKind, Value};

use crate::Block;

/// Bytes of a code point in another case, for one of its own: ΐ has 2, its capitals have 6.
pub(super) const OTHER_CASE: usize = 3;

/// How often each byte occurs at most in all texts of a block.
#[derive(Debug, Clone)]
struct Letters {
    ascii: [usize; 128],
    /// Bytes of other code points.
    others: usize,
    /// Bytes in all; letters that may have either case count once.
    total: usize,
    /// Whether all of it was put into another case: doing it again changes no count.
    cased: bool,
}

/// Bytes of all texts of `expr` over `block`, at most; `None` where there is no such bound for one of its functions. Reads
/// the texts of its columns.
pub(super) fn bytes_at_most(expr: &Typed, block: &Block) -> Option<usize> {
    letters(expr, block).map(|letters| letters.total)
}

fn letters(expr: &Typed, block: &Block) -> Option<Letters> {
    match &expr.kind {
        TypedKind::Field(column) => Letters::of_column(&block.columns[*column]),
        TypedKind::Literal(Value::Utf8(text)) => Some(Letters::of(text.as_bytes(), block.rows)),
        TypedKind::Literal(Value::Null) => Some(Letters::none()),
        TypedKind::Cast { input, .. } if input.data_type == DataType::Utf8 => letters(input, block),
        TypedKind::Call(Function::Lower | Function::Upper, arguments) => {
            Some(letters(arguments.first()?, block)?.in_other_case())
        }
        TypedKind::Call(
            Function::Trim | Function::LeftTrim | Function::RightTrim | Function::Substr | Function::NullIf,
            arguments,
        ) => letters(arguments.first()?, block),
        TypedKind::Call(Function::Concat, arguments) => {
            let mut all = Letters::none();
            for argument in arguments {
                all.add(&letters(argument, block)?, 1);
            }
            Some(all)
        }
        TypedKind::Call(Function::Replace, arguments) => {
            let [text, from, to] = arguments.as_slice() else { return None };
            let (TypedKind::Literal(Value::Utf8(from)), TypedKind::Literal(Value::Utf8(to))) =
                (&from.kind, &to.kind)
            else {
                return None;
            };
            let mut all = letters(text, block)?;
            let places = all.places_of(from.as_bytes());
            all.add(&Letters::of(to.as_bytes(), 1), places);
            Some(all)
        }
        _ => None,
    }
}

impl Letters {
    fn none() -> Self {
        Letters { ascii: [0; 128], others: 0, total: 0, cased: false }
    }

    /// Those of a text that is there so many times.
    fn of(text: &[u8], times: usize) -> Self {
        let mut letters = Letters::none();
        letters.count(text, times);
        letters
    }

    fn of_column(column: &ArrayRef) -> Option<Self> {
        let mut letters = Letters::none();
        if let Some(texts) = column.as_string_opt::<i32>() {
            texts.iter().flatten().for_each(|text| letters.count(text.as_bytes(), 1));
        } else if let Some(texts) = column.as_string_view_opt() {
            texts.iter().flatten().for_each(|text| letters.count(text.as_bytes(), 1));
        } else {
            let dictionary = column.as_dictionary_opt::<Int32Type>()?;
            let texts = dictionary.values().as_string_opt::<i32>()?;
            let mut times = vec![0; texts.len()];
            dictionary.keys_iter().flatten().for_each(|key| times[key] += 1);
            times.iter().enumerate().for_each(|(key, times)| {
                if *times > 0 {
                    letters.count(texts.value(key).as_bytes(), *times);
                }
            });
        }
        Some(letters)
    }

    fn count(&mut self, text: &[u8], times: usize) {
        for byte in text {
            let count = self.ascii.get_mut(usize::from(*byte)).unwrap_or(&mut self.others);
            *count = count.saturating_add(times);
        }
        self.total = self.total.saturating_add(text.len().saturating_mul(times));
    }

    fn add(&mut self, more: &Letters, times: usize) {
        for (count, more) in self.ascii.iter_mut().zip(&more.ascii) {
            *count = count.saturating_add(more.saturating_mul(times));
        }
        self.others = self.others.saturating_add(more.others.saturating_mul(times));
        self.total = self.total.saturating_add(more.total.saturating_mul(times));
        self.cased &= more.cased;
    }

    /// In how many places a text can be found at most, none of which overlap.
    fn places_of(&self, text: &[u8]) -> usize {
        let found = Letters::of(text, 1);
        let mut places = usize::MAX;
        for (there, needed) in
            self.ascii.iter().chain([&self.others]).zip(found.ascii.iter().chain([&found.others]))
        {
            if let Some(most) = there.checked_div(*needed) {
                places = places.min(most);
            }
        }
        if text.is_empty() { 0 } else { places }
    }

    /// A letter may have its other case. What is not ASCII may become letters: ß has the capitals SS.
    fn in_other_case(mut self) -> Self {
        if self.cased {
            return self;
        }
        self.total = self.total.saturating_add(self.others.saturating_mul(OTHER_CASE - 1));
        for lower in b'a'..=b'z' {
            let upper = usize::from(lower.to_ascii_uppercase());
            let lower = usize::from(lower);
            let both = self.ascii[lower].saturating_add(self.ascii[upper]).saturating_add(self.others);
            (self.ascii[lower], self.ascii[upper]) = (both.min(self.total), both.min(self.total));
        }
        self.others = self.others.saturating_mul(OTHER_CASE);
        self.cased = true;
        self
    }
}
