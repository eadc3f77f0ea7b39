//! How a run ends: the exit code of each kind of failure, and how failures are printed.

use std::io::{ErrorKind as IoKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use plimsoll::memory::trace::TraceError;
use plimsoll::{Error, ErrorKind};

/// The exit code of a run that was interrupted or told to terminate: 128 and the number of SIGINT, as shells count.
pub(crate) const INTERRUPTED: u8 = 130;

/// What `run` gives; a panic, whichever thread it began in, is an error. On its way it has let go of files that are only
/// half written.
///
/// # Errors
/// Those of `run`, and that it panicked.
pub(crate) fn caught<T>(run: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    // Nothing is used that the panic has come through.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(anyhow::anyhow!("a bug in plimsoll has ended the run\n  hint: report it, with the lines above"))
    })
}

/// Prints what went wrong on standard error and gives the exit code. A reader that closed its end of the pipe has seen
/// enough: that ends the run quietly and well.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let code = code(error);
    if code != 0 {
        // Where standard error is closed too, there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "plimsoll: error: {error}");
    }
    ExitCode::from(code)
}

fn code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<TraceError>() {
        Some(TraceError::Damaged { .. } | TraceError::Version { .. }) => return 3,
        Some(TraceError::TooManyFrames { .. } | TraceError::NoInterval) => return 2,
        _ => {}
    }
    match error.downcast_ref::<Error>().map(Error::kind) {
        Some(ErrorKind::Io { source, .. }) if source.kind() == IoKind::BrokenPipe => 0,
        Some(
            ErrorKind::Sql { .. }
            | ErrorKind::Plan { .. }
            | ErrorKind::Type { .. }
            | ErrorKind::UnknownColumn { .. },
        ) => 2,
        Some(ErrorKind::Data { .. } | ErrorKind::File { .. } | ErrorKind::Value { .. }) => 3,
        Some(ErrorKind::MemoryLimit { .. }) => 4,
        Some(ErrorKind::Interrupted) => INTERRUPTED,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll::Location;

    use super::*;

    #[test]
    fn a_panic_is_a_failed_run() {
        let error = caught(|| -> anyhow::Result<()> { panic!("as a test") }).unwrap_err();
        assert_eq!(code(&error), 1);
        assert!(error.to_string().contains("bug"), "{error}");
        assert_eq!(caught(|| Ok(5)).unwrap(), 5);
    }

    #[test]
    fn every_kind_has_its_code() {
        let io = |kind| Error::io("f.csv", std::io::Error::from(kind));
        let text = String::new;
        let cases = [
            (io(IoKind::NotFound), 1),
            (io(IoKind::BrokenPipe), 0),
            (ErrorKind::Sql { message: text(), sql: text(), line: 0, column: 0, hint: text() }.into(), 2),
            (Error::plan("", ""), 2),
            (ErrorKind::Type { message: text(), hint: text(), field: None }.into(), 2),
            (Error::unknown_column("a", std::iter::empty()), 2),
            (Error::data(Location::default(), "", ""), 3),
            (Error::file("f.arrow", "", ""), 3),
            (Error::value(""), 3),
            (ErrorKind::MemoryLimit { message: text(), hint: text() }.into(), 4),
            (ErrorKind::Interrupted.into(), 130),
        ];
        for (error, expected) in cases {
            let error = anyhow::Error::new(error);
            assert_eq!(code(&error), expected, "{error}");
        }
        let damaged = TraceError::Damaged { path: "old.snapshot".into(), reason: text() };
        assert_eq!(code(&damaged.into()), 3);
        assert_eq!(code(&TraceError::NoInterval.into()), 2);
        assert_eq!(code(&TraceError::NotInstalled.into()), 1);
        assert_eq!(code(&anyhow::anyhow!("anything else")), 1);
    }
}
