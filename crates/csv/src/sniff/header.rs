//! Whether a table's first record names its columns. Looks at kinds of cells only; what the names are is not its business.

use super::cell::{Kind, kind};
use super::split::{Record, Records};

/// Records below the first that are looked at.
const COMPARED: usize = 200;

/// Columns that are looked at.
const COLUMNS: usize = 400;

/// What the first record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it names the columns.
    pub(super) names: bool,
    /// Whether something tells; `false` where it is the default.
    pub(super) certain: bool,
    /// What tells.
    pub(super) why: String,
}

/// What speaks for names and what for data.
#[derive(Debug, Default)]
struct Votes {
    names: usize,
    data: usize,
    /// The weight of the strongest vote for names, and what it is.
    why_names: (usize, String),
    why_data: (usize, &'static str),
}

impl Votes {
    fn name(&mut self, weight: usize, why: impl FnOnce() -> String) {
        self.names += weight;
        if weight > self.why_names.0 {
            self.why_names = (weight, why());
        }
    }

    fn datum(&mut self, weight: usize, why: &'static str) {
        self.data += weight;
        if weight > self.why_data.0 {
            self.why_data = (weight, why);
        }
    }
}

/// Holds the record `first` against those below it that have `width` fields. A first record that is one field short names
/// the columns from the second on.
pub(super) fn judge(records: &Records<'_>, first: usize, width: usize) -> Verdict {
    let Some(record) = records.all.get(first) else {
        return verdict(true, false, "there is no complete record");
    };
    let below: Vec<&Record> =
        records.all[first + 1..].iter().filter(|other| other.width() == width).take(COMPARED).collect();
    let cells = records.cells(record);
    let texts: Vec<&[u8]> = cells.iter().take(COLUMNS).map(|cell| records.text(cell).trim_ascii()).collect();
    if below.is_empty() {
        let typed = texts.iter().any(|text| matches!(kind(text), Kind::Number | Kind::Date | Kind::Time));
        return if typed {
            verdict(false, true, "the only record holds numbers or times")
        } else {
            verdict(true, false, "no record is below it")
        };
    }
    let repeated = below.iter().any(|other| {
        let others = records.cells(other);
        others.len() == cells.len()
            && others.iter().zip(cells).all(|(a, b)| records.text(a) == records.text(b))
    });
    let offset = width.saturating_sub(record.width());
    let mut votes = Votes::default();
    let counts_up = counts_up(&texts) && !counts_up_below(records, &below, offset, texts.len());
    for (index, text) in texts.iter().enumerate() {
        let column: Vec<&[u8]> = below
            .iter()
            .filter_map(|other| records.cells(other).get(index + offset))
            .map(|cell| records.text(cell).trim_ascii())
            .collect();
        vote(text, &column, counts_up, repeated, &mut votes);
    }
    if counts_up && votes.data == 0 {
        votes.name(2, || "its numbers count up from field to field".to_owned());
    }
    match votes {
        Votes { names: 0, data: 0, .. } => {
            verdict(true, false, "all columns are text: it is taken for names")
        }
        Votes { names, data, why_names, .. } if names >= data => verdict(true, true, &why_names.1),
        Votes { why_data, .. } => verdict(false, true, why_data.1),
    }
}

fn verdict(names: bool, certain: bool, why: &str) -> Verdict {
    Verdict { names, certain, why: why.to_owned() }
}

/// What one field of the first record says beside the cells below it.
fn vote(text: &[u8], column: &[&[u8]], counts_up: bool, repeated: bool, votes: &mut Votes) {
    let kinds: Vec<Kind> = column.iter().map(|cell| kind(cell)).collect();
    let valued = kinds.iter().filter(|kind| !matches!(kind, Kind::Empty | Kind::Missing)).count();
    let own = kind(text);
    if own == Kind::Empty {
        if valued == column.len() {
            votes.name(2, || "it has no text over a column that is never empty".to_owned());
        }
        return;
    }
    if valued == 0 || own == Kind::Missing {
        return;
    }
    let typed = [Kind::Number, Kind::Date, Kind::Time, Kind::Boolean]
        .into_iter()
        .find(|of| kinds.iter().filter(|kind| *kind == of).count() * 10 >= valued * 9);
    match typed {
        Some(Kind::Number) if own == Kind::Number && counts_up => {}
        Some(kind) if kind == own => votes.datum(3, "the first record has the types of the others"),
        Some(kind) => votes.name(3, || {
            let shown = String::from_utf8_lossy(text);
            let (count, name) = (valued, kind.name());
            let plural = if count == 1 { "" } else { "s" };
            format!("'{}' stands over {count} {name}{plural}", shown.escape_debug())
        }),
        None => vote_text(text, column, repeated, votes),
    }
}

/// The same where the column is text.
fn vote_text(text: &[u8], column: &[&[u8]], repeated: bool, votes: &mut Votes) {
    let mut cells = column.iter().filter(|cell| !cell.is_empty());
    let Some(one) = cells.next() else { return };
    let count = cells.clone().count() + 1;
    if count < 3 {
        return;
    }
    let form = form(one);
    if form.contains(&b'9') && cells.clone().all(|cell| self::form(cell) == form) {
        if self::form(text) == form {
            votes.datum(2, "the first record has the form of the others");
        } else {
            votes.name(2, || {
                format!("'{}' has not the form of the codes below it", String::from_utf8_lossy(text))
            });
        }
        return;
    }
    if !repeated && column.contains(&text) {
        votes.datum(2, "texts of the first record stand again in their columns");
    } else if count >= 20 && is_repetitive(column) {
        votes.name(1, || {
            format!("'{}' never stands in its column, whose texts repeat", String::from_utf8_lossy(text))
        });
    }
}

/// Whether few texts make up the column.
fn is_repetitive(column: &[&[u8]]) -> bool {
    let mut distinct: Vec<&[u8]> = Vec::new();
    for cell in column {
        if !distinct.contains(cell) {
            distinct.push(cell);
            if distinct.len() * 10 > column.len() {
                return false;
            }
        }
    }
    true
}

/// A text with each run of digits as `9`, of capitals as `A` and of other letters as `a`.
fn form(text: &[u8]) -> Vec<u8> {
    let mut form = Vec::new();
    for byte in text {
        let class = match byte {
            b'0'..=b'9' => b'9',
            b'A'..=b'Z' => b'A',
            b'a'..=b'z' | 0x80.. => b'a',
            other => *other,
        };
        if form.last() != Some(&class) || !class.is_ascii_alphanumeric() {
            form.push(class);
        }
    }
    form
}

/// Whether the numbers of a record are whole and grow by one step, as those do that name columns: years, or many of them, or
/// some behind an empty field.
fn counts_up(texts: &[&[u8]]) -> bool {
    let numeric = texts.iter().filter(|text| kind(text) == Kind::Number);
    let numbers: Vec<Option<i64>> =
        numeric.map(|text| std::str::from_utf8(text).ok().and_then(|text| text.parse().ok())).collect();
    let Some(numbers) = numbers.into_iter().collect::<Option<Vec<i64>>>() else { return false };
    let step = |pair: &[i64]| pair[1].checked_sub(pair[0]);
    let even = numbers
        .windows(2)
        .all(|pair| step(pair).is_some_and(|by| by > 0) && step(pair) == step(&numbers[..2]));
    let years = numbers.iter().all(|number| (1500..2200).contains(number));
    let unnamed = texts.first().is_some_and(|text| text.is_empty());
    let enough = match (years, unnamed) {
        (true, _) => 2,
        (false, true) => 3,
        (false, false) => 5,
    };
    even && numbers.len() >= enough
}

/// Whether records below count up as well: then it tells nothing.
fn counts_up_below(records: &Records<'_>, below: &[&Record], offset: usize, fields: usize) -> bool {
    below.iter().take(3).any(|record| {
        let cells = records.cells(record).iter().skip(offset).take(fields);
        let texts: Vec<&[u8]> = cells.map(|cell| records.text(cell).trim_ascii()).collect();
        counts_up(&texts)
    })
}

#[cfg(test)]
mod tests {
    use super::super::split::Syntax;
    use super::*;

