//! The atomics that budgets count with. Tests put loom's in their place.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
