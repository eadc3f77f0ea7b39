//! Ctrl-C and a request to terminate, in the middle of the work: the program ends at once, with code 130, and leaves
//! nothing behind.
#![allow(clippy::print_stdout, reason = "a test tells how long it took")]

use std::fmt::Write as _;
use std::fs::{DirEntry, read_dir};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::Place;

/// How long an interrupted program may take.
const PROMPT: Duration = Duration::from_millis(200);
/// On a machine that does other things, too.
const LATE: Duration = Duration::from_secs(2);
const TRIES: usize = 3;

#[test]
fn while_it_scans_an_endless_pipe() {
    interrupted(&["query", "SELECT * FROM '-' WHERE number > 5"], output_begun);
}

#[test]
#[cfg(target_os = "linux")]
fn while_it_spills_the_groups_of_an_endless_pipe() {
    let sql = "SELECT name, count(*), sum(number) FROM '-' GROUP BY name";
    interrupted(&["query", sql, "--memory-limit", "24MiB"], spilling_begun);
}

#[test]
fn while_it_merges_sorted_runs() {
    let sql = "SELECT * FROM 'f.csv' ORDER BY name";
    interrupted(&["query", sql, "--memory-limit", "24MiB"], output_begun);
}

#[test]
#[cfg(target_os = "linux")]
fn even_a_kill_leaves_no_name_behind() {
    use rustix::fs::{Mode, OFlags, open};
    let place = Place::with(records(0, 300_000));
    if open(place.path("."), OFlags::TMPFILE | OFlags::WRONLY, Mode::RUSR).is_err() {
        return;
    }
    std::fs::create_dir(place.path("temp")).unwrap();
    let arguments = [
        "query",
        "SELECT * FROM '-' WHERE number > 5",
        "--threads",
        "2",
        "--temp-dir",
        "temp",
        "-o",
        "out.csv",
    ];
    stopped(&place, &arguments, Signal::KILL, unnamed_output_begun);
}

