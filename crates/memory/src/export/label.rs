//! The texts of a flame graph: names cut to fit, sizes, shares, and what XML allows. It knows nothing of boxes.

use std::borrow::Cow;

/// What of a call fits into `columns`: the name with its place in the source, or else the name, or else its last path
/// segments, or else the start of the last one. Empty where not even two characters and an ellipsis fit.
///
/// `flame.js` does the same after zooming.
pub(super) fn fit<'a>(name: &'a str, place: &str, columns: usize) -> Cow<'a, str> {
    let whole = format!("{name} ({place})");
    if !place.is_empty() && width(&whole) <= columns {
        return Cow::Owned(whole);
    }
    let tails = tails(name);
    // They get shorter, so halving finds the first that fits: names may have thousands of segments.
    if let Some(fitting) = tails.get(tails.partition_point(|tail| width(tail) > columns)) {
        return Cow::Borrowed(fitting);
    }
    let last = tails.last().copied().unwrap_or_default();
    if columns < 3 { Cow::Borrowed("") } else { Cow::Owned(clipped(last, columns)) }
}

/// The text, cut and ended with an ellipsis where it is wider than `columns`.
pub(super) fn clipped(text: &str, columns: usize) -> String {
    let mut cut = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character_width(character);
        // The character that would fill the last column stays only if it is the last one.
        if used >= columns && (used > columns || cut.len() + character.len_utf8() < text.len()) {
            cut.push('…');
            break;
        }
        cut.push(character);
    }
    cut
}

/// A path and what remains of it without its first segments, longest first: `a::B<c::D>::e`, `B<c::D>::e`, `e`.
fn tails(path: &str) -> Vec<&str> {
    let mut tails = vec![path];
    let mut depth = 0_i32;
    let bytes = path.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // Not the arrow of a function's type.
            b'>' if index > 0 && bytes[index - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth -= 1,
            b':' if depth == 0 && index > 0 && bytes[index - 1] == b':' => tails.push(&path[index + 1..]),
            _ => {}
        }
    }
    tails.retain(|tail| !tail.is_empty());
    tails
}

/// Columns in a font of fixed width, estimated.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(character_width).sum()
}

/// From Hangul on most characters are twice as wide as a letter, and so is what [`escaped`] puts in a control character's
/// place.
fn character_width(character: char) -> usize {
    let wide = character >= '\u{1100}' && !('\u{2000}'..'\u{2600}').contains(&character);
    if wide || character.is_control() { 2 } else { 1 }
}

/// The text with what XML 1.0 gives a meaning to escaped, and what it forbids, control characters above all, replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Bytes in the largest binary unit that leaves at least 1, with one decimal, rounded down: `12.3 MiB`.
pub(super) fn size(bytes: u128) -> String {
    let units = [("TiB", 1_u128 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        // In two steps: ten times the largest sum would not overflow, but nobody should have to prove it.
        Some((name, unit)) => format!("{}.{} {name}", digits(bytes / unit), bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

/// A number with a comma after every third digit: `1,234,567`.
pub(super) fn digits(number: u128) -> String {
    let plain = number.to_string();
    let mut grouped = String::with_capacity(plain.len() * 4 / 3);
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A part of `whole`, which is not 0, in hundredths with one decimal, rounded to the nearest: `12.3 %`.
pub(super) fn percent(part: u128, whole: u128) -> String {
    let tenths = (part * 1000 + whole / 2) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_of_a_name_as_fits() {
        let name = "app::scan::Scanner<io::File>::field";
        let fitted = |columns| fit(name, "src/scan.rs:41", columns).into_owned();
        assert_eq!(fitted(52), "app::scan::Scanner<io::File>::field (src/scan.rs:41)");
        assert_eq!(fitted(51), name);
        assert_eq!(fitted(34), "scan::Scanner<io::File>::field");
        assert_eq!(fitted(29), "Scanner<io::File>::field");
        assert_eq!(fitted(23), "field");
        assert_eq!(fitted(4), "fie…");
        assert_eq!(fitted(3), "fi…");
        assert_eq!(fitted(2), "");
        assert_eq!(fit("ab", "", 2), "ab");
    }

    #[test]
    fn segments_are_cut_outside_of_brackets_only() {
        assert_eq!(
            tails("<a::B as c::D>::e::{{closure}}"),
            ["<a::B as c::D>::e::{{closure}}", "e::{{closure}}", "{{closure}}"]
        );
        assert_eq!(
            tails("a::b::<fn(c::d) -> e::f>::g"),
            ["a::b::<fn(c::d) -> e::f>::g", "b::<fn(c::d) -> e::f>::g", "<fn(c::d) -> e::f>::g", "g"]
        );
        assert_eq!(tails(""), [""; 0]);
        assert_eq!(tails("::"), ["::"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!((width("ab…"), width("漢字"), width("🦀")), (3, 4, 2));
        assert_eq!(clipped("漢字漢字", 8), "漢字漢字");
        assert_eq!(clipped("漢字漢字", 7), "漢字漢…");
        assert_eq!(clipped("漢字漢字", 6), "漢字…");
        assert_eq!(clipped("漢字漢字", 1), "…");
        for columns in 1..12 {
            assert!(width(&clipped("a漢b字🦀cdef", columns)) <= columns);
        }
    }

    #[test]
    fn sizes_and_shares() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size((20 << 20) - 1), "19.9 MiB");
        assert_eq!(size(u128::from(u64::MAX) * 3), "50,331,647.9 TiB");
        assert_eq!(digits(0), "0");
        assert_eq!(digits(999), "999");
        assert_eq!(digits(1_234_567), "1,234,567");
        assert_eq!(
            (percent(0, 3), percent(1, 3), percent(2, 3), percent(3, 3)),
            ("0.0 %".to_owned(), "33.3 %".to_owned(), "66.7 %".to_owned(), "100.0 %".to_owned())
        );
    }

    #[test]
    fn text_for_xml() {
        assert_eq!(escaped("<a&b>\"'é🦀"), "&lt;a&amp;b&gt;&quot;&#39;é🦀");
        assert_eq!(escaped("\u{0}a\n\u{85}\u{ffff}"), "\u{fffd}a\u{fffd}\u{fffd}\u{fffd}");
    }
}
