//! Any bytes as an Arrow IPC file: it is read or refused, and never read past its end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_core::CsvOptions;
use plimsoll_fuzz::{all_of, run, with_file};

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |path| run(&all_of(path, CsvOptions::default())));
});
