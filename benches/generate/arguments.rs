//! The command line of `generate`.

use std::path::PathBuf;
use std::str::FromStr;

pub(crate) const USAGE: &str = "\
usage: generate KIND [--rows N] [--seed N] [--force] [options] FILE

kinds, and their rows unless --rows says otherwise:
  brc       100,000,000  name;value as in the One Billion Row Challenge, no header
                         [--stations N]  413 unless given; up to 413 real cities, beyond that made-up names
  weather         3,000  station,t with a header [--stations N]
  g1         10,000,000  the database-like ops benchmark: id1…id6, v1…v3
                         [--k N]  100 unless given: distinct values of id1, id2, id4, id5
  wide        1,000,000  120 columns of mixed types, some cells empty
  quoted      5,000,000  text in quotes with commas, quotes and newlines inside
  floats      8,000,000  id,at,x,y,z: doubles with all their digits, as Python prints them
  groups     10,000,000  key,v with about 0.43 distinct keys for each row

FILE must not exist unless --force is given. It appears under its name only when it is whole.
";

/// The most stations: each name and mean is held in memory.
const MAX_STATIONS: u64 = 10_000;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) kind: Kind,
    pub(crate) rows: u64,
    pub(crate) seed: u64,
    pub(crate) force: bool,
    pub(crate) path: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Brc { stations: u32 },
    Weather { stations: u32 },
    G1 { groups: u64 },
    Floats,
    Wide,
    Quoted,
    Groups,
}

impl Arguments {
    /// Reads the words after the program's name; `None` where help is asked for.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut plain = Vec::new();
        let (mut rows, mut seed, mut stations, mut k, mut force) = (None, None, None, None, false);
        let mut words = words;
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
                _ => (word, None),
            };
            let mut number = || {
                let text =
                    value.clone().or_else(|| words.next()).ok_or_else(|| format!("{flag} needs a number"))?;
                // Underscores and commas as people write large numbers.
                let digits = text.replace(['_', ','], "");
                u64::from_str(&digits).map_err(|_| format!("{flag} takes a whole number, not '{text}'"))
            };
            match flag.as_str() {
                "--rows" => rows = Some(number()?),
                "--seed" => seed = Some(number()?),
                "--stations" => stations = Some(number()?),
                "--k" => k = Some(number()?),
                "--force" => force = true,
                "-h" | "--help" => return Ok(None),
                other if other.starts_with('-') => return Err(format!("unknown flag {other}")),
                _ => plain.push(flag),
            }
        }
        let [kind, path] =
            plain.try_into().map_err(|_| "exactly one KIND and one FILE are wanted".to_owned())?;
        let (kind, default_rows) = Self::kind(&kind, stations, k)?;
        let rows = rows.unwrap_or(default_rows);
        Ok(Some(Arguments { kind, rows, seed: seed.unwrap_or(1), force, path: path.into() }))
    }

    fn kind(name: &str, stations: Option<u64>, k: Option<u64>) -> Result<(Kind, u64), String> {
        if stations.is_some() && !matches!(name, "brc" | "weather") {
            return Err(format!("{name} has no stations"));
        }
        if k.is_some() && name != "g1" {
            return Err(format!("{name} takes no --k"));
        }
        let stations = match stations.unwrap_or(413) {
            count @ 1..=MAX_STATIONS => u32::try_from(count).unwrap_or(u32::MAX),
            count => return Err(format!("--stations takes 1 to {MAX_STATIONS}, not {count}")),
        };
        let groups = match k.unwrap_or(100) {
            count @ 1..=1_000_000_000 => count,
            count => return Err(format!("--k takes 1 to 1000000000, not {count}")),
        };
        Ok(match name {
            "brc" => (Kind::Brc { stations }, 100_000_000),
            "weather" => (Kind::Weather { stations }, 3_000),
            "g1" => (Kind::G1 { groups }, 10_000_000),
            "floats" => (Kind::Floats, 8_000_000),
            "wide" => (Kind::Wide, 1_000_000),
            "quoted" => (Kind::Quoted, 5_000_000),
            "groups" => (Kind::Groups, 10_000_000),
            other => return Err(format!("unknown kind '{other}'")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_come_in_any_order() {
        let wanted = Arguments {
            kind: Kind::Brc { stations: 10_000 },
            rows: 1_000,
            seed: 7,
            force: true,
            path: "a.csv".into(),
        };
        for line in [
            "brc --rows 1_000 --stations=10000 --seed 7 --force a.csv",
            "--force --seed=7 brc a.csv --stations 10,000 --rows=1000",
        ] {
            assert_eq!(parse(line).unwrap().as_ref(), Some(&wanted), "{line}");
        }
        assert_eq!(parse("g1 --k 2 x --help"), Ok(None));
    }

    #[test]
    fn mistakes_are_named() {
        for line in [
            "",
            "brc",
            "brc a b",
            "nothing a",
            "brc --rows x a",
            "brc a --rows",
            "brc --stations 0 a",
            "wide --stations 3 a",
            "brc --k 3 a",
            "g1 --k 0 a",
            "brc --fast a",
            "brc --rows -1 a",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
