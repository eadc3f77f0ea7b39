//! `reading`: bounded reads into a reused buffer against windows of a memory map, on files in the page cache. Why the scan reads
//! as it does.
//!
//!     cargo run --release -p plimsoll-workspace --bin reading -- FILE... > table.md
//!
//! Every way is a process of its own, with two threads that take the next piece by a ticket and count delimiters and line
//! feeds in it; the runs of all ways are interleaved. Prints a markdown table for each file: medians of the time, and the peak
//! of resident memory.

mod ways;

use std::process::{Command, ExitCode};
use std::time::Instant;

use ways::{WAYS, Way};

/// Runs of each way.
const RUNS: usize = 7;

/// Threads of each run.
const THREADS: usize = 2;

/// What one run came to.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    /// Bytes resident at the peak.
    peak: u64,
    marks: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [flag, way, path] if flag == "--run" => run_alone(way, path),
        [] => Err("reading: name one file or more".to_owned()),
        paths => paths.iter().try_for_each(|path| table(path)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&mut std::io::stderr(), &format!("{message}\n"));
            ExitCode::FAILURE
        }
    }
}

/// The child: one run of one way, told to the parent in a line.
fn run_alone(name: &str, path: &str) -> Result<(), String> {
    let way = WAYS.iter().find(|way| way.name() == name).ok_or("no such way")?;
    let begin = Instant::now();
    let marks = way.count(path, THREADS).map_err(|error| format!("{path}: {error}"))?;
    let seconds = begin.elapsed().as_secs_f64();
    let peak = plimsoll_memory::process::resident_exact().peak.unwrap_or(0);
    say(&mut std::io::stdout(), &format!("{seconds} {peak} {marks}\n"));
    Ok(())
}

fn table(path: &str) -> Result<(), String> {
    let bytes = std::fs::metadata(path).map_err(|error| format!("{path}: {error}"))?.len();
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); WAYS.len()];
    // The first round only warms the page cache.
    for round in 0..=RUNS {
        for (way, runs) in WAYS.iter().zip(&mut runs) {
            let run = child(way, path)?;
            if round > 0 {
                runs.push(run);
            }
        }
    }
    let marks = runs[0][0].marks;
    let mut text = format!(
        "\n{path}, {:.2} GB\n\n| way | seconds | GB/s | peak MiB |\n|---|---|---|---|\n",
        bytes as f64 / 1e9
    );
    for (way, runs) in WAYS.iter().zip(&runs) {
        if runs.iter().any(|run| run.marks != marks) {
            return Err(format!("{path}: {} counted differently", way.name()));
        }
        let seconds = median(runs, |run| run.seconds);
        let peak = median(runs, |run| run.peak as f64) / f64::from(1 << 20);
        text +=
            &format!("| {} | {seconds:.3} | {:.1} | {peak:.1} |\n", way.name(), bytes as f64 / seconds / 1e9);
    }
    say(&mut std::io::stdout(), &text);
    Ok(())
}

fn child(way: &Way, path: &str) -> Result<Run, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program).args(["--run", &way.name(), path]).output();
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Option<Vec<f64>> = said.split_whitespace().map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([seconds, peak, marks]) => {
            Ok(Run { seconds: *seconds, peak: *peak as u64, marks: *marks as u64 })
        }
        _ => Err(format!("{}: {}", way.name(), String::from_utf8_lossy(&output.stderr).trim())),
    }
}

fn median(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Writes `text`; where even that fails there is nobody left to tell.
fn say(stream: &mut impl std::io::Write, text: &str) {
    drop(stream.write_all(text.as_bytes()));
}
