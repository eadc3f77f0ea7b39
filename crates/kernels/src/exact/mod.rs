//! Exact arithmetic beyond 128 bits and the one rounding at its end.
//!
//! Sums keep every bit of what they are given, so that neither the order of the values nor the way a file was split
//! shows in a result: [`IntegerSum`] for mantissas of integers and decimals ([`Carries`] where only the lower word is kept
//! close at hand), [`FloatSum`] for doubles and their products. What is computed from them stays exact ([`Dyadic`], `BigInt`) until one of the functions of [`round`]
//! makes the nearest double of it.

pub mod carries;
pub mod dyadic;
pub mod float_sum;
pub mod integer_sum;
mod limbs;
pub mod round;

pub use carries::Carries;
pub use dyadic::Dyadic;
pub use float_sum::FloatSum;
pub use integer_sum::IntegerSum;
pub use round::{exact_ratio, ratio_to_f64, scaled_ratio, scaled_ratio_to_f64};
