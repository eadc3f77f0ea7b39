//! A write to a temporary file fails, or a read of one, early, late and between.

use libtest_mimic::Trial;
use plimsoll_kernels::spill::{Fault, Space};

use crate::matrix::{self, GROUPS_AND_ROWS, Query, assert_io, cases, is_refusal, run_tight};

/// What can happen to a write, and what the system calls it.
const WRITES: [(Fault, &str); 3] = [
    (Fault::Full, "No space left"),
    (Fault::HalfWritten, "No space left"),
    (Fault::NotWritten, "Input/output error"),
];
/// What can happen to a read.
const READS: [(Fault, &str); 1] = [(Fault::NotRead, "Input/output error")];

pub(crate) fn trials() -> Vec<Trial> {
    let spilling = cases().filter(|(query, _)| query.tight.is_some());
    let trials = spilling.map(|(query, threads)| {
        crate::trial(format!("temporary::{}::{threads}", query.name), move || fails(query, threads))
    });
    // The groups that are read again keep no memory from one partition to the next, which the sort behind them takes.
    let known = crate::trial("temporary::groups keep what they read with".to_owned(), keep_reading);
    trials.chain([known]).collect()
}

/// Groups and rows both need more than there is, and get through by turns.
fn keep_reading() {
    for threads in [1, 3].repeat(5) {
        let directory = tempfile::tempdir().unwrap();
        let space = Space::new(directory.path(), None);
        let batches = run_tight(GROUPS_AND_ROWS, threads, &space, "both spill").unwrap();
        let expected = GROUPS_AND_ROWS.expected(matrix::large());
        assert_eq!(GROUPS_AND_ROWS.whole(&batches), expected, "{threads} threads");
    }
}

fn fails(query: Query, threads: usize) {
    let expected = query.expected(matrix::large());
    let directory = tempfile::tempdir().unwrap();
    let space = || Space::new(directory.path(), None);

    let faultless = space();
    let mut runs = (0..3 * threads).map(|_| run_tight(query, threads, &faultless, "without a fault"));
    let whole = runs.find(|run| !is_refusal(run, threads)).expect("it gets through").unwrap();
    println!("{} bytes are spilled", faultless.written());
    assert!(faultless.written() > 0, "it does not need temporary files");
    assert_eq!(query.whole(&whole), expected, "without a fault");

    // On several threads it is up to the moment how many there are.
    const CALLS: [u64; 7] = [1, 2, 5, 14, 41, 122, 365];
    let least = if threads == 1 { 4 } else { 2 };
    for faults in [WRITES.as_slice(), &READS] {
        // Each call has another fault, and another one on several threads than on one.
        let faults = faults.iter().cycle().skip(threads);
        let failed = CALLS.into_iter().zip(faults).filter(|(call, (fault, said))| {
            let place = format!("{fault:?} at call {call}");
            let run = run_tight(query, threads, &space().failing(*fault, *call), &place);
            if is_refusal(&run, threads) {
                return false;
            }
            match run {
                Ok(batches) => {
                    assert_eq!(query.whole(&batches), expected, "{place}");
                    false
                }
                Err(error) => {
                    assert_io(&error, directory.path(), &[said], &place);
                    true
                }
            }
        });
        let failed = failed.count();
        println!("{failed} calls failed one by one");
        assert!(failed >= least, "{failed}");
    }
}
