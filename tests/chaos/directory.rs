//! The directory of temporary files is no directory, is missing, takes no files, or vanishes in the middle.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use plimsoll_kernels::spill::Space;

use crate::matrix::{self, Query, assert_io, cases, is_refusal, run_tight};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let spilling = cases().filter(|(query, _)| query.tight.is_some());
    let trials = spilling.flat_map(|(query, threads)| {
        let named = |what: &str| format!("directory::{what}::{}::{threads}", query.name);
        [
            trial(named("unusable"), move || unusable(query, threads)),
            trial(named("vanishes"), move || vanishes(query, threads)),
        ]
    });
    trials.chain([trial("directory::where nothing is spilled".to_owned(), unused)]).collect()
}

fn unusable(query: Query, threads: usize) {
    let directory = tempfile::tempdir().unwrap();
    let fails = |path: &Path, said: &str| {
        let error = run_tight(query, threads, &Space::new(path, None), said).unwrap_err();
        assert_io(&error, path, &[said], said);
    };
    fails(&directory.path().join("missing"), "No such file or directory");

    let file = directory.path().join("a file");
    fs::write(&file, "its content").unwrap();
    fails(&file, "Not a directory");
    assert_eq!(fs::read(&file).unwrap(), b"its content");

    let read_only = directory.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, Permissions::from_mode(0o555)).unwrap();
    if tempfile::tempfile_in(&read_only).is_ok() {
        println!("no directory is read-only for this user, who may do anything");
        return;
    }
    fails(&read_only, "Permission denied");
}

/// Files that are open go on without it; those that are not made yet cannot be made.
fn vanishes(query: Query, threads: usize) {
    let expected = query.expected(matrix::large());
    let mut outcomes = [0; 2];
    for after in [1, 20_000] {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("temp");
        fs::create_dir(&directory).unwrap();
        let space = Space::new(&directory, None);
        let place = format!("after {after} bytes");
        let batches = std::thread::scope(|scope| {
            scope.spawn(|| {
                let begun = Instant::now();
                while space.written() < after && begun.elapsed() < Duration::from_secs(20) {
                    std::thread::yield_now();
                }
                fs::remove_dir(&directory).unwrap();
            });
            run_tight(query, threads, &space, &place)
        });
        outcomes[usize::from(batches.is_ok())] += 1;
        match batches {
            refused if is_refusal(&refused, threads) => {}
            Ok(batches) => assert_eq!(query.whole(&batches), expected, "{place}"),
            // Which error it is, is up to the moment.
            Err(error) => assert_io(&error, &directory, &[], &place),
        }
        assert_eq!(parent.path().read_dir().unwrap().count(), 0, "{place}");
    }
    println!("{} failed, {} got through", outcomes[0], outcomes[1]);
}

/// Who needs no temporary file does not find out.
fn unused() {
    for (query, threads) in cases() {
        let engine = matrix::engine(threads, &plimsoll::memory::Budget::unlimited()).temp_dir("missing");
        let outcome = matrix::run(&query.over(&matrix::small()), engine).unwrap();
        assert_eq!(query.whole(&outcome.batches), query.expected(&matrix::small()), "{}", query.name);
    }
}
