//! What the user typed for `profile`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::QueryArgs;
use crate::size::Size;

pub(super) const EXAMPLES: &str = "\
Examples:
  plimsoll profile \"SELECT station, avg(t) FROM 'weather.csv' GROUP BY station\"

  A flame graph, a profile for pprof, and a snapshot to compare a later run with:
    plimsoll profile --export peak.svg --export heap.pb.gz --export before.snapshot - < report.sql
    plimsoll profile --compare before.snapshot - < report.sql

  A long query at little cost, by a sample of one in 512 KiB:
    plimsoll profile --sample 512KiB \"SELECT count(DISTINCT id) FROM 'big.csv'\"";

/// The statement, and how it is profiled.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    #[command(flatten)]
    pub(crate) options: ProfileOptions,
}

/// How a query is profiled.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Profile")]
pub(crate) struct ProfileOptions {
    /// Lines to print of each list
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Calls to keep of each stack, at most 112; inlined functions come on top
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) frames: usize,
    /// Trace a sample of one allocation in so many bytes, instead of all
    ///
    /// Figures are then unbiased estimates, with the exact total beside them.
    #[arg(long, value_name = "SIZE")]
    pub(crate) sample: Option<Size>,
    /// Also write the profile to FILE; may be repeated
    ///
    /// By its ending: .pb.gz or .pprof for pprof, .folded for folded stacks, .svg for a flame graph in one file,
    /// .snapshot for --compare.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Vec<PathBuf>,
    /// What flame graphs and folded stacks show
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = MeasureArg::Peak)]
    pub(crate) measure: MeasureArg,
    /// Print the difference to an earlier run's snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) compare: Option<PathBuf>,
}

/// The names of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MeasureArg {
    /// Live when the heap was at its peak
    Peak,
    /// Everything allocated
    Total,
    /// Freed by the thread that had allocated it before it allocated again
    Temporary,
    /// Left behind by the query
    Live,
}
