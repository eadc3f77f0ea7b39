//! Names and texts as messages show them: what cannot be seen, or looks like a blank and is none, is written as its number.

use std::borrow::Cow;

/// Whether the character leaves a mark on paper, or is the blank.
pub fn is_visible(c: char) -> bool {
    match c {
        ' ' => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => false,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => false,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => false,
        '\u{e0000}'..='\u{e0fff}' => false,
        _ => !c.is_control() && !c.is_whitespace(),
    }
}

/// `text` with the numbers of the characters that are not [visible](is_visible), as `\u{200b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if is_visible(c) => shown.push(c),
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c => shown.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for text in ["", "a b", "größe", "日本語", "e\u{301}", "it's \"x\" \\"] {
            assert_eq!(visible(text), text);
        }
        for (text, shown) in [
            ("a\u{200b}", r"a\u{200b}"),
            ("\u{feff}id", r"\u{feff}id"),
            ("a\u{a0}b", r"a\u{a0}b"),
            ("a\nb\tc", r"a\nb\tc"),
            ("\u{1b}[31m", r"\u{1b}[31m"),
            ("\u{202e}cod", r"\u{202e}cod"),
            ("\u{ad}\u{3000}", r"\u{ad}\u{3000}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
