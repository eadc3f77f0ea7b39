//! `--rejects FILE`: records that were skipped or repaired, as CSV or JSON lines. The file appears when the run has succeeded.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll::{Error, QueryBuilder, Reject, RejectSink, Result};
use serde::Serialize;

use crate::destination::Destination;
use crate::output::append_csv_field;

/// The file of a run, or none.
#[derive(Debug)]
pub(crate) struct Rejects(Option<Arc<Mutex<RejectFile>>>);

#[derive(Debug)]
struct RejectFile {
    path: PathBuf,
    form: Form,
    /// Absent once it is committed.
    file: Option<BufWriter<Destination>>,
    line: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: u64,
    record: u64,
    byte: u64,
    column: Option<&'a str>,
    kind: &'static str,
    action: &'static str,
    message: &'a str,
    raw: &'a str,
}

const HEADER: &str = "file,line,record,byte,column,kind,action,message,raw\n";

impl Rejects {
    /// Opens the file, where there is to be one.
    ///
    /// # Errors
    /// `Io` that names the file.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let create = |path: &Path| {
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
            let json = ["json", "jsonl", "ndjson"].iter().any(|name| extension.eq_ignore_ascii_case(name));
            let form = if json { Form::JsonLines } else { Form::Csv };
            let mut file = RejectFile { path: path.to_owned(), form, file: None, line: String::new() };
            file.restart()?;
            Ok(Arc::new(Mutex::new(file)))
        };
        path.map(create).transpose().map(Rejects)
    }

    /// The query, which writes to the file.
    pub(crate) fn attach(&self, query: QueryBuilder) -> QueryBuilder {
        match &self.0 {
            Some(file) => query.rejects(Arc::clone(file) as _),
            None => query,
        }
    }

    /// Says that the run has succeeded: the file takes its place now.
    ///
    /// # Errors
    /// `Io` that names the file.
    pub(crate) fn commit(self) -> Result<()> {
        let Some(shared) = self.0 else { return Ok(()) };
        let mut reject_file = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = reject_file.file.take() else { return Ok(()) };
        let path = &reject_file.path;
        file.into_inner().map_err(|error| Error::io(path, error.into_error()))?.commit()
    }
}

impl RejectFile {
    fn flush_line(&mut self) -> Result<()> {
        let RejectFile { path, file, line, .. } = self;
        match file {
            Some(file) => file.write_all(line.as_bytes()).map_err(|source| Error::io(path.as_path(), source)),
            None => Ok(()),
        }
    }
}

impl RejectSink for RejectFile {
    fn restart(&mut self) -> Result<()> {
        self.file = Some(BufWriter::new(Destination::file(&self.path)?));
        self.line.clear();
        if self.form == Form::Csv {
            self.line.push_str(HEADER);
        }
        self.flush_line()
    }

    fn write(&mut self, reject: &Reject) -> Result<()> {
        let raw = String::from_utf8_lossy(&reject.raw);
        let location = &reject.location;
        let fields = Line {
            file: &location.file,
            line: location.line,
            record: location.record,
            byte: location.byte,
            column: location.column.as_deref(),
            kind: reject.kind.id(),
            action: if reject.skipped { "skipped" } else { "repaired" },
            message: &reject.message,
            raw: &raw,
        };
        self.line.clear();
        match self.form {
            Form::JsonLines => {
                let json =
                    serde_json::to_string(&fields).map_err(|error| Error::io(&self.path, error.into()))?;
                self.line.push_str(&json);
            }
            Form::Csv => {
                append_csv_field(fields.file, &mut self.line);
                let _ = write!(self.line, ",{},{},{}", fields.line, fields.record, fields.byte);
                let column = fields.column.unwrap_or_default();
                self.line.push(',');
                if !column.is_empty() {
                    append_csv_field(column, &mut self.line);
                }
                for text in [fields.kind, fields.action, fields.message, fields.raw] {
                    self.line.push(',');
                    append_csv_field(text, &mut self.line);
                }
            }
        }
        self.line.push('\n');
        self.flush_line()
    }
}

#[cfg(test)]
mod tests {
    use plimsoll::{Location, RejectKind};

    use super::*;

    fn written(name: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        let rejects = Rejects::open(Some(&path)).unwrap();
        let file = Arc::clone(rejects.0.as_ref().unwrap());
        let location =
            Location { file: "in.csv".into(), line: 3, record: 2, byte: 9, column: None, value: None };
        let reject = Reject {
            location,
            kind: RejectKind::TooFewFields,
            skipped: true,
            message: "1 field where 2 are expected".into(),
            raw: b"\"a\",\xff".to_vec(),
        };
        file.lock().unwrap().write(&reject).unwrap();
        file.lock().unwrap().restart().unwrap();
        file.lock().unwrap().write(&reject).unwrap();
        assert!(!path.exists());
        rejects.commit().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn both_forms() {
        let line =
            "in.csv,3,2,9,,too_few_fields,skipped,1 field where 2 are expected,\"\"\"a\"\",\u{fffd}\"\n";
        assert_eq!(written("r.csv"), format!("{HEADER}{line}"));
        let json = r#"{"file":"in.csv","line":3,"record":2,"byte":9,"column":null,"kind":"too_few_fields","action":"skipped","message":"1 field where 2 are expected","raw":"\"a\",�"}"#;
        assert_eq!(written("r.jsonl"), format!("{json}\n"));
    }
}
