//! Who runs one strategy once: a process of its own, or a stand-in for tests.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::{Answer, Request};

/// Runs a request.
pub trait Runner {
    /// # Errors
    /// Where it could not even be tried. A run that fails is an [`Answer`].
    fn run(&mut self, request: &Request) -> Result<Answer>;
}

/// Each request in a fresh process: a program that calls [`crate::child::serve`] when it is started with these arguments.
#[derive(Debug, Clone)]
pub struct Processes {
    /// The program.
    pub program: PathBuf,
    /// What tells it to serve.
    pub arguments: Vec<OsString>,
}

impl Runner for Processes {
    fn run(&mut self, request: &Request) -> Result<Answer> {
        let mut process = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let text = serde_json::to_vec(request)?;
        if let Some(mut input) = process.stdin.take() {
            // A process that ends before it has read all tells why by its status.
            let _ = input.write_all(&text);
        }
        let output = process.wait_with_output()?;
        Ok(answer(output.status, &output.stdout))
    }
}

/// What a process that has ended said, or what its end says.
fn answer(status: ExitStatus, output: &[u8]) -> Answer {
    match serde_json::from_slice(output) {
        Ok(answer) if status.success() => answer,
        _ => Answer::Failed { message: ended(status) },
    }
}

fn ended(status: ExitStatus) -> String {
    const KILL: i32 = 9;
    match status.signal() {
        Some(KILL) => "its process was killed, which is what the system does when memory runs out".to_owned(),
        Some(signal) => format!("its process was ended by signal {signal}"),
        None => format!("its process ended with {status} and no answer"),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll::{CsvOptions, Inferred};
    use plimsoll_core::{Schema, Table};

    use super::*;
    use crate::Strategy;

    fn request() -> Request {
        let table = Table { path: "f.csv".into(), options: CsvOptions::default() };
        Request {
            strategy: Strategy::Stream,
            sql: "SELECT 1".into(),
            options: CsvOptions::default(),
            inferred: Inferred { table, schema: Schema::default(), profiles: Vec::new() },
            threads: 1,
            memory_limit_bytes: None,
            ipc_file: "f.arrow".into(),
            rows_file: None,
        }
    }

    fn shell(script: &str) -> Answer {
        let arguments = ["-c", script].map(OsString::from).to_vec();
        Processes { program: "/bin/sh".into(), arguments }.run(&request()).unwrap()
    }

    fn failed(script: &str) -> String {
        match shell(script) {
            Answer::Failed { message } => message,
            other => panic!("{script}: {other:?}"),
        }
    }

    #[test]
    fn the_answer_of_a_process() {
        assert_eq!(shell("cat >/dev/null; echo '\"written\"'"), Answer::Written);
        let sent = serde_json::to_string(&request()).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&sent).unwrap(), request());
        let script = format!("test \"$(cat)\" = '{sent}' && echo '\"written\"'");
        assert_eq!(shell(&script), Answer::Written);
    }

    #[test]
    fn a_process_that_gives_no_answer() {
        assert!(failed("kill -9 $$").contains("was killed"));
        assert!(failed("kill -11 $$").contains("signal 11"));
        assert!(failed("cat >/dev/null; echo '\"written'").contains("no answer"));
        assert!(failed("cat >/dev/null; echo '\"written\"'; exit 3").contains("exit status: 3"));
        let missing = Processes { program: "/no/such/program".into(), arguments: Vec::new() }.run(&request());
        assert!(missing.unwrap_err().to_string().contains("/no/such/program cannot be started"));
    }
}
