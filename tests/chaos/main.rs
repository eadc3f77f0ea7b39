//! What happens when what a query stands on gives way: memory, temporary files and their directory, the input, a thread.
//!
//! Whatever it is and whenever it happens, a query ends with an error of the right kind, which says what to do, or with
//! the right answer; it never gives a wrong answer, hangs, or leaves memory reserved or a file behind. One file a
//! failure; the queries, which all of them run, are in `matrix`.
//!
//! One trial runs at a time: some look at what the whole process has allocated.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a test tells what it has come to")]

mod directory;
mod input;
mod matrix;
mod panics;
mod reservations;
mod temporary;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use plimsoll::memory::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// After which a trial is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let trials =
        [reservations::trials(), temporary::trials(), directory::trials(), input::trials(), panics::trials()];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}

/// A trial that may not hang.
fn trial(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    let told = name.clone();
    Trial::test(name, move || {
        let (ended, end) = channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{told} hangs");
                std::process::abort();
            }
        });
        test();
        drop(ended);
        watchdog.join().unwrap();
        Ok(())
    })
}