    fn names(bytes: &str) -> (bool, bool) {
        let syntax = Syntax { delimiter: b','.into(), quote: Some(b'"'), escape: None, comment: None };
        let records = Records::split(bytes.as_bytes(), 0, true, &syntax);
        let width = records.all.last().map_or(1, Record::width);
        let verdict = judge(&records, 0, width);
        (verdict.names, verdict.certain)
    }

    #[test]
    fn names_and_data() {
        for (bytes, expected) in [
            ("a,b\n1,2\n", (true, true)),
            ("1,2\n3,4\n", (false, true)),
            ("a,b\nx,y\n", (true, false)),
            ("a,b\n", (true, false)),
            ("a,1\n", (false, true)),
            ("", (true, false)),
            ("chr1,100\nchr2,200\n", (false, true)),
            ("country,1990,1991\nPeru,5.5,6\nChile,7,8.5\n", (true, true)),
            (",0,1,2\n0,5,1,9\n1,6,2,8\n", (true, true)),
            ("1,2,3\n4,5,6\n", (false, true)),
            ("K1\nK2\nK3\nK4\n", (false, true)),
            ("id\nK2\nK3\nK4\n", (true, true)),
            ("p,x\ne,x\ne,y\np,y\n", (false, true)),
            ("NA,1\n2,3\n4,5\n", (false, true)),
            ("day,v\n2024-01-01,x\n", (true, true)),
            ("no,v\n1,x\n", (true, true)),
        ] {
            assert_eq!(names(bytes), expected, "{bytes:?}");
        }
    }
}
