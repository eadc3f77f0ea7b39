//! The documentation is true: every command that it shows is run, and must print what the page says.
//!
//! What counts in README.md and docs/*.md:
//! - a `console` block: each line that begins with `$ ` is a command for the shell, run in the repository's root; the
//!   lines up to the next command are what it prints. `console exit=3` says how the last command ends, else all end
//!   with 0. In a `console figures=vary` block no figure is compared, and a line `…` stands for any number of lines;
//! - a `bash` block that begins with `cargo run --release -- `, together with the `text` block behind it;
//! - a `rust` block: its lines stand, one after the other, in a file of examples/ or of a folder in it.
//!
//! A block may leave standard error out. Where it shows the footer, its times and sizes are not compared.

#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        root.canonicalize().expect("the repository's root")
    });
    &ROOT
}

/// README.md and docs/*.md.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).expect("docs/");
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages.insert(0, root().join("README.md"));
    pages
}

/// A fenced block: what stands behind the opening fence, its lines, and where it begins.
struct Fenced {
    info: String,
    lines: Vec<String>,
    line: usize,
}

fn fenced(page: &Path) -> Vec<Fenced> {
    let text = fs::read_to_string(page).expect("a page");
    let mut blocks = Vec::new();
    let mut open: Option<Fenced> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Fenced { info: info.trim().to_owned(), lines: Vec::new(), line: at + 1 });
            }
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a block is not closed", page.display());
    blocks
}

/// A command and what the page says of it.
struct Case {
    place: String,
    command: String,
    expected: Vec<String>,
    exit: i32,
    figures_vary: bool,
}

impl Case {
    fn new(place: String, command: String) -> Self {
        Case { place, command, expected: Vec::new(), exit: 0, figures_vary: false }
    }
}

/// The commands of a `console` block.
fn console(page: &Path, block: &Fenced) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    // A command goes on while a quote is open or the line ends with a backslash.
    let mut goes_on = false;
    for (at, line) in block.lines.iter().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            let place = format!("{}:{}", page.display(), block.line + 1 + at);
            let figures_vary = block.info.contains("figures=vary");
            cases.push(Case { figures_vary, ..Case::new(place, command.to_owned()) });
        } else {
            let case = cases.last_mut().expect("a block begins with a command");
            if goes_on {
                case.command.push('\n');
                case.command.push_str(line);
            } else {
                case.expected.push(line.clone());
            }
        }
        let command = cases.last().map_or("", |case| &case.command);
        let expected_begun = cases.last().is_some_and(|case| !case.expected.is_empty());
        goes_on = !expected_begun && (command.ends_with('\\') || command.matches('"').count() % 2 == 1);
    }
    if let (Some(exit), Some(last)) = (block.info.strip_prefix("console exit="), cases.last_mut()) {
        last.exit = exit.parse().expect("an exit code");
    }
    cases
}

/// The commands of a page.
fn cases(page: &Path) -> Vec<Case> {
    let blocks = fenced(page);
    let mut cases = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        if block.info == "console" || block.info.starts_with("console ") {
            cases.extend(console(page, block));
        } else if block.info == "bash"
            && let Some(arguments) = block.lines.join("\n").strip_prefix("cargo run --release -- ")
        {
            let output =
                blocks.get(at + 1).filter(|next| next.info == "text").expect("a text block behind it");
            let place = format!("{}:{}", page.display(), block.line);
            let case = Case::new(place, format!("plimsoll {arguments}"));
            cases.push(Case { expected: output.lines.clone(), ..case });
        }
    }
    cases
}

/// A line of output without what changes from run to run: of a footer, all behind the bytes read.
fn masked(line: &str) -> &str {
    let is_footer = line.contains(" · ") && line.contains(" from ") && line.contains(" in ");
    if is_footer { line.rsplit_once(" in ").map_or(line, |(before, _)| before) } else { line }
}

