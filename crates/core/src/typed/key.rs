//! What may be a key: intervals have an order, but no bytes by which equal ones are equal.

use super::convert::type_error;
use crate::{DataType, Resolved, Result};

/// Refuses an interval as a key; `place` is what takes the key.
///
/// # Errors
/// `Type`, for an interval.
pub fn check_key(data_type: DataType, place: &str) -> Result<()> {
    if data_type != DataType::Interval {
        return Ok(());
    }
    let hint = "write date_diff('second', from, to), which is a number";
    Err(type_error(format!("{place} takes no INTERVAL"), hint, &[]))
}

/// Refuses intervals in ORDER BY and DISTINCT, where the outputs, hidden ones included, have these types.
///
/// # Errors
/// As [`check_key`].
pub fn check_output_keys(resolved: &Resolved, outputs: &[DataType]) -> Result<()> {
    for key in &resolved.order_by {
        check_key(outputs[key.output], "ORDER BY")?;
    }
    let distinct = if resolved.distinct { &outputs[..resolved.visible] } else { &[] };
    distinct.iter().try_for_each(|data_type| check_key(*data_type, "DISTINCT"))
}
