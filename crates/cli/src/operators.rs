//! What each operator of a run did and cost: asked for before the run, a table for people after it.

use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use plimsoll::OperatorFootprint;
use plimsoll::memory::time_tags;
use plimsoll::memory::trace::{self, Mode};
use plimsoll_compare::units::{file_bytes, grouped, memory_bytes, seconds};

/// From here on the clock tells operators apart, and where `traces` the allocator does.
pub(crate) fn measure(traces: bool) {
    // Without stacks: whose a block is suffices. Where there is no address space for the tables, as under `ulimit -v`, the
    // query runs all the same, and what was allocated for whom is not known.
    if traces {
        let _ = trace::start(0, Mode::Exact);
    }
    time_tags(true);
}

/// A line for each operator, the last that runs on top, as in the plan. A figure that is not known is left out.
pub(crate) fn table(operators: &[OperatorFootprint]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "operator",
        "rows in",
        "rows",
        "time",
        "reserved",
        "at most",
        "allocated",
        "at most",
        "ratio",
        "spilled",
        "passes",
    ]);
    for operator in operators.iter().rev() {
        let allocated = |of: &dyn Fn(plimsoll::memory::TaggedBytes) -> u64| {
            operator.allocated.map_or_else(String::new, |bytes| memory_bytes(of(bytes)))
        };
        let ratio = operator.reserved_by_allocated().filter(|_| operator.reserved_peak > 0);
        table.add_row([
            operator.name.to_owned(),
            grouped(operator.rows_in),
            grouped(operator.rows),
            operator.time.map_or_else(String::new, seconds),
            memory_bytes(operator.reserved),
            memory_bytes(operator.reserved_peak),
            allocated(&|bytes| bytes.live),
            allocated(&|bytes| bytes.peak),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            file_bytes(operator.spilled),
            grouped(operator.passes),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        // Each line begins with the padding of a cell. Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(line).trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plimsoll::memory::TaggedBytes;

    use super::*;

    #[test]
    fn a_table() {
        let scan = OperatorFootprint {
            name: "scan",
            rows_in: 1_000_000,
            rows: 12_345,
            reserved: 0,
            reserved_peak: 1 << 20,
            ..OperatorFootprint::default()
        };
        let sort = OperatorFootprint {
            name: "sort",
            rows_in: 12_345,
            rows: 12_345,
            time: Some(Duration::from_millis(1234)),
            reserved: 2048,
            reserved_peak: 3 << 20,
            allocated: Some(TaggedBytes { live: 1024, peak: 2 << 20 }),
            spilled: 4_500_000,
            passes: 2,
        };
        insta::assert_snapshot!(table(&[scan, sort]), @r"
        operator    rows in    rows    time  reserved   at most  allocated   at most  ratio  spilled  passes
        sort         12,345  12,345  1.23 s  2.00 KiB  3.00 MiB   1.00 KiB  2.00 MiB   1.50  4.50 MB       2
        scan      1,000,000  12,345           0 bytes  1.00 MiB                              0 bytes       0
        ");
    }
}
