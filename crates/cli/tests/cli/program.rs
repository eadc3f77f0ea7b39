//! Running the program and telling it its input.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program, built with its tests.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_plimsoll"))
}

/// A limit under which some 10 MB are spilled, and everything runs. Code that was not optimised is larger than what the floor
/// leaves for it, and how much of it is resident varies.
pub(crate) const LOW_LIMIT: &str = if cfg!(debug_assertions) { "24MiB" } else { "20MiB" };

/// A directory of its own, in which the program runs.
pub(crate) struct Place {
    directory: TempDir,
}

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Place { directory: tempfile::tempdir().unwrap() }
    }

    /// A place that has the file `f.csv`.
    pub(crate) fn with(text: impl AsRef<[u8]>) -> Self {
        let place = Place::new();
        place.write("f.csv", text);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.directory.path()).env("COLUMNS", "100").stdin(Stdio::null());
        command
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// Runs it with this on standard input, which is a pipe.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that ends early closes its end.
        let writer = std::thread::spawn(move || pipe.write_all(&input).is_ok());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run::of(output)
    }
}

impl Run {
    fn of(output: Output) -> Self {
        Run {
            code: output.status.code().expect("no signal ends it"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it printed, after a success.
    #[track_caller]
    pub(crate) fn printed(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.stderr);
        &self.stdout
    }

    /// Asserts that it failed with this code, printed no rows, and said all of these.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, fragments: &[&str]) {
        assert_eq!(self.code, code, "stderr: {}\nstdout: {}", self.stderr, self.stdout);
        assert_eq!(self.stdout, "", "a failure prints nothing on standard output");
        for fragment in fragments {
            assert!(self.stderr.contains(fragment), "{fragment:?} is missing in: {}", self.stderr);
        }
    }
}
