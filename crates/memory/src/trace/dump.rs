//! Snapshot files: one line that names the format, its version, and the length and checksum of what follows, which is the
//! snapshot as JSON. A file is read as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::error::TraceError;
use super::traces::{Mode, Traces};

/// The first word of every snapshot file.
const FORMAT: &str = "plimsoll-traces";
/// The version that is written and read. It changes with every change of [`Traces`] that old programs would misread.
const VERSION: u64 = 1;

impl Traces {
    /// Writes the snapshot into a file, in place of the one of that name if there is one. It is written beside it under
    /// another name, flushed to the disk and then renamed, so that whoever reads finds the old file or the whole new one.
    ///
    /// The file has a header line, `plimsoll-traces VERSION LENGTH CRC32` with the last in eight hexadecimal digits, and
    /// then `LENGTH` bytes of JSON, with the names of the fields of [`Traces`].
    ///
    /// # Errors
    /// [`TraceError::Io`] if it could not be written; an older file is then unchanged.
    pub fn dump(&self, path: impl AsRef<Path>) -> Result<(), TraceError> {
        let path = path.as_ref();
        let bytes = self.to_bytes().map_err(|source| TraceError::Io { path: path.to_owned(), source })?;
        let temporary = beside(path);
        let written = write_new(&temporary, &bytes).and_then(|()| fs::rename(&temporary, path));
        written.map_err(|source| {
            // Of two errors the first one says more.
            let _ = fs::remove_file(&temporary);
            TraceError::Io { path: path.to_owned(), source }
        })
    }

    /// The bytes of the file that [`dump`](Traces::dump) writes, for whoever writes files in a way of their own.
    ///
    /// # Errors
    /// Those of serialization, of which none is known.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let body = serde_json::to_vec(self)?;
        let mut bytes = header(&body).into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// Reads a snapshot that [`dump`](Traces::dump) has written. Whatever is in the file, every index in the result is in
    /// range.
    ///
    /// # Errors
    /// [`TraceError::Io`] if it could not be read, [`TraceError::Version`] if another version of the format is in it, and
    /// [`TraceError::Damaged`] if it is no snapshot file, was cut short, or is not as it was written.
    pub fn load(path: impl AsRef<Path>) -> Result<Traces, TraceError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| TraceError::Io { path: path.to_owned(), source })?;
        decode(&bytes).map_err(|fault| match fault {
            Fault::Damaged(reason) => TraceError::Damaged { path: path.to_owned(), reason },
            Fault::Version(found) => TraceError::Version { path: path.to_owned(), found, known: VERSION },
        })
    }
}

/// A name in the same directory that no other dump uses, in this process or in another one.
fn beside(path: &Path) -> PathBuf {
    static DUMPS: AtomicU64 = AtomicU64::new(0);
    let number = DUMPS.fetch_add(1, Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{number}.part", std::process::id()));
    path.with_file_name(name)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What is wrong with the bytes of a file.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Damaged(String),
    Version(u64),
}

fn header(body: &[u8]) -> String {
    let mut checksum = flate2::Crc::new();
    checksum.update(body);
    format!("{FORMAT} {VERSION} {} {:08x}", body.len(), checksum.sum())
}

fn decode(bytes: &[u8]) -> Result<Traces, Fault> {
    let damaged = |reason: &str| Fault::Damaged(reason.to_owned());
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, body) =
        end.map(|end| (&bytes[..end], &bytes[end + 1..])).ok_or_else(|| damaged("no header line"))?;
    let line = str::from_utf8(line).map_err(|_| damaged("its header line is no text"))?;
    let mut words = line.split(' ');
    if words.next() != Some(FORMAT) {
        return Err(damaged("its header names another format"));
    }
    // Before all else: the header of another version may have other words.
    match words.next().and_then(digits) {
        Some(VERSION) => {}
        Some(other) => return Err(Fault::Version(other)),
        None => return Err(damaged("its header has no version")),
    }
    if line != header(body) {
        return Err(match words.next().and_then(digits) {
            Some(length) if length > body.len() as u64 => {
                Fault::Damaged(format!("cut short: {} of {length} bytes are there", body.len()))
            }
            _ => damaged("length or checksum are not those of its content"),
        });
    }
    let traces: Traces = serde_json::from_slice(body).map_err(|error| Fault::Damaged(error.to_string()))?;
    check(&traces).map_err(damaged)?;
    Ok(traces)
}

