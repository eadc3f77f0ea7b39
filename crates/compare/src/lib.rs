//! The same query over every way of holding the data, each measured in a process of its own, and reports of it.
//!
//! [`Report`] is plain data: what was asked, what each [`Strategy`] cost, whether all agree. Whoever measures makes one,
//! and `export` turns it into text; neither knows the other.

pub mod child;
mod compare;
mod digest;
pub mod export;
pub mod predict;
mod prefix;
mod report;
mod request;
mod rows_text;
mod runner;
mod strategy;
mod sweep;
pub mod units;
mod watch;

pub use compare::{Comparison, compare};
pub use report::{
    Agreement, ColumnBytes, Digest, Fit, Input, Measured, Moment, Outcome, Phase, Report, Resident,
    StrategyReport, Sweep, SweepPoint,
};
pub use request::{Answer, Request};
pub use runner::{Processes, Runner};
pub use strategy::{Strategy, UnknownStrategy};
