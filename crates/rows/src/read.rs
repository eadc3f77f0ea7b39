//! From the bytes of a file to its named columns and its records: header, blank lines, the head sample. A setting of the
//! dialect that is not given is the default: nothing is searched for. Types are not its business.

use plimsoll_core::{CsvOptions, DataType, Error, Location, OnError, Quotes, Ragged, Result, Schema};

use crate::encoding::decoded;
use crate::machine::{Cell, Fault, Machine, Record};

/// A file: its columns and the records up to the first that breaks the rules of CSV.
pub(crate) struct Table {
    pub(crate) file: String,
    pub(crate) names: Vec<String>,
    /// The types that the user gives.
    pub(crate) declared: Vec<Option<DataType>>,
    /// The data records, each with one cell a column.
    pub(crate) records: Vec<Record>,
    /// The number of each of them, from 1; those that were skipped have numbers too.
    pub(crate) numbers: Vec<u64>,
    /// How many of them make the head sample.
    pub(crate) sample: usize,
    /// Why there are no more records, unless the file ends.
    pub(crate) fault: Option<Error>,
}

/// All records of `bytes`, the header included: without empty lines, unless the first record has one field; then an
/// empty line (behind the header) is a record of one empty cell. Field counts may differ. `file` is the name that errors show.
///
/// # Errors
/// `Data` for a quote that is never closed and for a field longer than the options allow, located where the field begins.
pub fn records(bytes: &[u8], options: &CsvOptions, file: &str) -> Result<Vec<Record>> {
    let bytes = &decoded(bytes, options, file)?;
    let split = Split::new(bytes, options);
    let (header, records) = split.parts;
    if let Some(fault) = split.fault {
        let data_records = if header.is_none() && options.has_header() { None } else { Some(records.len()) };
        return Err(located(fault, file, data_records, &[]));
    }
    Ok(header.into_iter().chain(records).collect())
}

/// What the machine gives, with the meaning of empty lines settled.
struct Split {
    /// The header, where the options tell of one and the file has it, and the data records.
    parts: (Option<Record>, Vec<Record>),
    /// Where the data begins: behind the header.
    start: u64,
    /// Why the records end before the file does.
    fault: Option<Fault>,
}

impl Split {
    fn new(bytes: &[u8], options: &CsvOptions) -> Self {
        let delimiter = options.delimiter.clone().unwrap_or_else(|| b','.into());
        let machine = Machine::new(bytes, options, delimiter);
        let mut start = machine.offset();
        let (mut records, mut fault) = (Vec::new(), None);
        for record in machine {
            match record {
                Ok(record) => records.push(record),
                Err(found) => {
                    fault = Some(found);
                    break;
                }
            }
        }
        let first = records.iter().position(|record| !record.fields.is_empty());
        let given = options.columns.as_ref().map(Vec::len);
        let width = given.or_else(|| first.map(|first| records[first].fields.len()));
        let mut header = None;
        if options.has_header() {
            let mut behind = records.split_off(first.map_or(records.len(), |first| first + 1));
            header = records.pop().filter(|record| !record.fields.is_empty());
            start = header.as_ref().map_or(start, |header| header.end);
            std::mem::swap(&mut records, &mut behind);
        }
        if width == Some(1) {
            for record in records.iter_mut().filter(|record| record.fields.is_empty()) {
                record.fields.push(Cell { bytes: Vec::new(), quoted: false, byte: record.byte });
            }
        } else {
            records.retain(|record| !record.fields.is_empty());
        }
        Split { parts: (header, records), start, fault }
    }
}

/// A fault behind `records` data records (`None`: in the header) of a file with columns of these `names`.
pub(crate) fn located(fault: Fault, file: &str, records: Option<usize>, names: &[String]) -> Error {
    let location = Location {
        file: file.to_owned(),
        line: fault.line,
        record: records.map_or(0, |records| records as u64 + 1),
        byte: fault.byte,
        column: names.get(fault.field).cloned(),
        ..Location::default()
    };
    Error::data(location, fault.message, "")
}

