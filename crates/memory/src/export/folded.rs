//! Folded stacks, the text that most tools for flame graphs read: a line for each stack.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::stacks::{Level, stacks};
use crate::trace::{Measure, Traces};

/// The stacks of `traces` as lines `outermost;inner;innermost bytes`, in the order of their text.
///
/// - Stacks of the same functions are one line, whatever their source lines. Stacks without bytes are left out.
/// - A tag that is not empty is the root of its stacks. A trace without frames is `[no stack]`.
/// - Every frame is kept, the standard library's and the allocator's too: a tool can hide them, but not find them again.
///   So the innermost name is often `alloc`'s, and the line that the bytes are put down to is some names further out.
/// - `;` in a name, as in `[u8; 8]`, is replaced by `:`; line ends and other control characters by a space.
///
/// Without bytes the text is empty. The format is that of Brendan Gregg's `stackcollapse` programs
/// (<https://github.com/brendangregg/FlameGraph>).
#[must_use]
pub fn folded(traces: &Traces, of: Measure) -> String {
    let mut lines: BTreeMap<String, u128> = BTreeMap::new();
    for (stack, bytes) in stacks(traces, of) {
        *lines.entry(line(&stack)).or_insert(0) += bytes;
    }
    let mut text = String::new();
    for (line, bytes) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line} {bytes}");
    }
    text
}

fn line(stack: &[Level<'_>]) -> String {
    let mut line = String::new();
    for (index, level) in stack.iter().enumerate() {
        if index > 0 {
            line.push(';');
        }
        line.extend(level.name().chars().map(plain));
    }
    line
}

/// The character without a meaning in the format. Some readers end a line at Unicode's separators too.
fn plain(character: char) -> char {
    match character {
        ';' => ':',
        '\u{2028}' | '\u{2029}' => ' ',
        control if control.is_control() => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stacks::examples;
    use super::*;
    use crate::trace::Trace;

    #[test]
    fn functions_are_merged_root_first_in_order() {
        assert_eq!(
            folded(&examples::small(), Measure::Live),
            "[no stack] 7\n\
             app::main;app::scan::field;alloc::vec::Vec<T>::push 123\n\
             reading;app::main;app::scan::field 50\n"
        );
    }

    #[test]
    fn each_measure_has_its_own_bytes() {
        let first = |of| folded(&examples::small(), of).lines().next().unwrap().to_owned();
        assert_eq!(first(Measure::AtPeak), "[no stack] 70");
        assert_eq!(first(Measure::Total), "[no stack] 700");
        assert_eq!(first(Measure::Temporary), "[no stack] 7000");
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(folded(&Traces::default(), Measure::Live), "");
        let without_bytes = Traces { traces: vec![Trace::default()], ..Traces::default() };
        assert_eq!(folded(&without_bytes, Measure::Total), "");
    }

    #[test]
    fn names_cannot_break_a_line() {
        let traces = examples::hostile();
        let text = folded(&traces, Measure::Live);
        let sum: u128 = traces.traces.iter().map(|trace| u128::from(trace.live.bytes)).sum();
        let mut read = 0;
        for line in text.split_terminator('\n') {
            assert!(!line.contains(char::is_control), "{line:?}");
            let (stack, bytes) = line.rsplit_once(' ').unwrap();
            assert!(stack.split(';').all(|name| !name.is_empty()), "{line:?}");
            read += bytes.parse::<u128>().unwrap();
        }
        assert_eq!(read, sum, "no byte is lost or counted twice");
        assert!(text.contains("a:b c d e 5"), "{text}");
        let deepest = text.lines().map(|line| line.matches(';').count()).max();
        assert_eq!(deepest, Some(traces.frames.len()), "one frame a level, and the tag");
    }
}
