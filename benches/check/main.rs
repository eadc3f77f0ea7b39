//! `check FILE`: minimum, mean and maximum by station of a file in the form of the One Billion Row Challenge, as CSV.
//! It is the benchmark's judge: one thread, a standard map, integers only, and no code of the engine.
//!
//! The mean is the double nearest to the exact one: sum and count are integers below 2^53, so both are exact as doubles
//! and one IEEE division rounds their quotient correctly.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::ExitCode;

/// All temperatures in tenths of a degree.
struct Station {
    least: i64,
    greatest: i64,
    sum: i64,
    count: i64,
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        return fail("usage: check FILE");
    };
    match check(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&format!("check: {path}: {message}")),
    }
}

fn fail(message: &str) -> ExitCode {
    // Where even this cannot be written, the exit code still tells.
    writeln!(std::io::stderr(), "{message}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
}

fn check(path: &str) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let stations = collect(BufReader::with_capacity(1 << 20, file))?;
    report(&stations, BufWriter::new(std::io::stdout())).map_err(|error| error.to_string())
}

fn collect(mut input: impl BufRead) -> Result<HashMap<Vec<u8>, Station>, String> {
    let mut stations: HashMap<Vec<u8>, Station> = HashMap::new();
    let mut record = Vec::new();
    for line in 1_u64.. {
        record.clear();
        if input.read_until(b'\n', &mut record).map_err(|error| error.to_string())? == 0 {
            break;
        }
        let text = record.strip_suffix(b"\n").unwrap_or(&record);
        let (name, tenths) = measurement(text).ok_or_else(|| format!("line {line} is no measurement"))?;
        if let Some(station) = stations.get_mut(name) {
            station.least = station.least.min(tenths);
            station.greatest = station.greatest.max(tenths);
            station.sum += tenths;
            station.count += 1;
        } else {
            stations
                .insert(name.to_vec(), Station { least: tenths, greatest: tenths, sum: tenths, count: 1 });
        }
    }
    Ok(stations)
}

/// Name and tenths of `name;-?d+.d`.
fn measurement(record: &[u8]) -> Option<(&[u8], i64)> {
    let semicolon = record.iter().rposition(|byte| *byte == b';')?;
    let (name, value) = (&record[..semicolon], &record[semicolon + 1..]);
    let (negative, digits) = value.strip_prefix(b"-").map_or((false, value), |digits| (true, digits));
    let (whole, tenth) = match digits {
        [whole @ .., b'.', tenth] if !whole.is_empty() && whole.len() <= 3 => (whole, tenth),
        _ => return None,
    };
    let mut tenths = 0;
    for byte in whole.iter().chain([tenth]) {
        tenths = tenths * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some((name, if negative { -tenths } else { tenths }))
}

fn report(stations: &HashMap<Vec<u8>, Station>, mut output: impl Write) -> std::io::Result<()> {
    let mut names: Vec<&Vec<u8>> = stations.keys().collect();
    names.sort_unstable();
    writeln!(output, "station,min,avg,max")?;
    for name in names {
        let station = &stations[name];
        let text = String::from_utf8_lossy(name);
        let quote = if text.contains([',', '"', '\r']) { "\"" } else { "" };
        let text = text.replace('"', "\"\"");
        let (least, greatest) = (Tenths(station.least), Tenths(station.greatest));
        let mean = mean(station.sum, station.count);
        writeln!(output, "{quote}{text}{quote},{least},{mean:?},{greatest}")?;
    }
    output.flush()
}

#[allow(
    clippy::cast_precision_loss,
    reason = "both are below 2^53: at most 1000 tenths for each of 10^12 rows"
)]
fn mean(tenths: i64, count: i64) -> f64 {
    let mean = tenths as f64 / (count * 10) as f64;
    if mean == 0.0 { 0.0 } else { mean }
}

/// Tenths as a decimal.
struct Tenths(i64);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", self.0.abs() / 10, self.0.abs() % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_file_by_hand() {
        let input = "b;-0.1\na, b;99.9\nb;0.2\na, b;-99.9\nb;0.0\na, b;0.0";
        let mut output = Vec::new();
        report(&collect(input.as_bytes()).unwrap(), &mut output).unwrap();
        let wanted = "station,min,avg,max\n\"a, b\",-99.9,0.0,99.9\nb,-0.1,0.03333333333333333,0.2\n";
        assert_eq!(String::from_utf8(output).unwrap(), wanted);
    }

    #[test]
    fn what_is_no_measurement_is_named() {
        for input in ["a", "a;", "a;1", "a;1.", "a;.1", "a;1.23", "a;+1.0", "a;1000.0", "a;--1.0", "a;1.0\r"]
        {
            let text = format!("b;1.0\n{input}\n");
            assert_eq!(
                collect(text.as_bytes()).err().as_deref(),
                Some("line 2 is no measurement"),
                "{input}"
            );
        }
    }
}
