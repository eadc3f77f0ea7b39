//! Known allocation sites in a release with LTO: each resolves to its file and line, by frame pointers and by the unwinder.
//! The program is `golden/`, whose source says where it allocates; here it is built, run, and held against those marks.
#![allow(clippy::unwrap_used, reason = "a failed expectation in a test is the message")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Sites by case: file and line.
type Sites = BTreeMap<String, BTreeSet<(String, u32)>>;

/// The file with the marks, as the traces name it.
const CASES: &str = "tests/golden/src/cases.rs";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fat LTO and one unit: as much as the compiler ever inlines and merges. A package of its own, since it must not be built
/// with what the tests of this crate need; it takes the versions of the workspace's lock file.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden");
    let manifest = format!(
        r#"[workspace]

[package]
name = "golden"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "golden"
path = {main:?}

[dependencies]
bytes = "1"
plimsoll-memory = {{ path = {memory:?} }}

[profile.release]
debug = "line-tables-only"
lto = "fat"
codegen-units = 1
"#,
        main = here().join("tests/golden/src/main.rs"),
        memory = here()
    );
    std::fs::create_dir_all(&folder).unwrap();
    write_if_new(&folder.join("Cargo.toml"), manifest.as_bytes());
    // Kept where cargo has already reduced it to what this package needs.
    let lock = std::fs::read(here().join("../../Cargo.lock")).unwrap();
    if write_if_new(&folder.join("workspace.lock"), &lock) {
        std::fs::write(folder.join("Cargo.lock"), lock).unwrap();
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--offline", "--target-dir"])
        .arg(folder.join("target"))
        .current_dir(&folder)
        .env("RUSTFLAGS", "-C force-frame-pointers=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join("target/release/golden")
});

/// Whether the file was another one.
fn write_if_new(path: &Path, content: &[u8]) -> bool {
    let new = std::fs::read(path).ok().as_deref() != Some(content);
    if new {
        std::fs::write(path, content).unwrap();
    }
    new
}

/// The lines that are marked.
fn marked() -> Sites {
    let mut sites = Sites::new();
    let source = std::fs::read_to_string(here().join(CASES)).unwrap();
    for (number, line) in (1..).zip(source.lines()) {
        if let Some((_, case)) = line.split_once("// site: ") {
            sites.entry(case.to_owned()).or_default().insert((CASES.to_owned(), number));
        }
    }
    sites
}

/// What the program traced: each case's sites, and the innermost frames in the file with the marks.
fn traced(walk: &str) -> (Sites, Sites) {
    let output = Command::new(&*PROGRAM).arg(walk).current_dir(here()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut sites, mut inner) = (Sites::new(), Sites::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let [case, file, line, inner_file, inner_line] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        // Starting a thread is no case: the standard library does it.
        if case != "starting a thread" {
            sites.entry(case.to_owned()).or_default().insert((file.to_owned(), line.parse().unwrap()));
            inner
                .entry(case.to_owned())
                .or_default()
                .insert((inner_file.to_owned(), inner_line.parse().unwrap()));
        }
    }
    (sites, inner)
}

fn resolve_to_their_lines(walk: &str) {
    let marked = marked();
    assert!(marked.len() >= 20, "{marked:?}");
    let (mut sites, inner) = traced(walk);
    // The dependency's own line: the mark is on the line that called it.
    let dependency = sites.insert("dependency".to_owned(), inner["dependency"].clone()).unwrap();
    for (file, _) in &dependency {
        assert!(file.starts_with("bytes-") && file.ends_with("/src/bytes_mut.rs"), "{dependency:?}");
    }
    let differing: Vec<_> = marked
        .keys()
        .chain(sites.keys())
        .filter(|case| marked.get(*case) != sites.get(*case))
        .map(|case| format!("{case}: {:?}, marked {:?}", sites.get(case), marked.get(case)))
        .collect();
    assert!(differing.is_empty(), "by {walk}:\n{}", differing.join("\n"));
}

#[test]
fn by_frame_pointers() {
    resolve_to_their_lines("frame-pointers");
}

#[test]
fn by_the_unwinder() {
    resolve_to_their_lines("unwinder");
}
