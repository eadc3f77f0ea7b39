//! The first records of a file, as a file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use plimsoll::{CsvOptions, Error, Result, Table};

/// Writes the first `records` records of a file, with all that stands before them, to `path`. Gives how many there were: fewer
/// where the file has no more. The `csv` crate finds where they end; what it takes for a record is what it is here, but
/// for rules that a file breaks.
///
/// # Errors
/// `Io`; `Plan` where the `csv` crate cannot read the dialect.
pub(crate) fn write_prefix(table: &Table, records: u64, path: &Path) -> Result<u64> {
    let input = |source| Error::io(table.path.clone(), source);
    let mut file = File::open(&table.path).map_err(input)?;
    let skipped = skipped_bytes(&mut file, table.options.skip_rows.unwrap_or(0)).map_err(input)?;
    let mut reader = reader(&table.options, file)?;
    let mut record = csv::ByteRecord::new();
    let mut found = 0;
    let mut header = table.options.has_header();
    while found < records && reader.read_byte_record(&mut record).map_err(|error| input(error.into()))? {
        found += u64::from(!header);
        header = false;
    }
    let length = skipped + reader.position().byte();
    let copied = File::open(&table.path)
        .and_then(|file| File::create(path).and_then(|mut out| io::copy(&mut file.take(length), &mut out)));
    copied.map_err(|source| Error::io(path, source))?;
    Ok(found)
}

fn reader(options: &CsvOptions, file: File) -> Result<csv::Reader<File>> {
    let refused = |what: &str| {
        let message = format!("a file with {what} cannot be cut into parts of several sizes");
        Error::plan(message, "leave --sizes out")
    };
    if options.encoding.as_deref().is_some_and(|name| name != "UTF-8") {
        return Err(refused("an encoding other than UTF-8"));
    }
    let delimiter = options.delimiter_byte().ok_or_else(|| refused("a delimiter of several bytes"))?;
    if options.escape_byte().is_some() {
        return Err(refused("escapes"));
    }
    let comment = options.comment_text().map(str::as_bytes);
    if comment.is_some_and(|text| text.len() > 1) {
        return Err(refused("comments of several bytes"));
    }
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).comment(comment.map(|text| text[0]));
    match options.quote_byte() {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    Ok(builder.from_reader(file))
}

/// Bytes of the lines before the header; the file then stands behind them.
fn skipped_bytes(file: &mut File, lines: u64) -> io::Result<u64> {
    let mut bytes = 0;
    let mut left = lines;
    for byte in BufReader::new(&mut *file).bytes() {
        if left == 0 {
            break;
        }
        bytes += 1;
        left -= u64::from(byte? == b'\n');
    }
    file.seek(SeekFrom::Start(bytes))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str, records: u64, change: fn(&mut CsvOptions)) -> (u64, String) {
        let folder = tempfile::tempdir().unwrap();
        let (whole, part) = (folder.path().join("f.csv"), folder.path().join("part.csv"));
        std::fs::write(&whole, text).unwrap();
        let mut options = CsvOptions { delimiter: Some(b','.into()), ..CsvOptions::default() };
        change(&mut options);
        let table = Table { path: whole.to_str().unwrap().into(), options };
        let found = write_prefix(&table, records, &part).unwrap();
        (found, std::fs::read_to_string(part).unwrap())
    }

    #[test]
    fn whole_records_and_what_stands_before_them() {
        let text = "a,b\n1,\"x\ny\"\n2,z\n";
        assert_eq!(prefix(text, 1, |_| ()), (1, "a,b\n1,\"x\ny\"\n".into()));
        assert_eq!(prefix(text, 2, |_| ()), (2, text.into()));
        assert_eq!(prefix(text, 9, |_| ()), (2, text.into()));
        assert_eq!(prefix(text, 1, |options| options.header = Some(false)), (1, "a,b\n".into()));
        let skipping = |options: &mut CsvOptions| options.skip_rows = Some(1);
        assert_eq!(prefix("# \"\na\n1\n2\n", 1, skipping), (1, "# \"\na\n1\n".into()));
    }
}
