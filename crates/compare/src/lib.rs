//! The same query over every way of holding the data, each measured in a process of its own, and reports of it.
//!
//! [`Report`] is plain data: what was asked, what each [`Strategy`] cost, whether all agree. Whoever measures makes one,
//! and `export` turns it into text; neither knows the other.

pub mod predict;
mod report;
mod strategy;

pub use report::{
    Agreement, ColumnBytes, Digest, Fit, Input, Measured, Moment, Outcome, Phase, Report, Resident,
    StrategyReport, Sweep, SweepPoint,
};
pub use strategy::{Strategy, UnknownStrategy};
