//! A progress bar on standard error, for runs that take longer than a second. It lives in a thread of its own and is
//! gone from the screen when its value is dropped.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll::Progress;

/// How long a run is left in peace.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the bar moves.
const PERIOD: Duration = Duration::from_millis(100);

const KNOWN: &str = "{bar:20} {percent:>3} % · {decimal_bytes} of {decimal_total_bytes} · {decimal_bytes_per_sec} · {eta} left";
const UNKNOWN: &str = "{spinner} {decimal_bytes} · {decimal_bytes_per_sec}";

/// A bar that is drawn while this value lives.
#[derive(Debug)]
pub(crate) struct Bar {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Begins to watch a run. Where no thread can be had there is no bar.
    pub(crate) fn start(progress: Progress) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let watch = move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            loop {
                show(&bar, progress.get());
                if stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            bar.finish_and_clear();
        };
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(watch).ok();
        Bar { stop: Some(stop), thread }
    }
}

fn show(bar: &ProgressBar, (read, total): (u64, u64)) {
    let known = total > 0;
    if bar.length().is_some() != known || bar.position() == 0 {
        // The templates are constants; one that could not be read would leave the bar's own style.
        if let Ok(style) = ProgressStyle::with_template(if known { KNOWN } else { UNKNOWN }) {
            bar.set_style(style);
        }
    }
    if known {
        bar.set_length(total);
    }
    bar.set_position(read);
    bar.tick();
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A bar that failed has nothing to say about the run.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_short_run_does_not_wait_for_its_bar() {
        let start = Instant::now();
        drop(Bar::start(Progress::default()));
        assert!(start.elapsed() < PATIENCE);
    }

    #[test]
    fn templates_can_be_read() {
        for template in [KNOWN, UNKNOWN] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_bar_takes_what_progress_says() {
        let bar = ProgressBar::hidden();
        show(&bar, (5, 0));
        show(&bar, (50, 100));
        assert_eq!((bar.position(), bar.length()), (50, Some(100)));
    }
}
