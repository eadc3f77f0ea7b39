//! Any bytes in any dialect, in blocks of any size: the engine gives what the oracle gives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::{Draw, all_of, assert_agree, dialect, with_file};

fuzz_target!(|bytes: &[u8]| {
    let mut draw = Draw::new(bytes);
    let options = dialect(&mut draw);
    let block_size = draw.pick(&[Some(1), Some(7), Some(64), Some(200), None]);
    with_file(draw.rest(), |path| assert_agree(&all_of(path, options), block_size));
});
