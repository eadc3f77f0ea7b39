//! A wide table: 120 columns of mixed types, of which a query usually reads a few. Every third column has empty cells.

use std::io::Result;

use crate::output::Output;
use crate::random::Random;

const COLUMNS: usize = 120;

/// The kinds of columns, in turn: of the 120, 40 integers, 30 decimals, 25 texts, 15 dates, 10 Booleans.
const KINDS: [Kind; 24] = {
    use Kind::{Boolean as B, Date as D, Decimal as N, Integer as I, Text as T};
    [I, N, T, I, D, N, I, T, B, I, N, T, I, D, N, I, T, I, B, N, I, T, D, N]
};

#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Decimal,
    Text,
    Date,
    Boolean,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Kind::Integer => "i",
            Kind::Decimal => "n",
            Kind::Text => "t",
            Kind::Date => "d",
            Kind::Boolean => "b",
        }
    }
}

pub(crate) fn write(output: &mut Output, random: &mut Random, rows: u64) -> Result<()> {
    let columns: Vec<Kind> = KINDS.into_iter().cycle().take(COLUMNS).collect();
    for (at, kind) in columns.iter().enumerate() {
        output.text(if at > 0 { "," } else { "" });
        output.text(kind.name());
        output.digits(at as u64, 3);
    }
    output.end_record()?;
    for _ in 0..rows {
        for (at, kind) in columns.iter().enumerate() {
            if at > 0 {
                output.byte(b',');
            }
            let empty = at % 3 == 2 && random.below(16) == 0;
            if !empty {
                cell(output, random, *kind, at);
            }
        }
        output.end_record()?;
    }
    Ok(())
}

/// One value; the column's place decides how large its numbers are and how many different texts it has.
fn cell(output: &mut Output, random: &mut Random, kind: Kind, at: usize) {
    const WORDS: [&str; 8] = ["amber", "basalt", "cobalt", "drift", "ember", "flint", "granite", "hazel"];
    match kind {
        Kind::Integer => output.decimal(random.bell(10_i64.pow(1 + (at % 9) as u32)), 0),
        Kind::Decimal => output.decimal(random.bell(1_000_000), 1 + (at % 4) as u32),
        Kind::Text => {
            output.text(WORDS[random.index(WORDS.len())]);
            output.byte(b'-');
            output.digits(random.below(10_u64.pow(1 + (at % 5) as u32)), 1);
        }
        Kind::Date => {
            output.digits(1990 + random.below(40), 4);
            output.byte(b'-');
            output.digits(1 + random.below(12), 2);
            output.byte(b'-');
            output.digits(1 + random.below(28), 2);
        }
        Kind::Boolean => output.text(if random.below(2) == 0 { "false" } else { "true" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_add_up() {
        let count =
            |name: &str| KINDS.iter().filter(|kind| kind.name() == name).count() * COLUMNS / KINDS.len();
        assert_eq!(["i", "n", "t", "d", "b"].map(count), [40, 30, 25, 15, 10]);
    }
}