impl Table {
    /// Reads `bytes`; `file` is the name that errors show.
    ///
    /// # Errors
    /// `Data` for a file without a header, or without a record where the columns are not given, and for a bad header;
    /// `UnknownColumn` for a type given to a column that does not exist.
    pub(crate) fn read(bytes: &[u8], options: &CsvOptions, file: &str) -> Result<Table> {
        let bytes = &decoded(bytes, options, file)?;
        let Split { parts: (header, records), start, fault } = Split::new(bytes, options);
        if header.is_none()
            && (options.has_header() || records.is_empty())
            && let Some(fault) = fault
        {
            return Err(located(fault, file, (!options.has_header()).then_some(0), &[]));
        }
        let flaws = header.iter().flat_map(|header| &header.flaws);
        if let Some(flaw) = flaws.into_iter().find(|flaw| flaw.of_quotes && options.quotes == Quotes::Strict)
        {
            return Err(located(flaw.clone(), file, None, &[]));
        }
        let names = names(options, header.as_ref(), &records, file)?;
        let declared = declared(options, &names)?;
        // Given names may be one more than the header has: then the first column has none there, or the last.
        if let Some(header) = &header
            && header.fields.len() != names.len()
            && header.fields.len() + 1 != names.len()
        {
            return Err(ragged(header, 0, names.len(), file));
        }
        let fault = fault.map(|fault| located(fault, file, Some(records.len()), &names));
        let mut table = Table {
            file: file.to_owned(),
            names,
            declared,
            records: Vec::new(),
            numbers: Vec::new(),
            sample: 0,
            fault,
        };
        let any_in_sample = records.first().is_some_and(|first| in_sample(first, start));
        for (index, mut record) in records.into_iter().enumerate() {
            match judge(&mut record, index + 1, &table.names, options, file) {
                Ok(true) => {
                    table.records.push(record);
                    table.numbers.push(index as u64 + 1);
                }
                Ok(false) => {}
                Err(error) => {
                    table.fault = Some(error);
                    break;
                }
            }
        }
        let sampled = table.records.iter().take_while(|record| in_sample(record, start)).count();
        // The first record always belongs, wherever it begins; where it is skipped, no other stands in for it.
        table.sample = if any_in_sample { sampled } else { sampled.max(table.records.len().min(1)) };
        Ok(table)
    }

    /// The columns, whose types are not known yet.
    pub(crate) fn schema(&self) -> Schema {
        let field = |name: &String| plimsoll_core::Field::new(name.clone(), DataType::Null);
        Schema::new(self.names.iter().map(field).collect())
    }

    /// An error at a cell.
    pub(crate) fn cell_error(&self, record: usize, column: usize, message: &str, hint: &str) -> Error {
        Error::data(self.place(record, Some(column)), message, hint)
    }

    /// Where a record stands, or its cell in a column.
    pub(crate) fn place(&self, record: usize, column: Option<usize>) -> Location {
        let found = &self.records[record];
        let location = Location {
            file: self.file.clone(),
            line: found.line,
            record: self.numbers[record],
            byte: found.byte,
            ..Location::default()
        };
        let Some(column) = column else { return location };
        let (cell, name) = (&found.fields[column], self.names[column].clone());
        Location { byte: cell.byte, column: Some(name), ..location }.with_value(&cell.bytes)
    }
}

/// Gives a record the right number of fields where the options have it repaired, and says whether it is kept.
///
/// # Errors
/// `Data` for a broken rule that the options do not pass over.
pub(crate) fn judge(
    record: &mut Record,
    number: usize,
    names: &[String],
    options: &CsvOptions,
    file: &str,
) -> Result<bool> {
    let width = names.len();
    let fails = options.on_error == OnError::Fail;
    let is_wrong = |flaw: &&Fault| !(flaw.of_quotes && options.quotes == Quotes::Lenient);
    if let Some(flaw) = record.flaws.iter().find(is_wrong) {
        return if fails { Err(located(flaw.clone(), file, Some(number - 1), names)) } else { Ok(false) };
    }
    if record.fields.len() == width {
        return Ok(true);
    }
    match options.ragged {
        Ragged::Pad => {
            let missing = Cell { bytes: Vec::new(), quoted: false, byte: record.end };
            record.fields.resize(width, missing);
            Ok(true)
        }
        Ragged::Fail if fails => Err(ragged(record, number, width, file)),
        Ragged::Fail | Ragged::Skip => Ok(false),
    }
}

