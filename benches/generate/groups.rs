//! Many groups: each row draws one of rows/2 keys, so that 1 - 1/e² of these, 0.432 for each row, occur.

use std::io::Result;

use crate::output::Output;
use crate::random::{Random, mix};

pub(crate) fn write(output: &mut Output, random: &mut Random, rows: u64) -> Result<()> {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    let keys = (rows / 2).max(1);
    output.text("key,v");
    output.end_record()?;
    for _ in 0..rows {
        // Scattered, so that equal keys share no prefix with their neighbours.
        let key = mix(random.below(keys));
        output.byte(b'k');
        for digit in (0..16).rev() {
            output.byte(HEX[(key >> (4 * digit) & 0xf) as usize]);
        }
        output.byte(b',');
        output.decimal(random.bell(10_000), 2);
        output.end_record()?;
    }
    Ok(())
}