#[test]
fn while_it_compares() {
    interrupted(&["compare", "SELECT count(*) FROM 'f.csv'"], |place, _| {
        read_dir(place.path("temp")).unwrap().next().is_some()
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_comparison_has_begun_ends_with_it() {
    let place = Place::with(records(0, 300_000));
    let mut comparison = place.command(&["compare", "SELECT count(*) FROM 'f.csv'"]);
    let mut comparison = comparison.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let list = format!("/proc/{0}/task/{0}/children", comparison.id());
    let begun = loop {
        assert!(comparison.try_wait().unwrap().is_none(), "it has ended before it was interrupted");
        let children = std::fs::read_to_string(&list).unwrap_or_default();
        let reading = children.split(' ').find_map(|child| {
            let child = Pid::from_raw(child.parse().ok()?)?;
            has_open(child, |target| target.ends_with("/f.csv")).then_some(child)
        });
        // One that is stopped does not end by itself.
        if let Some(child) = reading.filter(|child| kill_process(*child, Signal::STOP).is_ok())
            && is_there(child)
        {
            break child;
        }
    };
    kill_process(Pid::from_child(&comparison), Signal::TERM).unwrap();
    assert_eq!(comparison.wait().unwrap().code(), Some(130));
    let ended = Instant::now();
    while is_there(begun) && ended.elapsed() < LATE {
        std::thread::sleep(Duration::from_millis(1));
    }
    let left = is_there(begun);
    let _ = kill_process(begun, Signal::KILL);
    assert!(!left, "what it has begun goes on");
}

/// Whether the process has not ended, if only waiting for one who asks how.
#[cfg(target_os = "linux")]
fn is_there(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with(['Z', 'X']))
}

/// Runs this with its output in a file, sends it a signal once it `has_begun`, and looks at the end.
fn interrupted(arguments: &[&str], has_begun: fn(&Place, &Child) -> bool) {
    let place = Place::with(records(0, 300_000));
    std::fs::create_dir(place.path("temp")).unwrap();
    let common = ["--threads", "2", "--temp-dir", "temp", "-o", "out.csv"];
    let arguments = [arguments, &common].concat();
    for signal in [Signal::INT, Signal::TERM] {
        let mut prompt = false;
        for _ in 0..TRIES {
            let took = stopped(&place, &arguments, signal, has_begun);
            println!("{signal:?} ended it in {took:?}: {}", arguments[1]);
            assert!(took < LATE, "{signal:?}: {took:?}");
            prompt = took < PROMPT;
            if prompt {
                break;
            }
        }
        assert!(prompt, "{signal:?}: none of {TRIES} runs has ended in {PROMPT:?}");
    }
}

/// How long it took to end.
fn stopped(
    place: &Place,
    arguments: &[&str],
    signal: Signal,
    has_begun: fn(&Place, &Child) -> bool,
) -> Duration {
    let mut command = place.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // Until the program closes its end.
    let writer = std::thread::spawn(move || {
        (0..).find(|piece| pipe.write_all(records(piece * 1000, 1000).as_bytes()).is_err())
    });
    while !has_begun(place, &child) {
        assert!(child.try_wait().unwrap().is_none(), "it has ended before it was interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let code = child.wait().unwrap().code();
    let took = sent.elapsed();
    let expected = if signal == Signal::KILL { None } else { Some(130) };
    assert_eq!(code, expected, "{signal:?}");
    assert_eq!(place.files(), ["f.csv", "temp"], "{signal:?}");
    assert_eq!(read_dir(place.path("temp")).unwrap().count(), 0, "{signal:?}");
    writer.join().unwrap();
    took
}

/// So many records from a number on, the first with the header before it. No name stands twice.
fn records(from: u32, count: u32) -> String {
    let mut text = String::from(if from == 0 { "name,number\n" } else { "" });
    for number in from..from + count {
        writeln!(
            text,
            "a rather long name of a group of number {},{number}",
            number.wrapping_mul(2_654_435_761)
        )
        .unwrap();
    }
    text
}

/// Whether rows were written, beside the file that they are for.
fn output_begun(place: &Place, child: &Child) -> bool {
    has_bytes(&place.path("."), |entry| entry.file_name().to_string_lossy().starts_with(".plimsoll-"))
        || unnamed_output_begun(place, child)
}

/// The same, to a file that has no name yet.
#[cfg(target_os = "linux")]
fn unnamed_output_begun(_: &Place, child: &Child) -> bool {
    has_bytes(&open_files(Pid::from_child(child)), |entry| {
        leads_to(entry, |target| !target.contains("/temp/") && target.ends_with(" (deleted)"))
    })
}

#[cfg(not(target_os = "linux"))]
fn unnamed_output_begun(_: &Place, _: &Child) -> bool {
    false
}

/// Whether something was written to a file without a name.
#[cfg(target_os = "linux")]
fn spilling_begun(_: &Place, child: &Child) -> bool {
    has_bytes(&open_files(Pid::from_child(child)), |entry| {
        leads_to(entry, |target| target.contains("/temp/") && target.ends_with(" (deleted)"))
    })
}

/// Whether the process has such a file open.
#[cfg(target_os = "linux")]
fn has_open(process: Pid, is_wanted: impl Fn(&str) -> bool) -> bool {
    let entries = read_dir(open_files(process)).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| leads_to(&entry, &is_wanted))
}

/// The directory of links to the files that a process has open.
#[cfg(target_os = "linux")]
fn open_files(process: Pid) -> std::path::PathBuf {
    format!("/proc/{process}/fd").into()
}

#[cfg(target_os = "linux")]
fn leads_to(entry: &DirEntry, is_wanted: impl Fn(&str) -> bool) -> bool {
    entry.path().read_link().is_ok_and(|target| is_wanted(&target.to_string_lossy()))
}

fn has_bytes(directory: &Path, is_wanted: impl Fn(&DirEntry) -> bool) -> bool {
    let entries = read_dir(directory).into_iter().flatten().flatten();
    entries.filter(is_wanted).any(|entry| entry.path().metadata().is_ok_and(|found| found.len() > 0))
}
