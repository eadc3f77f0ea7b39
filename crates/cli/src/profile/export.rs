//! The files that a profile is written to for other programs, by their extensions.

use std::path::{Path, PathBuf};

use plimsoll::memory::export::{flame_graph, folded, pprof};
use plimsoll::memory::trace::{Measure, Traces};
use plimsoll::{Error, Result};

use crate::destination::Destination;

/// A file and its form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Export {
    path: PathBuf,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// For pprof and what reads its profiles.
    Pprof,
    /// One stack a line, for flame-graph tools.
    Folded,
    /// A page with a flame graph.
    Flame,
    /// For `--compare`.
    Snapshot,
}

/// Endings of file names.
const FORMS: [(&str, Form); 5] = [
    (".pb.gz", Form::Pprof),
    (".pprof", Form::Pprof),
    (".folded", Form::Folded),
    (".svg", Form::Flame),
    (".snapshot", Form::Snapshot),
];

impl Export {
    /// # Errors
    /// `Plan` for an ending that says nothing.
    pub(super) fn resolve(path: &Path) -> Result<Export> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let known = FORMS.into_iter().find(|(ending, _)| name.len() > ending.len() && name.ends_with(ending));
        let Some((_, form)) = known else {
            return Err(Error::plan(
                format!("--export {}: the name does not say in which form", path.display()),
                "end it with .pb.gz or .pprof (pprof), .folded (folded stacks), .svg (flame graph) or .snapshot \
                 (for --compare)",
            ));
        };
        Ok(Export { path: path.to_owned(), form })
    }

    pub(super) fn open(&self) -> Result<Destination> {
        Destination::file(&self.path)
    }

    /// The file's content. Flame graphs and folded stacks show the bytes that `of` means; the others hold all.
    ///
    /// # Errors
    /// `Io` where the traces cannot be written down.
    pub(super) fn bytes(&self, traces: &Traces, of: Measure) -> Result<Vec<u8>> {
        Ok(match self.form {
            Form::Pprof => pprof(traces),
            Form::Folded => folded(traces, of).into_bytes(),
            Form::Flame => {
                let title = match of {
                    Measure::Live => "plimsoll profile: bytes left behind",
                    Measure::AtPeak => "plimsoll profile: bytes live at the peak",
                    Measure::Total => "plimsoll profile: bytes allocated",
                    Measure::Temporary => "plimsoll profile: bytes of temporary allocations",
                };
                flame_graph(traces, of, title).into_bytes()
            }
            Form::Snapshot => traces.to_bytes().map_err(|source| Error::io(self.path.clone(), source))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        let form = |name: &str| Export::resolve(Path::new(name)).map(|export| export.form).ok();
        assert_eq!(form("a/b.pb.gz"), Some(Form::Pprof));
        assert_eq!(form("heap.pprof"), Some(Form::Pprof));
        assert_eq!(form("x.FOLDED"), Some(Form::Folded));
        assert_eq!(form("x.svg"), Some(Form::Flame));
        assert_eq!(form("x.snapshot"), Some(Form::Snapshot));
        for name in ["x.gz", "x.txt", ".svg", "svg", "", "a/"] {
            assert_eq!(form(name), None, "{name}");
        }
    }
}
