//! How a table is drawn: its frame, and one cell in the width of its column.

use unicode_width::UnicodeWidthStr;

use super::layout::{Measured, beginning};

/// The characters that a table is drawn with.
pub(super) struct Frame {
    /// Left end, line, crossing and right end of each rule.
    pub(super) top: [char; 4],
    pub(super) middle: [char; 4],
    pub(super) bottom: [char; 4],
    cell_start: &'static str,
    pub(super) row_end: &'static str,
    /// Stands where the end of a text is missing; one column wide.
    cut_mark: char,
}

/// Box-drawing characters.
pub(super) const BOX: Frame = Frame {
    top: ['┌', '─', '┬', '┐'],
    middle: ['├', '─', '┼', '┤'],
    bottom: ['└', '─', '┴', '┘'],
    cell_start: "│ ",
    row_end: "│\n",
    cut_mark: '…',
};

/// For terminals without them.
pub(super) const ASCII: Frame = Frame {
    top: ['+', '-', '+', '+'],
    middle: ['+', '-', '+', '+'],
    bottom: ['+', '-', '+', '+'],
    cell_start: "| ",
    row_end: "|\n",
    cut_mark: '~',
};

/// A printable text and how to show it.
pub(super) struct Shown<'a> {
    pub(super) text: &'a str,
    pub(super) measured: Measured,
    /// Whether it stands at the right side of its column.
    pub(super) right: bool,
    pub(super) dim: bool,
    pub(super) may_be_cut: bool,
}

impl Frame {
    /// Appends one cell, its left border included, in `width` columns, or in as many as it needs where it may not be cut.
    pub(super) fn append(&self, shown: Shown<'_>, width: usize, out: &mut String) {
        let Measured { width: needed, cut } = shown.measured;
        let cut = cut || (shown.may_be_cut && needed > width);
        let text = if cut { beginning(shown.text, width.saturating_sub(1)) } else { shown.text };
        let taken = if cut { text.width() + 1 } else { needed };
        let padding = std::iter::repeat_n(' ', width.saturating_sub(taken));

        out.push_str(self.cell_start);
        if shown.right {
            out.extend(padding.clone());
        }
        if shown.dim {
            out.push_str("\x1b[2m");
        }
        out.push_str(text);
        if cut {
            out.push(self.cut_mark);
        }
        if shown.dim {
            out.push_str("\x1b[0m");
        }
        if !shown.right {
            out.extend(padding);
        }
        out.push(' ');
    }

    /// Appends a horizontal line.
    pub(super) fn append_rule(
        &self,
        [left, line, crossing, right]: &[char; 4],
        widths: &[usize],
        out: &mut String,
    ) {
        for (at, width) in widths.iter().enumerate() {
            out.push(if at == 0 { *left } else { *crossing });
            out.extend(std::iter::repeat_n(*line, width + 2));
        }
        out.push(*right);
        out.push('\n');
    }
}
