//! From return addresses to source lines, by the program's own debug information. Done when a snapshot is read, never while
//! a stack is taken, and once for each address.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::traces::Frame;

static RESOLVED: OnceLock<Mutex<HashMap<usize, Arc<[Frame]>>>> = OnceLock::new();
static ROOT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Says where the program's source lay when it was compiled: that part is left out of the paths of its files. Without it,
/// the working directory is. Holds for addresses that are not resolved yet.
pub fn set_source_root(root: impl Into<PathBuf>) {
    *ROOT.lock().unwrap_or_else(PoisonError::into_inner) = Some(root.into());
}

/// The frames at a return address: an inlined function's first, then the one that it was inlined into.
pub(super) fn resolve(address: usize) -> Arc<[Frame]> {
    let known = RESOLVED.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(address).or_insert_with(|| look_up(address).into()))
}

fn look_up(address: usize) -> Vec<Frame> {
    let root = ROOT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let root = root.or_else(|| std::env::current_dir().ok());
    let mut frames = Vec::new();
    // It takes one off the address itself: a return address is the instruction behind the call.
    backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
        let function = symbol.name().map(|name| format!("{name:#}")).unwrap_or_default();
        let (file, in_library) =
            symbol.filename().map(|path| short_path(path, root.as_deref())).unwrap_or_default();
        let own = is_allocator(&function) || function.starts_with("plimsoll_memory::heap::measure::");
        let library = in_library || own || (file.is_empty() && is_std(&function));
        frames.push(Frame { file, line: symbol.lineno().unwrap_or(0), function, library });
    });
    for frame in &mut frames {
        if frame.function.is_empty() {
            frame.function = format!("{address:#x}");
        }
    }
    if frames.is_empty() {
        frames.push(Frame { function: format!("{address:#x}"), ..Frame::default() });
    }
    frames
}

/// Whether a function is what stands between a program and its allocator. `measure` is not: what it runs allocates by
/// itself; nor is `__rust_try`, which every `main` runs in.
pub(super) fn is_allocator(function: &str) -> bool {
    const SHIMS: [&str; 5] = ["__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rg_", "__rdl_"];
    const OWN: [&str; 2] = ["plimsoll_memory::heap::allocator::", "plimsoll_memory::trace::"];
    let function = function.trim_start_matches('<');
    let shim = function.strip_prefix("__rustc::").unwrap_or(function);
    SHIMS.iter().any(|start| shim.starts_with(start)) || OWN.iter().any(|start| function.starts_with(start))
}

/// Whether a function without a known file is the standard library's, whose hash tables are hashbrown's.
fn is_std(function: &str) -> bool {
    let function = function.trim_start_matches('<');
    ["std::", "alloc::", "core::", "hashbrown::"].iter().any(|start| function.starts_with(start))
}

/// A path as it is shown, and whether it is the standard library's. What lies in cargo's registry begins with the name of
/// its package.
fn short_path(path: &Path, root: Option<&Path>) -> (String, bool) {
    let text = path.to_string_lossy().replace('\\', "/");
    for marker in ["/lib/rustlib/src/rust/library/", "/library/"] {
        if let Some(at) = text.find(marker)
            && (marker != "/library/" || text.starts_with("/rustc/"))
        {
            return (format!("library/{}", &text[at + marker.len()..]), true);
        }
    }
    // Packages that the standard library was built with.
    if let Some(rest) = text.strip_prefix("/rust/deps/") {
        return (rest.to_owned(), true);
    }
    for marker in ["/registry/src/", "/git/checkouts/"] {
        if let Some(at) = text.find(marker) {
            let rest = &text[at + marker.len()..];
            return (rest.split_once('/').map_or(rest, |(_, inside)| inside).to_owned(), false);
        }
    }
    let inside = root.and_then(|root| path.strip_prefix(root).ok());
    (inside.map_or(text, |path| path.to_string_lossy().replace('\\', "/")), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short_and_the_same_on_every_machine() {
        let short = |path| short_path(Path::new(path), Some(Path::new("/home/me/project")));
        let own = |path: &str| (path.to_owned(), false);
        let library = |path: &str| (path.to_owned(), true);
        assert_eq!(short("/home/me/project/src/scan.rs"), own("src/scan.rs"));
        assert_eq!(short("/elsewhere/library/scan.rs"), own("/elsewhere/library/scan.rs"));
        assert_eq!(
            short("/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/csv-1.4.0/src/reader.rs"),
            own("csv-1.4.0/src/reader.rs")
        );
        assert_eq!(
            short("/rustc/59807616e1fa/library/alloc/src/raw_vec/mod.rs"),
            library("library/alloc/src/raw_vec/mod.rs")
        );
        assert_eq!(
            short("/root/.rustup/toolchains/1.95.0/lib/rustlib/src/rust/library/core/src/iter/mod.rs"),
            library("library/core/src/iter/mod.rs")
        );
        assert_eq!(
            short("/rust/deps/hashbrown-0.16.1/src/raw/mod.rs"),
            library("hashbrown-0.16.1/src/raw/mod.rs")
        );
    }

    #[test]
    fn a_function_of_this_file_is_found() {
        let frames = resolve(a_function_of_this_file_is_found as fn() as usize + 1);
        assert!(frames.iter().any(|frame| frame.file.ends_with("trace/symbols.rs")), "{frames:?}");
        assert_eq!(&*resolve(1), [Frame { function: "0x1".into(), ..Frame::default() }]);
    }

    #[test]
    fn the_allocator_is_known_by_name() {
        assert!(is_allocator(
            "<plimsoll_memory::heap::allocator::Counting<A> as core::alloc::global::GlobalAlloc>::alloc"
        ));
        assert!(is_allocator("__rustc::__rust_alloc"));
        assert!(is_allocator("__rust_realloc") && is_allocator("plimsoll_memory::trace::recorder::record"));
        for other in
            ["plimsoll::stream::Stream::pull", "__rust_try", "plimsoll_memory::heap::measure::measure::<()>"]
        {
            assert!(!is_allocator(other), "{other}");
        }
    }
}
