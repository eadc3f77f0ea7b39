//! What the operating system says of the process, before and after it holds a list of a million boxes.

use std::hint::black_box;

use plimsoll_memory::process;

use crate::hold;
use crate::report::{Report, Row};

/// Asks before and after. The first step: nothing else may have been resident before.
pub(crate) fn step(report: &mut Report) {
    let (before, resident_before) = (process::usage().unwrap_or_default(), process::resident().current);
    let list = black_box(hold::boxed());
    let (after, resident_after) = (process::usage().unwrap_or_default(), process::resident().current);
    drop(list);

    let resident = [resident_before, resident_after].map(Option::unwrap_or_default);
    let time = [before, after].map(|usage| (usage.user + usage.system).as_millis() as u64);
    for (name, code, figures) in [
        ("bytes resident", "`process::resident().current`", resident),
        ("most bytes resident", "`usage.max_resident`", [before.max_resident, after.max_resident]),
        ("minor page faults, number", "`usage.minor_faults`", [before.minor_faults, after.minor_faults]),
        ("processor time, ms", "`usage.user + usage.system`", time),
    ] {
        let figures = vec![("before", figures[0]), ("after", figures[1])];
        report.row(Row { table: "process", name, code, figures, exact: false });
    }
    // Only Linux tells what is resident now. The most says nothing here: it begins with that of the program's starter.
    let grown = resident_before.zip(resident_after).map(|(before, after)| after.saturating_sub(before));
    report.check("what is written to becomes resident", grown.is_none_or(|bytes| bytes >= 30_000_000));
    report.check("a first touch is a page fault", after.minor_faults > before.minor_faults);
}
