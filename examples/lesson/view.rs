//! A look at half of a buffer, and a copy of it.

use arrow::buffer::Buffer;
use plimsoll_memory::measure;
use plimsoll_memory::size::{deep_size, shallow_size};

use crate::hold::N;
use crate::report::Report;

/// Measures both.
pub(crate) fn step(report: &mut Report) {
    let numbers = Buffer::from_vec((0..N).collect::<Vec<i64>>());
    let half = numbers.len() / 2;

    let (view, looked) = measure(|| numbers.slice(half));
    let (copy, copied) = measure(|| Buffer::from(view.as_slice()));

    for (name, code, buffer, cost) in [
        ("view", "`numbers.slice(half)`", &view, looked),
        ("copy", "`Buffer::from(view.as_slice())`", &copy, copied),
    ] {
        let (shallow, keeps) = (shallow_size(buffer), deep_size(buffer).total);
        report.exact(
            ("view", name, code),
            [("shallow", shallow), ("allocated", cost.total_bytes), ("keeps alive", keeps)],
        );
    }
    report.check("view and copy have the same bytes", view == copy && view.len() == half);
    report.check("the view lies in the buffer", view.as_ptr() == numbers[half..].as_ptr());
    report.check("a view allocates next to nothing", looked.total_bytes < 1024);
    report.check("a copy allocates all of its bytes", copied.total_bytes >= half as u64);
    report.check("a view keeps the whole buffer alive", deep_size(&view).total >= numbers.len() as u64);
}