fn in_sample(record: &Record, start: u64) -> bool {
    let within = record.byte == start || record.end - start <= CsvOptions::SAMPLE_REACH as u64;
    record.byte - start < CsvOptions::SAMPLE_BYTES as u64 && within
}

pub(crate) fn ragged(record: &Record, number: usize, width: usize, file: &str) -> Error {
    let location = Location {
        file: file.to_owned(),
        line: record.line,
        record: number as u64,
        byte: record.byte,
        ..Location::default()
    };
    let found = record.fields.len();
    let fields = if found == 1 { "field" } else { "fields" };
    Error::data(location, format!("{found} {fields} where {width} are expected"), "")
}

fn names(
    options: &CsvOptions,
    header: Option<&Record>,
    records: &[Record],
    file: &str,
) -> Result<Vec<String>> {
    if let Some(columns) = &options.columns {
        return Ok(columns.iter().map(|(name, _)| name.clone()).collect());
    }
    match (header, records.first()) {
        (Some(header), _) => header_names(header, file),
        (None, Some(first)) if !options.has_header() => {
            let digits = (first.fields.len() - 1).to_string().len();
            Ok((0..first.fields.len()).map(|index| format!("column{index:0digits$}")).collect())
        }
        _ => {
            let location = Location { file: file.to_owned(), line: 1, ..Location::default() };
            Err(Error::data(location, "the file is empty: nothing names its columns", "name the columns"))
        }
    }
}

