//! How the program is linked.

/// At a fixed address, as Go's programs are: an executable that can lie anywhere has 52,000 addresses to correct whenever
/// it starts, which takes 2 MiB and some 200 page faults before `main`. Libraries, stacks and heap lie where the system
/// likes.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
