//! Any text as a statement: it is read or refused. What is read runs over a small file, or ends with an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_core::CsvOptions;
use plimsoll_fuzz::{assert_agree, with_file};

const INPUT: &[u8] = b"a,b,c,d\n1,2.50,x,2024-01-31\n-7,,\"y, z\",2023-12-01\n1,1e3,,\n";

fuzz_target!(|text: &str| {
    let Ok(mut query) = plimsoll::sql::parse(text, &CsvOptions::default()) else { return };
    with_file(INPUT, |path| {
        // Settings of read_csv stay; another file, or standard input, is not read.
        query.from.path = path.to_owned();
        assert_agree(&query, Some(64));
    });
});
