//! Text of cells to values: fast ways for what is common, one exact grammar behind them.

pub(crate) mod class;
pub(crate) mod double;
pub(crate) mod fast;
pub(crate) mod lanes;
pub(crate) mod localized;
pub(crate) mod moments;
pub(crate) mod numbers;
pub(crate) mod significand;
pub(crate) mod wide;