/// The header's names; an empty one becomes `columnN`, one that stands before gets the first suffix that is free.
fn header_names(header: &Record, file: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in header.fields.iter().enumerate() {
        let Ok(text) = std::str::from_utf8(&cell.bytes) else {
            let location =
                Location { file: file.to_owned(), line: header.line, byte: cell.byte, ..Location::default() };
            return Err(Error::data(location.with_value(&cell.bytes), "the column's name is not UTF-8", ""));
        };
        let name = if text.is_empty() { format!("column{index}") } else { text.to_owned() };
        let suffixed = (1..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(suffixed).find(|name| !names.contains(name));
        names.extend(free);
    }
    Ok(names)
}

fn declared(options: &CsvOptions, names: &[String]) -> Result<Vec<Option<DataType>>> {
    let mut declared = vec![None; names.len()];
    for (index, (_, data_type)) in options.columns.iter().flatten().enumerate() {
        declared[index] = *data_type;
    }
    let field = |name: &String| plimsoll_core::Field::new(name.clone(), DataType::Null);
    let schema = Schema::new(names.iter().map(field).collect());
    let (every, named): (Vec<_>, Vec<_>) =
        options.types.iter().partition(|(name, _)| name == "*" && !names.contains(name));
    for (_, data_type) in every {
        declared = vec![Some(*data_type); names.len()];
    }
    for (name, data_type) in named {
        declared[schema.index_of(name)?] = Some(*data_type);
    }
    Ok(declared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8], change: &dyn Fn(&mut CsvOptions)) -> Result<Table> {
        let mut options = CsvOptions::default();
        change(&mut options);
        Table::read(bytes, &options, "f.csv")
    }

    fn names_of(bytes: &[u8], change: &dyn Fn(&mut CsvOptions)) -> Vec<String> {
        table(bytes, change).unwrap().names
    }

    fn fault(bytes: &[u8]) -> String {
        table(bytes, &|_| ()).unwrap().fault.unwrap().to_string()
    }

    #[test]
    fn names_of_columns() {
        assert_eq!(
            names_of(b"a,a,,a_1,a,\"\"\n", &|_| ()),
            ["a", "a_1", "column2", "a_1_1", "a_2", "column5"]
        );
        assert_eq!(names_of(b"1,2\n", &|o| o.header = Some(false)), ["column0", "column1"]);
        let eleven = names_of(b"1,2,3,4,5,6,7,8,9,10,11\n", &|o| o.header = Some(false));
        assert_eq!((&*eleven[0], &*eleven[10]), ("column00", "column10"));
        let given = |o: &mut CsvOptions| o.columns = Some(vec![("x".into(), Some(DataType::Utf8))]);
        assert_eq!(names_of(b"a\n1\n", &given), ["x"]);
        assert_eq!(table(b"a\n1\n", &given).unwrap().declared, [Some(DataType::Utf8)]);
    }

    #[test]
    fn nothing_in_the_file() {
        let empty = "f.csv: line 1, record 0, byte 0: the file is empty: nothing names its columns";
        for bytes in [&b""[..], b"\xEF\xBB\xBF", b"\n\n"] {
            for header in [true, false] {
                let error = table(bytes, &|o| o.header = Some(header)).err().unwrap().to_string();
                assert!(error.starts_with(empty), "{error}");
            }
        }
        let given = |o: &mut CsvOptions| o.columns = Some(vec![("x".into(), None), ("y".into(), None)]);
        assert_eq!(table(b"", &given).unwrap().records.len(), 0);
        assert_eq!(table(b"a,b\n", &|_| ()).unwrap().records.len(), 0);
    }

    #[test]
    fn empty_lines() {
        let count = |bytes, header| table(bytes, &|o| o.header = Some(header)).unwrap().records.len();
        assert_eq!(count(b"\na\n\n1\n\r\n", true), 3);
        assert_eq!(count(b"\n1\n", false), 2, "a file of one column");
        assert_eq!(count(b"\na,b\n\n1,2\n\r\n", true), 1);
        let shown = records(b"a\n\n\"\"\n", &CsvOptions::default(), "f").unwrap();
        let cells: Vec<(usize, bool)> =
            shown.iter().map(|r| (r.fields[0].bytes.len(), r.fields[0].quoted)).collect();
        assert_eq!(cells, [(1, false), (0, false), (0, true)]);
    }

    #[test]
    fn faults() {
        assert_eq!(
            fault(b"a,b\n1,2\n\n1,2,3\n\"x"),
            "f.csv: line 4, record 2, byte 9: 3 fields where 2 are expected"
        );
        assert_eq!(
            fault(b"a,b\n1,\"x\n"),
            "f.csv: line 2, record 1, byte 6, column b: the quote that opens this field is never closed"
        );
        let in_header = table(b"a,\"b\n", &|_| ()).err().unwrap().to_string();
        assert!(in_header.starts_with("f.csv: line 1, record 0, byte 2: the quote"), "{in_header}");
        let of_records = records(b"a\n1\n\"x", &CsvOptions::default(), "f").unwrap_err().to_string();
        assert!(of_records.starts_with("f: line 3, record 2, byte 4"), "{of_records}");
        let given = |o: &mut CsvOptions| o.columns = Some(vec![("x".into(), None)]);
        let header = table(b"a,b\n", &given).err().unwrap().to_string();
        assert_eq!(header, "f.csv: line 1, record 0, byte 0: 2 fields where 1 are expected");
        let types = table(b"a\n", &|o| o.types = vec![("b".into(), DataType::Utf8)]);
        assert!(types.err().unwrap().to_string().contains("no column is called b"));
    }

    #[test]
    fn names_for_a_header_that_is_one_short() {
        let given =
            |o: &mut CsvOptions| o.columns = Some(vec![("row_names".into(), None), ("x".into(), None)]);
        let table = table(b"x\na,1\nb,2\n", &given).unwrap();
        assert_eq!((table.names.len(), table.records.len()), (2, 2));
    }

    #[test]
    fn the_sample_begins_behind_the_header() {
        let mut file = b"a\n".to_vec();
        file.extend(b"123\n".repeat(CsvOptions::SAMPLE_BYTES / 4 + 5));
        assert_eq!(table(&file, &|_| ()).unwrap().sample, CsvOptions::SAMPLE_BYTES / 4);
        let mut long = b"a\n# ".to_vec();
        long.extend(vec![b'x'; CsvOptions::SAMPLE_BYTES]);
        long.extend(b"\n1\n2\n");
        assert_eq!(
            table(&long, &|o| o.comment = Some(Some("#".into()))).unwrap().sample,
            1,
            "the first always belongs"
        );
    }
}
