//! From return addresses to source lines, by the program's own debug information. Done when a snapshot is read, never while
//! a stack is taken: for all of a snapshot's addresses at once, and once for each address.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod blocks;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod elf;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod functions;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod lines;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod maps;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod program;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod units;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::traces::Frame;

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);
static ROOT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Says where the program's source lay when it was compiled: that part is left out of the paths of its files. Without it,
/// the working directory is. Holds for addresses that are not resolved yet.
pub fn set_source_root(root: impl Into<PathBuf>) {
    *ROOT.lock().unwrap_or_else(PoisonError::into_inner) = Some(root.into());
}

/// Addresses that are resolved. Nobody else resolves any while it is there.
pub(super) struct Symbols(MutexGuard<'static, Table>);

/// All that was ever resolved: each frame once.
#[derive(Default)]
struct Table {
    frames: Vec<Arc<Frame>>,
    numbers: HashMap<Arc<Frame>, u32>,
    /// Numbers of the frames at each address.
    known: HashMap<usize, Box<[u32]>>,
}

/// A place in the source, as the debug information has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    /// Name of the function, as the linker knows it; none where there is none.
    function: Option<Vec<u8>>,
    /// The file's path; empty where it is not known.
    file: String,
    /// From 1; 0 where it is not known.
    line: u32,
}

/// Resolves return addresses.
pub(super) fn resolve(addresses: impl IntoIterator<Item = usize>) -> Symbols {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let new = addresses.into_iter().filter(|address| !table.known.contains_key(address));
    let new: BTreeSet<usize> = new.collect();
    if !new.is_empty() {
        table.look_up(new.into_iter().collect());
    }
    Symbols(table)
}

impl Symbols {
    /// Numbers of the frames at an address that was resolved: an inlined function's first, then the one that it was inlined
    /// into.
    pub(super) fn at(&self, address: usize) -> &[u32] {
        self.0.known.get(&address).map_or(&[], |numbers| numbers)
    }

    /// The frame of a number.
    pub(super) fn frame(&self, number: u32) -> &Frame {
        &self.0.frames[number as usize]
    }
}

impl Table {
    fn look_up(&mut self, addresses: Vec<usize>) {
        let root = ROOT.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let root = root.or_else(|| std::env::current_dir().ok());
        let mut found = |address: usize, places: Vec<Place>| {
            let places = if places.is_empty() { vec![Place::default()] } else { places };
            let frames = places.iter().map(|place| place.frame(address, root.as_deref()));
            let numbers = frames.map(|frame| self.number(frame)).collect();
            self.known.insert(address, numbers);
        };
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        let addresses = program::find(addresses, &mut found);
        for address in &addresses {
            found(*address, look_up_by_all(*address));
        }
        if !addresses.is_empty() {
            // It keeps what it has read of the last few files.
            backtrace::clear_symbol_cache();
        }
    }

    fn number(&mut self, frame: Frame) -> u32 {
        if let Some(number) = self.numbers.get(&frame) {
            return *number;
        }
        let number = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        let frame = Arc::new(frame);
        self.frames.push(Arc::clone(&frame));
        self.numbers.insert(frame, number);
        number
    }
}

/// The places at a return address of any file, of which it reads all debug information.
fn look_up_by_all(address: usize) -> Vec<Place> {
    let mut places = Vec::new();
    // It takes one off the address itself: a return address is the instruction behind the call.
    backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
        places.push(Place {
            function: symbol.name().map(|name| name.as_bytes().to_vec()),
            file: symbol.filename().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
            line: symbol.lineno().unwrap_or(0),
        });
    });
    places
}

impl Place {
    /// The frame of this place at a return address, which stands in for a name.
    fn frame(&self, address: usize, root: Option<&Path>) -> Frame {
        let name = self.function.as_deref().map(backtrace::SymbolName::new);
        let function = name.map(|name| format!("{name:#}")).unwrap_or_default();
        let (file, in_library) = short_path(Path::new(&self.file), root);
        let own = is_allocator(&function) || function.starts_with("plimsoll_memory::heap::measure::");
        let library = in_library || own || (file.is_empty() && is_std(&function));
        let function = if function.is_empty() { format!("{address:#x}") } else { function };
        Frame { file, line: self.line, function, library }
    }
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
        let address = a_function_of_this_file_is_found as fn() as usize + 1;
        let symbols = resolve([address, 1]);
        let frames =
            |address| symbols.at(address).iter().map(|number| symbols.frame(*number)).collect::<Vec<_>>();
        let here = frames(address);
        assert!(here.iter().any(|frame| frame.file.ends_with("trace/symbols/mod.rs")), "{here:?}");
        assert_eq!(frames(1), [&Frame { function: "0x1".into(), ..Frame::default() }]);
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