/// A line with `#` in the place of each figure and its unit, without bars, and with single spaces.
fn without_figures(line: &str) -> String {
    let is_unit = |word: &str| ["bytes", "B", "KiB", "MiB", "GiB", "kB", "MB", "ms", "s"].contains(&word);
    let is_bar = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| ('\u{2580}'..'\u{25a0}').contains(&letter))
    };
    let is_digit = |letter: char| letter.is_ascii_digit() || ['.', ','].contains(&letter);
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        if is_bar(word) {
            continue;
        }
        let (bare, end) = word.split_at(word.trim_end_matches([',', ')', ';']).len());
        if is_unit(bare) && words.last().is_some_and(|last| last.ends_with('#')) {
            words.last_mut().expect("it is there").push_str(end);
            continue;
        }
        let mut masked = String::new();
        let mut pieces = bare.split(|letter: char| letter.is_ascii_digit()).peekable();
        while let Some(piece) = pieces.next() {
            let is_inside = masked.ends_with('#') && piece.chars().all(is_digit);
            masked.push_str(if is_inside { "" } else { piece });
            if pieces.peek().is_some() && !masked.ends_with('#') {
                masked.push('#');
            }
        }
        words.push(masked + end);
    }
    words.join(" ")
}

/// Whether the printed lines are the expected ones, `…` being any number of them.
fn fits(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == "…" => {
            (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..]))
        }
        Some((line, rest)) => {
            printed.first().is_some_and(|first| without_figures(first) == without_figures(line))
                && fits(rest, &printed[1..])
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    text.lines().map(|line| masked(line).trim_end().to_owned()).collect()
}

/// What is wrong with a case, if anything.
fn check(case: &Case) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("the program's folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &case.command])
        .current_dir(root())
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("sh runs");
    let expected: Vec<String> = case.expected.iter().map(|line| masked(line).trim_end().to_owned()).collect();
    let stdout = lines(&output.stdout);
    let both = [stdout.clone(), lines(&output.stderr)].concat();
    let told = |what: &str| {
        let shown = both.join("\n");
        Err(format!("{}: {what}\n$ {}\nprints\n{shown}", case.place, case.command))
    };
    if output.status.code() != Some(case.exit) {
        return told(&format!("ends with {:?}, not {}", output.status.code(), case.exit));
    }
    let is_right = if case.figures_vary {
        fits(&expected, &stdout) || fits(&expected, &both)
    } else {
        expected == stdout || expected == both
    };
    if !is_right {
        return told(&format!("the page says\n{}", expected.join("\n")));
    }
    Ok(())
}

#[test]
#[cfg(unix)]
fn every_command_prints_what_its_page_says() {
    // Some recipes write files there.
    fs::create_dir_all(root().join("target")).expect("target/");
    let cases: Vec<Case> = pages().iter().flat_map(|page| cases(page)).collect();
    let problems: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(cases.len() >= 15, "only {} commands were found", cases.len());
}

#[test]
fn figures_can_be_left_open() {
    let masked = "src/a.rs:12: size=4855 KiB (+372 KiB), count=39,328 (+30), average=126 B";
    assert_eq!(without_figures(masked), "src/a.rs:#: size=# (+#), count=# (+#), average=#");
    assert_eq!(without_figures("  scan   4.69 KiB    40  -"), "scan # # -");
    assert_eq!(without_figures("rows ███▌░░ 1.02 s"), without_figures("rows █ 31 ms"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(fits(&lines("a 1\n…\nb 2.5 MiB"), &lines("a 7\nx\ny\nb 1 bytes")));
    assert!(!fits(&lines("a 1\n…\nb 2"), &lines("a 7\nx\ny\nc 1")));
    assert!(!fits(&lines("a 1"), &lines("a 1\nb")));
}

#[test]
fn every_rust_block_is_part_of_an_example() {
    let mut folders = vec![root().join("examples")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).expect("examples/");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let (inner, found): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_dir());
        folders.extend(inner);
        files.extend(found.into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs")));
    }
    let examples: Vec<String> = files
        .iter()
        .map(|path| fs::read_to_string(path).expect("an example"))
        .map(|text| text.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
        .collect();
    for page in pages() {
        for block in fenced(&page).iter().filter(|block| block.info == "rust") {
            let lines: Vec<&str> = block.lines.iter().map(|line| line.trim()).collect();
            let snippet = lines.join("\n");
            let found = examples.iter().any(|example| example.contains(&snippet));
            assert!(found, "{}:{} is not in examples/", page.display(), block.line);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut pages = pages();
    pages.extend(["ARCHITECTURE.md", "CONTRIBUTING.md", "data/README.md"].map(|page| root().join(page)));
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let Some((link, _)) = rest.split_once(')') else { continue };
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = page.parent().expect("a folder").join(file);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}