/// A number written in the one way that this program writes it.
fn digits(word: &str) -> Option<u64> {
    word.parse().ok().filter(|number: &u64| number.to_string() == word)
}

/// What JSON of the right shape may still have wrong.
fn check(traces: &Traces) -> Result<(), &'static str> {
    if traces.mode == (Mode::Sampled { interval: 0 }) {
        return Err("a sampling interval of no byte");
    }
    for trace in &traces.traces {
        if trace.tag as usize >= traces.tags.len() {
            return Err("a trace names a tag that is not there");
        }
        if trace.stack.iter().any(|frame| *frame as usize >= traces.frames.len()) {
            return Err("a trace names a frame that is not there");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::arbitrary::{ALL_GROUPS, any_traces, plain};
    use super::super::statistics::Measure;
    use super::*;

    fn small() -> Traces {
        Traces { frame_limit: 16, peak_bytes: u64::MAX, ..plain(&[("a.rs", 1, 100, 2), ("ü.rs", 2, 50, 1)]) }
    }

    /// A file of this body with a header that fits it, which only a program can have written.
    fn sealed(body: &str) -> Vec<u8> {
        format!("{}\n{body}", header(body.as_bytes())).into_bytes()
    }

    fn reason(fault: Result<Traces, Fault>) -> String {
        match fault {
            Err(Fault::Damaged(reason)) => reason,
            other => panic!("not damaged: {other:?}"),
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The header's figures are those of Python's `len` and `zlib.crc32`.
    #[test]
    fn the_format_stays_what_it_is() {
        let expected = concat!(
            "plimsoll-traces 1 339 857231d1\n",
            r#"{"mode":"exact","frame_limit":0,"tags":[""],"#,
            r#""frames":[{"file":"a.rs","line":1,"function":"run","library":false}],"#,
            r#""traces":[{"stack":[0],"tag":0,"live":{"bytes":100,"count":2},"at_peak":{"bytes":0,"count":0},"#,
            r#""total":{"bytes":0,"count":0},"temporary":{"bytes":0,"count":0}}],"#,
            r#""peak_bytes":0,"counted":{"bytes":0,"count":0},"overhead_bytes":0}"#,
        );
        let written = plain(&[("a.rs", 1, 100, 2)]).to_bytes().unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one.traces");
        fs::write(&path, "something longer than nothing").unwrap();
        small().dump(&path).unwrap();
        assert_eq!(Traces::load(&path).unwrap(), small());
        Traces::default().dump(&path).unwrap();
        assert_eq!(Traces::load(&path).unwrap(), Traces::default());
        assert_eq!(names(directory.path()), ["one.traces"]);
    }

    #[test]
    fn what_cannot_be_written_or_read_is_an_error_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("taken");
        fs::create_dir_all(taken.join("full")).unwrap();
        for path in [taken, directory.path().join("missing/one.traces"), PathBuf::new(), PathBuf::from("/")] {
            let error = small().dump(&path).unwrap_err();
            assert!(matches!(&error, TraceError::Io { path: named, .. } if *named == path), "{error}");
            assert!(matches!(Traces::load(&path), Err(TraceError::Io { .. })), "{}", path.display());
        }
        assert_eq!(names(directory.path()), ["taken"]);
    }

    #[test]
    fn every_cut_is_damage() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cut.traces");
        let whole = small().to_bytes().unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = Traces::load(&path).unwrap_err();
            assert!(matches!(error, TraceError::Damaged { .. }), "{length} bytes: {error}");
        }
        assert!(reason(decode(&whole[..whole.len() - 1])).starts_with("cut short"));
        let longer = [whole.as_slice(), b"\n"].concat();
        assert!(reason(decode(&longer)).contains("checksum"));
    }

    #[test]
    fn another_version_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("later.traces");
        fs::write(&path, "plimsoll-traces 12 zstd\nwhatever").unwrap();
        let error = Traces::load(&path).unwrap_err();
        assert!(matches!(error, TraceError::Version { found: 12, known: VERSION, .. }), "{error}");
        assert!(error.to_string().contains("later.traces: a snapshot file of version 12"));
        for cut in
            ["plimsoll-traces 12", "plimsoll-traces x\n", "plimsoll-traces +2\n", "plimsoll-traces\n", "\n"]
        {
            reason(decode(cut.as_bytes()));
        }
    }

    #[test]
    fn json_with_a_right_checksum_can_still_be_wrong() {
        let body = serde_json::to_string(&small()).unwrap();
        assert_eq!(decode(&sealed(&body)), Ok(small()));
        let changed = |from: &str, to: &str| {
            assert!(body.contains(from), "{from}");
            reason(decode(&sealed(&body.replacen(from, to, 1))))
        };
        assert!(changed("\"stack\":[1]", "\"stack\":[2]").contains("frame that is not there"));
        assert!(changed("\"tag\":0", "\"tag\":1").contains("tag that is not there"));
        assert!(changed("\"exact\"", "{\"sampled\":{\"interval\":0}}").contains("interval"));
        for number in ["-1", "4294967296", "18446744073709551616", "1e999", "1.5", "null", "9e9999999999"] {
            changed("\"stack\":[1]", &format!("\"stack\":[{number}]"));
            changed(
                "\"frame_limit\":16",
                &format!("\"frame_limit\":{number}").replace("4294967296", "\"4\""),
            );
        }
        let deep = "[".repeat(1_000_000);
        changed("\"exact\"", &deep);
        changed("{\"mode\"", &format!("{{\"unknown\":{deep},\"mode\""));
        reason(decode(&sealed(&deep)));
        reason(decode(&sealed(&format!("{body}{{}}"))));
        reason(decode(&sealed("")));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(traces in any_traces()) {
            let again = decode(&traces.to_bytes().unwrap());
            prop_assert_eq!(again.as_ref(), Ok(&traces));
            for by in ALL_GROUPS {
                let differences = again.as_ref().unwrap().compare_to(&traces, *by, Measure::Live, false);
                prop_assert!(differences.iter().all(|diff| (diff.bytes_diff, diff.count_diff) == (0, 0)));
            }
        }

        #[test]
        fn one_changed_byte_is_never_read_as_something_else(
            traces in any_traces(), at: prop::sample::Index, flip in 1_u8..,
        ) {
            let mut bytes = traces.to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decode(&bytes).is_err());
        }

        /// The checksum is made to fit, so that only the reader stands between the change and the result.
        #[test]
        fn a_changed_body_gives_an_error_or_indices_in_range(
            traces in any_traces(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut body = serde_json::to_vec(&traces).unwrap();
            for (at, byte) in changes {
                let at = at.index(body.len());
                // Digits for digits, so that some of the results can still be parsed.
                body[at] = if body[at].is_ascii_digit() { b'0' + byte % 10 } else { byte };
            }
            let bytes = [header(&body).as_bytes(), b"\n", &body].concat();
            if let Ok(read) = decode(&bytes) {
                for by in ALL_GROUPS {
                    let _ = read.statistics(*by, Measure::Live, true);
                }
                let tags = read.traces.iter().all(|trace| (trace.tag as usize) < read.tags.len());
                let mut frames = read.traces.iter().flat_map(|trace| &trace.stack);
                prop_assert!(tags && frames.all(|frame| (*frame as usize) < read.frames.len()));
            }
        }

        #[test]
        fn garbage_is_damage(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(matches!(decode(&bytes), Err(Fault::Damaged(_))));
        }
    }
}
