//! The real program, as a user meets it: exit codes, messages, files, pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]

#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/describe.rs"]
mod describe;
#[path = "cli/failures.rs"]
mod failures;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/footprint.rs"]
mod footprint;
#[path = "cli/formats.rs"]
mod formats;
#[path = "cli/hints.rs"]
mod hints;
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/large.rs"]
mod large;
#[path = "cli/operators.rs"]
mod operators;
#[path = "cli/profile.rs"]
mod profile;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/rejects.rs"]
mod rejects;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/warnings.rs"]
mod warnings;
