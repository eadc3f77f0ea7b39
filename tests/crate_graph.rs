//! The crate graph is what ARCHITECTURE.md says: which crate may import which, where anyhow may be, and that every crate
//! says what it is for.

#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Every crate of the project with the project's crates that it may import. A new crate is a new line here.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("plimsoll-memory", &[]),
    ("plimsoll-core", &["plimsoll-memory"]),
    ("plimsoll-csv", &["plimsoll-core", "plimsoll-memory"]),
    ("plimsoll-rows", &["plimsoll-core", "plimsoll-memory"]),
    ("plimsoll-kernels", &["plimsoll-core", "plimsoll-memory"]),
    ("plimsoll-pipeline", &["plimsoll-core", "plimsoll-csv", "plimsoll-kernels", "plimsoll-memory"]),
    (
        "plimsoll-columnar",
        &["plimsoll-core", "plimsoll-csv", "plimsoll-kernels", "plimsoll-memory", "plimsoll-pipeline"],
    ),
    (
        "plimsoll",
        &[
            "plimsoll-columnar",
            "plimsoll-core",
            "plimsoll-csv",
            "plimsoll-kernels",
            "plimsoll-memory",
            "plimsoll-pipeline",
        ],
    ),
    (
        "plimsoll-compare",
        &[
            "plimsoll",
            "plimsoll-columnar",
            "plimsoll-core",
            "plimsoll-csv",
            "plimsoll-kernels",
            "plimsoll-memory",
            "plimsoll-pipeline",
            "plimsoll-rows",
        ],
    ),
    ("plimsoll-cli", &["plimsoll", "plimsoll-compare", "plimsoll-core", "plimsoll-memory"]),
];

/// The unpublished package that owns tests/, benches/ and examples/. It may import everything.
const ROOT: &str = "plimsoll-workspace";

/// The crates whose errors end with a person, not with a program.
const MAY_USE_ANYHOW: [&str; 2] = ["plimsoll-cli", "plimsoll-compare"];

/// The workspace's packages, as cargo describes them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

/// Names of what a package imports; with those of its tests where `dev`.
fn imports(package: &Value, dev: bool) -> BTreeSet<&str> {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    let counted = dependencies.iter().filter(|dependency| dev || dependency["kind"] != "dev");
    counted.map(name).collect()
}

#[test]
fn every_crate_is_known() {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).chain([ROOT]).collect();
    let packages = packages();
    let found: BTreeSet<&str> = packages.iter().map(name).collect();
    assert_eq!(found, known);
}

#[test]
fn crates_import_only_what_lies_below() {
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    for package in &packages() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name(package)) else { continue };
        let imported = imports(package, false);
        let beyond: Vec<&&str> = imported.intersection(&ours).filter(|one| !allowed.contains(one)).collect();
        assert!(beyond.is_empty(), "{} must not import {beyond:?}", name(package));
    }
}

/// Each line of the table may only name crates of the lines above it: so the graph has no cycle.
#[test]
fn arrows_point_down() {
    for (at, (crate_name, allowed)) in ALLOWED.iter().enumerate() {
        let below: Vec<&str> = ALLOWED[..at].iter().map(|(name, _)| *name).collect();
        assert!(allowed.iter().all(|one| below.contains(one)), "{crate_name} imports upward");
    }
}

/// The oracle shares no evaluator, no scanner and no Arrow with what it judges: of `plimsoll-memory` it takes the trait
/// that measures its rows, which decides nothing about them.
#[test]
fn the_oracle_shares_only_the_contracts() {
    let packages = packages();
    let rows = packages.iter().find(|package| name(package) == "plimsoll-rows").expect("the oracle");
    let imported = imports(rows, true);
    let ours: Vec<&&str> = imported.iter().filter(|one| one.starts_with("plimsoll")).collect();
    assert_eq!(ours, [&"plimsoll-core", &"plimsoll-memory"]);
    assert!(!imported.iter().any(|one| one.starts_with("arrow")), "{imported:?}");
}

#[test]
fn libraries_have_typed_errors() {
    for package in packages().iter().filter(|package| name(package) != ROOT) {
        let uses = imports(package, true).contains("anyhow");
        assert!(!uses || MAY_USE_ANYHOW.contains(&name(package)), "{} uses anyhow", name(package));
    }
}

#[test]
fn every_crate_says_what_it_is_for() {
    for package in &packages() {
        for target in package["targets"].as_array().expect("targets") {
            let path = target["src_path"].as_str().expect("a path");
            let text = fs::read_to_string(path).expect("a source file");
            assert!(text.starts_with("//! "), "{path} does not begin with what it is for");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> =
        ["crates", "tests", "benches", "examples", "src"].map(|at| root.join(at)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                assert!(text.starts_with("//! "), "{} does not say what it is for", path.display());
            }
        }
    }
}
