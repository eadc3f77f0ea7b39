//! What the two output streams are attached to; asked once, at the start.

use std::ffi::OsString;
use std::io::IsTerminal;

/// What can be shown, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether standard output is a terminal.
    pub(crate) stdout: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr: bool,
    /// Columns of the terminal that standard output is, where they are known.
    pub(crate) width: Option<usize>,
    /// Whether box-drawing characters can be shown.
    pub(crate) unicode: bool,
    /// Whether the user allows colours and other attributes (<https://no-color.org>).
    pub(crate) attributes: bool,
}

impl Terminal {
    /// Asks the system and the environment.
    pub(crate) fn detect() -> Self {
        let stdout = std::io::stdout();
        let width = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(std::env::var_os);
        Terminal {
            stdout: stdout.is_terminal(),
            stderr: std::io::stderr().is_terminal(),
            width: width.filter(|columns| *columns > 0),
            unicode: takes_unicode(locale),
            attributes: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|value| value != "dumb"),
        }
    }
}

/// Whether the first locale that is set has UTF-8 text. Where none is set, as in most containers, it is taken so.
fn takes_unicode(locale: impl IntoIterator<Item = Option<OsString>>) -> bool {
    locale.into_iter().flatten().find(|name| !name.is_empty()).is_none_or(|name| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        for (locale, expected) in [
            ([None, None, None], true),
            ([None, None, Some("en_US.UTF-8")], true),
            ([Some("C.utf8"), None, Some("C")], true),
            ([Some(""), Some("C"), Some("en_US.UTF-8")], false),
            ([Some("POSIX"), None, None], false),
            ([None, None, Some("de_DE.ISO-8859-1")], false),
        ] {
            assert_eq!(takes_unicode(locale.map(|name| name.map(OsString::from))), expected, "{locale:?}");
        }
    }
}
