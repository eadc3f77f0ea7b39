//! The root package: it holds nothing of its own, and owns the tests, benches and examples that cross crates.
