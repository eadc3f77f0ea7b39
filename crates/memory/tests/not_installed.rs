//! A program whose allocator does not count: nothing is known, nothing is guessed, and tracing says what is missing.

use plimsoll_memory::{Footprint, Measured, exact_peak, heap, measure, reset_peak, threads};

#[test]
fn there_are_no_figures() {
    let (block, cost) = measure(|| vec![1_u8; 1 << 20]);
    assert_eq!(cost, Measured::default());
    exact_peak(true);
    exact_peak(false);
    reset_peak();
    assert_eq!(heap(), None);
    assert!(threads().iter().all(|thread| (thread.allocations, thread.peak_bytes) == (0, 0)));
    let footprint = Footprint::now(None);
    let unknown = [footprint.heap, footprint.untracked, footprint.slack].map(|part| (part.now, part.peak));
    assert_eq!(unknown, [(None, None); 3]);
    assert_eq!(block.len(), 1 << 20);
}

#[cfg(feature = "traces")]
#[test]
fn tracing_says_what_is_missing() {
    use plimsoll_memory::trace::{self, Mode, TraceError, TracedMemory};

    for mode in [Mode::Exact, Mode::Sampled { interval: 1 }] {
        let refused = trace::start(8, mode).unwrap_err();
        assert!(matches!(refused, TraceError::NotInstalled), "{refused}");
        assert!(refused.to_string().contains("#[global_allocator]"), "{refused}");
    }
    assert!(!trace::is_tracing());
    assert_eq!(trace::get_traced_memory(), TracedMemory::default());
    assert!(matches!(trace::take_snapshot(), Err(TraceError::NotStarted)));
    assert!(matches!(trace::stop(), Err(TraceError::NotStarted)));
}
