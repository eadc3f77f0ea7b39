//! How wide the columns of a table are, and how a text is measured, made printable and cut. Draws nothing.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text cell keeps however narrow the terminal is.
const LEAST_TEXT: usize = 6;

/// Bytes for each column of width that a text is looked at for, so that a long run of characters without width ends.
const BYTES_PER_COLUMN: usize = 32;

/// What the cells seen so far ask of a column, in terminal columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// What shows every cell and the name.
    natural: usize,
    /// What the layout never goes below.
    least: usize,
}

impl Extent {
    /// Of a column whose name and widest cell have these widths. Numbers keep theirs; names and texts can be cut.
    pub(super) fn new(name: usize, widest: usize, numeric: bool) -> Self {
        let natural = name.max(widest);
        let least = if numeric { widest } else { LEAST_TEXT };
        Extent { natural, least: least.min(natural) }
    }
}

/// The widths of the columns of a table whose rows, frame included, fit `limit` where they can: the widest columns give
/// way first, down to a common width.
pub(super) fn widths(extents: &[Extent], limit: Option<usize>) -> Vec<usize> {
    let capped = |cap: usize| extents.iter().map(move |extent| extent.natural.min(cap).max(extent.least));
    let frame = 3 * extents.len() + 1;
    let cap = match limit.map(|columns| columns.saturating_sub(frame)) {
        Some(room) if capped(usize::MAX).sum::<usize>() > room => {
            (0..=room).rev().find(|cap| capped(*cap).sum::<usize>() <= room).unwrap_or(0)
        }
        _ => usize::MAX,
    };
    capped(cap).collect()
}

/// A text as a terminal shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measured {
    /// Terminal columns.
    pub(super) width: usize,
    /// Whether the end is missing.
    pub(super) cut: bool,
}

/// Appends a text in one line and without anything that moves the cursor or the writing direction: such characters
/// are shown as escapes. Stops a little behind `limit` columns.
pub(super) fn append_printable(text: &str, limit: usize, out: &mut String) -> Measured {
    let start = out.len();
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen > limit || at > limit.saturating_mul(BYTES_PER_COLUMN) {
            return Measured { width: out[start..].width(), cut: true };
        }
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            let before = out.len();
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
            seen += out.len() - before;
        } else {
            out.push(c);
            seen += c.width().unwrap_or(0);
        }
    }
    Measured { width: out[start..].width(), cut: false }
}

/// The longest beginning of a printable text that is at most `width` columns wide, by the sum of its characters.
pub(super) fn beginning(text: &str, width: usize) -> &str {
    let mut taken = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        taken += c.width().unwrap_or(0);
        (taken > width).then_some(at)
    });
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_give_way_first() {
        let text = |width| Extent::new(1, width, false);
        let number = |width| Extent::new(1, width, true);
        assert_eq!(widths(&[text(100), number(30)], None), [100, 30]);
        assert_eq!(widths(&[text(10), text(10)], Some(27)), [10, 10]);
        assert_eq!(widths(&[text(10), text(100), text(50)], Some(80)), [10, 30, 30]);
        assert_eq!(widths(&[text(100), number(30)], Some(80)), [43, 30]);
        assert_eq!(widths(&[text(100), number(90)], Some(80)), [6, 90]);
        assert_eq!(widths(&[text(3), text(100)], Some(1)), [3, 6]);
        assert_eq!(widths(&[Extent::new(40, 5, true), text(100)], Some(40)), [16, 16]);
        assert!(widths(&[], Some(80)).is_empty());
    }

    #[test]
    fn text_is_made_printable() {
        for (text, shown, width) in [
            ("", "", 0),
            ("Zürich", "Zürich", 6),
            ("日本", "日本", 4),
            ("a\nb\tc\r", "a\\nb\\tc\\r", 9),
            ("\u{1b}[31m", "\\u{1b}[31m", 10),
            ("\u{202e}abc", "\\u{202e}abc", 11),
            ("e\u{301}", "e\u{301}", 1),
        ] {
            let mut out = String::from("before");
            assert_eq!(append_printable(text, 80, &mut out), Measured { width, cut: false }, "{text:?}");
            assert_eq!(out, format!("before{shown}"));
        }
    }

    #[test]
    fn long_texts_are_left_early() {
        for (character, most) in [("x", 12), ("日", 36), ("\u{301}", 400)] {
            let mut out = String::new();
            let measured = append_printable(&character.repeat(1_000_000), 10, &mut out);
            assert!(measured.cut && out.len() <= most, "{character:?}: {}", out.len());
        }
    }

    #[test]
    fn beginnings_never_split_a_wide_character() {
        for (text, width, expected) in [
            ("abc", 2, "ab"),
            ("abc", 3, "abc"),
            ("日本", 3, "日"),
            ("日本", 1, ""),
            ("e\u{301}x", 1, "e\u{301}"),
            ("", 0, ""),
        ] {
            assert_eq!(beginning(text, width), expected, "{text} {width}");
        }
    }
}
