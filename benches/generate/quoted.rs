//! Text as people export it: fields in quotes with commas, doubled quotes and newlines inside, empty ones quoted and
//! not.

use std::io::Result;

use crate::output::Output;
use crate::random::Random;

const WORDS: [&str; 16] = [
    "order",
    "shipped",
    "the",
    "\"\"priority\"\"",
    "crate",
    "customer said: \"\"no\"\"",
    "damaged",
    "Zürich",
    "ok,",
    "and",
    "two\nlines",
    "paid",
    "see below:\r\n- a\r\n- b",
    "returned",
    "東京",
    "later, maybe",
];

pub(crate) fn write(output: &mut Output, random: &mut Random, rows: u64) -> Result<()> {
    output.text("id,\"customer, full name\",note,amount");
    output.end_record()?;
    for id in 1..=rows {
        output.digits(id, 1);
        output.text(",\"");
        output.text(["O'Neil", "Smith, \"\"J\"\"", "van der Berg", "Müller"][random.index(4)]);
        output.text("\",");
        match random.below(16) {
            0 => {}
            1 => output.text("\"\""),
            2 => output.text("plain note"),
            words => {
                output.byte(b'"');
                for at in 0..words {
                    output.text(if at > 0 { " " } else { "" });
                    output.text(WORDS[random.index(WORDS.len())]);
                }
                output.byte(b'"');
            }
        }
        output.byte(b',');
        output.decimal(random.bell(5_000), 2);
        output.end_record()?;
    }
    Ok(())
}
