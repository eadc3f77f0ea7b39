//! The table G1 of the database-like ops benchmark (h2oai/db-benchmark, `groupby-datagen.R`), no NULLs, not sorted: the
//! same columns, distributions and text forms, other random numbers.

use std::io::Result;

use crate::output::Output;
use crate::random::Random;

/// `groups` is the benchmark's K: id1, id2, id4 and id5 have K values, id3 and id6 have `rows` / K.
pub(crate) fn write(output: &mut Output, random: &mut Random, rows: u64, groups: u64) -> Result<()> {
    let large = (rows / groups).max(1);
    output.text("id1,id2,id3,id4,id5,id6,v1,v2,v3");
    output.end_record()?;
    for _ in 0..rows {
        for (count, width) in [(groups, 3), (groups, 3), (large, 10)] {
            output.text("id");
            output.digits(1 + random.below(count), width);
            output.byte(b',');
        }
        for count in [groups, groups, large, 5, 15] {
            output.digits(1 + random.below(count), 1);
            output.byte(b',');
        }
        // round(runif(0, 100), 6), as R's fwrite prints it: without trailing zeros.
        output.short_decimal(random.below(100_000_001).cast_signed(), 6);
        output.end_record()?;
    }
    Ok(())
}
