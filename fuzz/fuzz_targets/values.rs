//! Any lines as cells of one column, inferred or of a given type: numbers, times and all others are read as the oracle
//! reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_core::CsvOptions;
use plimsoll_fuzz::{Draw, all_of, assert_agree, data_type, with_file};

fuzz_target!(|bytes: &[u8]| {
    let mut draw = Draw::new(bytes);
    let options = CsvOptions {
        encoding: Some("utf-8".to_owned()),
        delimiter: Some(b'\x1f'.into()),
        quote: Some(None),
        escape: Some(None),
        header: Some(false),
        comment: Some(None),
        skip_rows: Some(0),
        columns: Some(vec![("v".to_owned(), data_type(&mut draw))]),
        decimal: draw.pick(b"..,"),
        ..CsvOptions::default()
    };
    with_file(draw.rest(), |path| assert_agree(&all_of(path, options), None));
});
