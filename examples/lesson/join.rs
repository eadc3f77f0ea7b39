//! Text from many pieces: into one buffer or by repeated concatenation, and from a list or from an iterator.

use std::fmt::Write as _;

use plimsoll_memory::measure;

use crate::report::Report;

/// Every step copies all that is there already.
fn concatenated(pieces: &[String]) -> String {
    let mut text = String::new();
    for piece in pieces {
        text = [text.as_str(), piece].concat();
    }
    text
}

/// One buffer, which grows by doubling.
fn buffered(pieces: &[String]) -> String {
    let mut text = String::new();
    for piece in pieces {
        text.push_str(piece);
    }
    text
}

/// The numbers below `count` with commas, by way of a text for each.
fn joined_list(count: u64) -> String {
    let pieces: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    pieces.join(",")
}

/// The same from an iterator: no piece is ever held.
fn joined_iterator(count: u64) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for number in 0..count {
        let comma = if number > 0 { "," } else { "" };
        write!(text, "{comma}{number}")?;
    }
    Ok(text)
}

/// Counts what each of the four allocates.
pub(crate) fn step(report: &mut Report) -> Result<(), std::fmt::Error> {
    let pieces: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let [(slow, quadratic), (slow_twice, quadratic_twice)] =
        [1000, 2000].map(|count| measure(|| concatenated(&pieces[..count])));
    let [(fast, linear), (fast_twice, linear_twice)] =
        [1000, 2000].map(|count| measure(|| buffered(&pieces[..count])));
    for (name, code, once, twice) in [
        ("repeated concatenation", "`text = [text.as_str(), piece].concat()`", quadratic, quadratic_twice),
        ("one buffer", "`text.push_str(piece)`", linear, linear_twice),
    ] {
        report.exact(
            ("concatenate", name, code),
            [("1,000 pieces", once.total_bytes), ("2,000 pieces", twice.total_bytes)],
        );
    }
    report.check("concatenation and buffer give the same text", slow == fast && slow_twice == fast_twice);
    report.check(
        "repeated concatenation is quadratic",
        quadratic_twice.total_bytes >= 4 * quadratic.total_bytes,
    );
    report.check("one buffer is linear", linear_twice.total_bytes <= 3 * linear.total_bytes);

    let (eager, of_list) = measure(|| joined_list(1000));
    let (lazy, of_iterator) = measure(|| joined_iterator(1000));
    report.exact(("join", "of a list", "`pieces.join(\",\")`"), [("peak", of_list.peak_bytes)]);
    report.exact(
        ("join", "of an iterator", "`write!(text, \"{comma}{number}\")`"),
        [("peak", of_iterator.peak_bytes)],
    );
    report.check("eager and lazy joins give the same text", eager == lazy?);
    Ok(())
}
