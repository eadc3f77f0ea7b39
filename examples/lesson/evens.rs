//! The same sum twice: over a vector, and over the iterator that would have filled it.

use std::hint::black_box;

use plimsoll_memory::measure;

use crate::report::Report;

const N: u64 = 1_000_000;

/// Sums the even numbers eagerly and lazily.
pub(crate) fn step(report: &mut Report) {
    let (eager, held) = measure(|| {
        let evens: Vec<u64> = (0..N).filter(|number| number % 2 == 0).collect();
        black_box(evens).iter().sum::<u64>()
    });
    let (lazy, streamed) = measure(|| (0..N).filter(|number| number % 2 == 0).sum::<u64>());

    report.exact(("evens", "eager", "`.collect::<Vec<u64>>().iter().sum()`"), [("peak", held.peak_bytes)]);
    report.exact(("evens", "lazy", "`.sum()`"), [("peak", streamed.peak_bytes)]);
    report.sum("even numbers", lazy);
    report.check("eager and lazy give the same sum of even numbers", eager == lazy);
    report.check("the lazy sum holds at most a thousandth", streamed.peak_bytes * 1000 <= held.peak_bytes);
}
