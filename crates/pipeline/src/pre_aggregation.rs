//! When groups are put together before they go to temporary files, and when rows go there as they are. Knows no table.
//!
//! To look a row up pays where it belongs to a group that is in memory. Where nearly every row is a new group, its look-up
//! is a cache miss that finds nothing, and the index takes memory from the groups. As the partial aggregations of Trino
//! (`adaptive-partial-aggregation.unique-rows-ratio-threshold`) and of DataFusion
//! (`skip_partial_aggregation_probe_ratio_threshold`) do it, the part of rows that were new decides; but other than theirs
//! it decides for some tables alone: then a table is looked up again, since a file may begin otherwise than it goes on.

/// Of so many rows of a table...
const OF: u64 = 10;
/// ... so many must be new for the next ones not to be looked up.
const NEW: u64 = 9;
/// Fewer rows of a table say nothing.
const LEAST_ROWS: u64 = 1024;
/// Tables between two of which the rows are looked up.
const WITHOUT: u32 = 7;

/// The rule of one partition, whose tables are spilled one after the other.
#[derive(Debug, Default)]
pub(crate) struct PreAggregation {
    /// Rows that were looked up for this table, and how many of them were new groups.
    rows: u64,
    new: u64,
    /// For how many tables, this one included, rows are not looked up.
    without: u32,
}

impl PreAggregation {
    /// Whether the rows that come are to be looked up.
    pub(crate) fn pays(&self) -> bool {
        self.without == 0
    }

    /// That of so many rows so many became new groups.
    pub(crate) fn note(&mut self, rows: usize, new: usize) {
        self.rows += rows as u64;
        self.new += new as u64;
    }

    /// The table is spilled, and there is a new one.
    pub(crate) fn next_table(&mut self) {
        let (rows, new) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.new));
        self.without = match self.without {
            0 if rows >= LEAST_ROWS && new * OF > rows * NEW => WITHOUT,
            left => left.saturating_sub(1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables of 10,000 rows each, of which so many are new: whether the rows of each are looked up.
    fn looked_up(new: &[usize]) -> Vec<bool> {
        let mut rule = PreAggregation::default();
        let table = |new: &usize| {
            let pays = rule.pays();
            rule.note(10_000, if pays { *new } else { 10_000 });
            rule.next_table();
            pays
        };
        new.iter().map(table).collect()
    }

    #[test]
    fn stops_where_nearly_all_rows_are_new_and_is_tried_again() {
        let mut expected = [false; 20];
        for looked_up in [0, 8, 16] {
            expected[looked_up] = true;
        }
        assert_eq!(looked_up(&[9_500; 20]), expected);
    }

    #[test]
    fn goes_on_where_it_pays() {
        assert_eq!(looked_up(&[9_000; 20]), [true; 20]);
    }

    #[test]
    fn resumes_when_rows_are_no_longer_new() {
        let mut new = [5_000; 20];
        new[..3].fill(10_000);
        let mut expected = [true; 20];
        expected[1..8].fill(false);
        assert_eq!(looked_up(&new), expected);
    }

    #[test]
    fn few_rows_say_nothing() {
        let mut rule = PreAggregation::default();
        rule.note(1_000, 1_000);
        rule.next_table();
        assert!(rule.pays());
    }
}
