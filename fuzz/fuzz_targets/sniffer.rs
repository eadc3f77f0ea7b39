//! Any bytes without a hint: the dialect is found without a panic, is the same each time, and the oracle reads the file
//! with it as the engine does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_core::CsvOptions;
use plimsoll_csv::CsvFile;
use plimsoll_fuzz::{all_of, assert_agree, with_file};

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |path| {
        let open = || {
            let file = CsvFile::open(path, &CsvOptions::default());
            file.map(|file| (file.dialect().clone(), file.schema())).map_err(|error| error.to_string())
        };
        let found = open();
        assert_eq!(found, open(), "the same bytes, another dialect");
        // Without a dialect there is nothing to read the file with.
        if found.is_ok() {
            assert_agree(&all_of(path, CsvOptions::default()), Some(64));
        }
    });
});
