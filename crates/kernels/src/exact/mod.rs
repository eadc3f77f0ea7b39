//! Exact arithmetic beyond 128 bits and the one rounding at its end.
