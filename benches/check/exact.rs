//! The exact result of a query over a file: groups and their values, or, where no value is asked for, the records as they stand.

use std::collections::HashMap;
use std::io::{Read, Write};

use csv::ByteRecord;

use crate::number::millionths;
use crate::state::{Function, Kind, State};

#[derive(Default)]
struct Query {
    delimiter: Option<u8>,
    /// Of a file without a header.
    names: Option<Vec<String>>,
    /// Column and millionths that it must exceed.
    above: Option<(String, i64)>,
    keys: Vec<String>,
    values: Vec<Value>,
    path: Option<String>,
}

struct Value {
    name: String,
    function: Function,
    columns: Vec<String>,
}

pub(crate) fn run(words: &[String]) -> Result<(), String> {
    let query = Query::parse(words)?;
    let path = query.path.as_deref().ok_or("no file is named")?;
    let file = std::fs::File::open(path).map_err(|error| format!("{path}: {error}"))?;
    answer(&query, file, std::io::stdout().lock()).map_err(|message| format!("{path}: {message}"))
}

impl Query {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut query = Query::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().map(String::as_str).ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--delimiter" => query.delimiter = next()?.bytes().next(),
                "--names" => query.names = Some(next()?.split(',').map(str::to_owned).collect()),
                "--key" => query.keys.push(next()?.to_owned()),
                "--value" => query.values.push(Value::parse(next()?)?),
                "--where" => {
                    let (column, number) = next()?.split_once('>').ok_or("--where takes COLUMN>NUMBER")?;
                    let number =
                        millionths(number.as_bytes()).ok_or_else(|| format!("{number} is no number"))?;
                    query.above = Some((column.to_owned(), number));
                }
                path => query.path = Some(path.to_owned()),
            }
        }
        Ok(query)
    }
}

impl Value {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, formula) = text.split_once('=').ok_or_else(|| format!("{text} has no name"))?;
        let mut parts = formula.split(':');
        let function: Function = parts.next().unwrap_or_default().parse()?;
        let columns: Vec<String> = parts.map(str::to_owned).collect();
        let right = columns.len() == function.arguments();
        right
            .then(|| Value { name: name.to_owned(), function, columns })
            .ok_or_else(|| format!("{text}: {function:?} takes {} columns", function.arguments()))
    }
}

fn answer(query: &Query, input: impl Read, output: impl Write) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(query.delimiter.unwrap_or(b','))
        .has_headers(query.names.is_none())
        .buffer_capacity(1 << 20)
        .from_reader(input);
    let names = match &query.names {
        Some(names) => names.clone(),
        None => reader.headers().map_err(said)?.iter().map(str::to_owned).collect(),
    };
    let place = |name: &String| {
        names.iter().position(|one| one == name).ok_or_else(|| format!("there is no column {name}"))
    };
    let keys = query.keys.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let above =
        query.above.as_ref().map(|(name, least)| Ok::<_, String>((place(name)?, *least))).transpose()?;
    let mut arguments = Vec::new();
    for value in &query.values {
        arguments.push(value.columns.iter().map(place).collect::<Result<Vec<_>, _>>()?);
    }
    let mut writer = csv::Writer::from_writer(output);
    let headings = query.keys.iter().map(|name| heading(name, Kind::Key));
    let headings =
        headings.chain(query.values.iter().map(|value| heading(&value.name, value.function.kind())));
    writer.write_record(headings).map_err(said)?;

    let mut groups: HashMap<Box<[u8]>, Box<[State]>> = HashMap::new();
    let (mut record, mut key) = (ByteRecord::new(), Vec::new());
    while reader.read_byte_record(&mut record).map_err(said)? {
        if above.is_some_and(|(column, least)| millionths(&record[column]).is_none_or(|value| value <= least))
        {
            continue;
        }
        if query.values.is_empty() {
            writer.write_record(keys.iter().map(|column| &record[*column])).map_err(said)?;
            continue;
        }
        join(&mut key, keys.iter().map(|column| &record[*column]));
        if !groups.contains_key(key.as_slice()) {
            let states = query.values.iter().map(|value| value.function.start()).collect();
            groups.insert(key.as_slice().into(), states);
        }
        let states = groups.get_mut(key.as_slice()).ok_or("a group is lost")?;
        for (state, columns) in states.iter_mut().zip(&arguments) {
            let mut cells = [0; 2];
            for (cell, column) in cells.iter_mut().zip(columns) {
                let text = &record[*column];
                *cell = millionths(text)
                    .ok_or_else(|| format!("'{}' is no number", String::from_utf8_lossy(text)))?;
            }
            state.add(cells[0], cells[1]);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    for (key, states) in groups {
        for part in parts(&key).take(keys.len()) {
            writer.write_field(part).map_err(said)?;
        }
        for (value, state) in query.values.iter().zip(states) {
            writer.write_field(value.function.end(state)?).map_err(said)?;
        }
        writer.write_record(None::<&[u8]>).map_err(said)?;
    }
    writer.flush().map_err(said)
}

/// What stands between the parts of a key: a control character that no input has.
const BETWEEN: u8 = 0x1f;

/// One text of several cells, into `key`.
pub(crate) fn join<'a>(key: &mut Vec<u8>, cells: impl Iterator<Item = &'a [u8]>) {
    key.clear();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            key.push(BETWEEN);
        }
        key.extend_from_slice(cell);
    }
}

/// The cells of `join`.
pub(crate) fn parts(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    key.split(|byte| *byte == BETWEEN)
}

fn heading(name: &str, kind: Kind) -> String {
    format!("{name}:{}", kind.name())
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(words: &str, input: &str) -> Result<String, String> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let mut output = Vec::new();
        answer(&Query::parse(&words)?, input.as_bytes(), &mut output)?;
        String::from_utf8(output).map_err(said)
    }

    #[test]
    fn groups_in_the_order_of_their_keys() {
        let words = "--delimiter ; --names s,t --key s --value n=count --value mean=avg:t";
        let found = answered(words, "b;-0.1\na, b;99.9\nb;0.2\na, b;-99.9\nb;0.0\n");
        let wanted = "s:key,n:exact,mean:double\n\"a, b\",2,0.0\nb,3,0.03333333333333333\n";
        assert_eq!(found.as_deref(), Ok(wanted));
    }

    #[test]
    fn records_above_a_number_in_file_order() {
        let found = answered("--where v>1.5 --key v --key k", "k,v\nb,2.50\na,1.5\na,7\nc,-9\n");
        assert_eq!(found.as_deref(), Ok("v:key,k:key\n2.50,b\n7,a\n"));
    }

    #[test]
    fn no_keys_are_one_group() {
        assert_eq!(answered("--value n=count", "k,v\n1,2\n3,4\n").as_deref(), Ok("n:exact\n2\n"));
    }

    #[test]
    fn mistakes_are_named() {
        for (words, input) in [
            ("--key x --value n=count", "k\n1\n"),
            ("--key k --value n=sum", "k\n1\n"),
            ("--key k --value n=least:k", "k\n1\n"),
            ("--key k --value n=sum:v", "k,v\n1,x\n"),
        ] {
            assert!(answered(words, input).is_err(), "{words}");
        }
    }
}
