//! What a cell looks like, to any common reader. Types of columns are not decided here: this is wider than what the
//! parsers take, as a decimal comma or a date in words is no less a sign of a cell that was split rightly.

/// What one cell's text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, or blanks alone.
    Empty,
    /// What programs write where a value is missing.
    Missing,
    /// Digits with signs, points, commas, groups, exponents, or a per cent sign.
    Number,
    /// A calendar day, perhaps with a time of day.
    Date,
    /// A time of day.
    Time,
    /// `true`, `no` and the like.
    Boolean,
    /// Anything else.
    Text,
}

impl Kind {
    /// Whether the text says more than that it is text.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Kind::Number | Kind::Date | Kind::Time | Kind::Boolean)
    }

    /// As evidence names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Empty | Kind::Missing => "missing value",
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Boolean => "truth value",
            Kind::Text => "text",
        }
    }
}

const MISSING: [&[u8]; 13] =
    [b"NA", b"N/A", b"n/a", b"na", b"NULL", b"null", b"None", b"\\N", b"-", b"--", b"?", b".", b".."];

const TRUTHS: [&[u8]; 6] = [b"true", b"false", b"yes", b"no", b"t", b"f"];

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// What `text` (without its quotes) looks like.
pub(super) fn kind(text: &[u8]) -> Kind {
    let text = text.trim_ascii();
    let Some(&first) = text.first() else { return Kind::Empty };
    if text.len() <= 5 && MISSING.contains(&text) {
        return Kind::Missing;
    }
    if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.' | b',') {
        if is_number(text) {
            return Kind::Number;
        }
        if is_time(text) {
            return Kind::Time;
        }
        if is_date(text) {
            return Kind::Date;
        }
        return Kind::Text;
    }
    if text.len() <= 5 && TRUTHS.iter().any(|truth| truth.eq_ignore_ascii_case(text)) {
        return Kind::Boolean;
    }
    let sign_off = text.strip_prefix(b"-").unwrap_or(text);
    if [&b"nan"[..], b"inf", b"infinity"].iter().any(|name| name.eq_ignore_ascii_case(sign_off)) {
        return Kind::Number;
    }
    Kind::Text
}

/// Takes digits from the front; how many there were.
fn digits(text: &mut &[u8]) -> usize {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *text = &text[count..];
    count
}

/// A number with a point or a comma before its fraction, groups of three digits, an exponent, a per cent sign.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"%").unwrap_or(text);
    let text = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let end = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(end);
    is_mantissa(mantissa) && (exponent.is_empty() || is_exponent(&exponent[1..]))
}

fn is_exponent(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_mantissa(mut text: &[u8]) -> bool {
    let first = digits(&mut text);
    let mut groups = None;
    loop {
        let Some((&mark, mut rest)) = text.split_first() else { return first > 0 };
        if !matches!(mark, b'.' | b',') {
            return false;
        }
        let count = digits(&mut rest);
        if rest.is_empty() && groups != Some(mark) {
            return first + count > 0;
        }
        let is_group = count == 3 && (1..=3).contains(&first) && groups.is_none_or(|group| group == mark);
        if !is_group {
            return false;
        }
        groups = Some(mark);
        text = rest;
    }
}

/// Hours, minutes, perhaps seconds with a fraction, perhaps AM or PM, or an offset or Z.
fn is_time(mut text: &[u8]) -> bool {
    let hours = digits(&mut text);
    let mut parts = 0;
    while (1..=2).contains(&hours) && parts < 2 && text.first() == Some(&b':') {
        text = &text[1..];
        if digits(&mut text) != 2 {
            return false;
        }
        parts += 1;
    }
    if parts == 0 {
        return false;
    }
    if parts == 2 && matches!(text.first(), Some(b'.' | b',')) {
        text = &text[1..];
        if digits(&mut text) == 0 {
            return false;
        }
    }
    let text = text.trim_ascii_start();
    match text {
        b"" | b"Z" | b"z" => true,
        [b'+' | b'-', offset @ ..] => {
            !offset.is_empty() && offset.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
        }
        _ => [&b"am"[..], b"pm"].iter().any(|half| half.eq_ignore_ascii_case(text)),
    }
}

/// Three parts between equal marks, two of them digits of a day and a year and one a month; perhaps a time behind them.
fn is_date(mut text: &[u8]) -> bool {
    let first = digits(&mut text);
    let Some((&mark, rest)) = text.split_first() else { return false };
    if !matches!(mark, b'-' | b'/' | b'.' | b' ') || !matches!(first, 1 | 2 | 4) {
        return false;
    }
    text = rest;
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters > 0 {
        let month = &text[..letters];
        if letters < 3 || !MONTHS.iter().any(|name| name.eq_ignore_ascii_case(&month[..3])) {
            return false;
        }
        text = &text[letters..];
    } else if mark == b' ' || !(1..=2).contains(&digits(&mut text)) {
        return false;
    }
    if text.first() != Some(&mark) {
        return false;
    }
    text = &text[1..];
    let last = digits(&mut text);
    let lengths = if first == 4 { matches!(last, 1 | 2) } else { matches!(last, 2 | 4) };
    lengths
        && match text {
            [] => true,
            [b'T' | b' ' | b',', time @ ..] => is_time(time.trim_ascii_start()),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let of = |kind: Kind, texts: &[&str]| {
            for text in texts {
                assert_eq!(super::kind(text.as_bytes()), kind, "{text:?}");
            }
        };
        of(Kind::Empty, &["", "  "]);
        of(Kind::Missing, &["NA", "-", "?", "\\N"]);
        of(
            Kind::Number,
            &["1", " -7 ", "+1", ".5", "5.", "1,5", "1,234,567.8", "1.234,5", "2e-6", "12%", "NaN", "007"],
        );
        of(Kind::Time, &["10:30", "9:05:07", "10:00:00.25", "9:30 PM", "12:00Z", "12:00+01:00"]);
        of(
            Kind::Date,
            &["2024-01-31", "31/12/24", "1.2.2024", "05-Jan-2024", "2024-01-31T10:00:00Z", "1/2/2024 9:30"],
        );
        of(Kind::Boolean, &["true", "FALSE", "Yes"]);
        of(
            Kind::Text,
            &["a", "1a", "1.2.3.4", "1,23,4", "12-34-56-78", "1:2:3:4", "-", "e5"]
                .map(|t| if t == "-" { "x" } else { t }),
        );
    }
}
