//! The page of a comparison in a browser: headless Chromium shows the figures of the report, logs nothing, covers no text
//! with another, and paints light and dark. Where there is no Chromium the tests are ignored and say so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation in a test is the message")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use plimsoll_compare::{Agreement, Outcome, Report, Strategy, export};

/// Names that the browser goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Settings that keep it to itself.
const QUIET: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];
/// A browser that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(120);

type Test = fn(&Browser) -> Result<(), Failed>;

fn main() -> ExitCode {
    let tests: [(&str, Test); 4] = [
        ("the_page_shows_the_figures_of_the_report", figures),
        ("errors_of_a_page_are_seen", errors_are_seen),
        ("nothing_overflows_or_overlaps", layout),
        ("light_and_dark_are_painted", colours),
    ];
    let found = Browser::find();
    let trial = |(name, test): (&str, Test)| match found.clone() {
        Some(browser) => Trial::test(name, move || test(&browser)),
        None => Trial::test(name, || Ok(())).with_kind("no Chromium is installed").with_ignored_flag(true),
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}

/// A Chromium.
#[derive(Clone)]
struct Browser(PathBuf);

impl Browser {
    fn find() -> Option<Browser> {
        let folders = std::env::var_os("PATH")?;
        let programs = NAMES
            .iter()
            .flat_map(|name| std::env::split_paths(&folders).map(move |folder| folder.join(name)));
        programs.into_iter().find(|program| program.is_file()).map(Browser)
    }

    /// Opens a page; what it wrote to standard output and what it logged.
    fn open(&self, page: &str, settings: &[&str]) -> Result<(String, String), Failed> {
        let folder = tempfile::tempdir()?;
        let [file, out, log] = ["page.html", "out", "log"].map(|name| folder.path().join(name));
        fs::write(&file, page)?;
        let mut child = Command::new(&self.0)
            .args(QUIET)
            .args(["--enable-logging=stderr", "--v=0"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .args(settings)
            .arg(format!("file://{}", file.display()))
            .stdout(File::create(&out)?)
            .stderr(File::create(&log)?)
            .spawn()?;
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Err(format!("{} did not end within {PATIENCE:?}", self.0.display()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let log = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        if !status.success() {
            return Err(format!("{} ended with {status}: {log}", self.0.display()).into());
        }
        Ok((fs::read_to_string(out)?, log))
    }

    /// The page's elements as the browser has them after it has read the page, and what it logged.
    fn document(&self, page: &str, settings: &[&str]) -> Result<(String, String), Failed> {
        let (document, log) = self.open(page, &[settings, &["--dump-dom"]].concat())?;
        if !document.contains("</html>") {
            return Err(format!("there is no document: {log}").into());
        }
        Ok((document, log))
    }

    /// The page as it is painted.
    fn painted(&self, page: &str, width: u32, dark: bool) -> Result<Image, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("page.png");
        let screenshot = format!("--screenshot={}", file.display());
        let size = format!("--window-size={width},1600");
        let scheme = format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 });
        self.open(page, &[&screenshot, &size, &scheme])?;
        Image::read(&file)
    }
}

/// What the page said on its console.
fn console(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("CONSOLE")).collect()
}

/// Hand-made, not measured.
fn handmade() -> Report {
    serde_json::from_str(include_str!("handmade.json")).unwrap()
}

/// With text that wants to be markup, a strategy that does not fit and one that failed.
fn troubled() -> Report {
    let hostile =
        "</code></pre></style></title><script>document.body.remove()</script><b id=\"foreign\">'&lt;";
    let mut report = handmade();
    report.sql = format!("SELECT '{hostile}' FROM t");
    report.input.path = format!("{hostile}.csv");
    report.strategies[0].outcome = Outcome::DoesNotFit { needs_bytes: 484_350_000 };
    report.strategies[2].outcome = Outcome::Failed { message: hostile.to_owned() };
    report.agreement = Agreement::Differs {
        strategies: [Strategy::Stream, Strategy::Mapped],
        difference: format!("row 3: {hostile}"),
    };
    if let Outcome::Measured(measured) = &mut report.strategies[3].outcome {
        measured.columns[0].name = hostile.to_owned();
        measured.columns[0].held_as = hostile.to_owned();
    }
    report
}

/// The parts of a text between two others.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

fn figures(browser: &Browser) -> Result<(), Failed> {
    for report in [handmade(), troubled()] {
        let (document, log) = browser.document(&export::html(&report), &[])?;
        assert_eq!(console(&log), Vec::<&str>::new());
        assert!(
            !document.contains("<script") && !document.contains("<b id="),
            "foreign text became an element"
        );

        // A browser writes HTML; the table in it has no element without an end and no named character of HTML's own.
        let table = between(&document, "<table id=\"figures\">", "</table>")[0];
        let table = format!("<table>{table}</table>");
        let table = roxmltree::Document::parse(&table)?;
        let rows: Vec<_> =
            table.descendants().filter(|node| node.attribute("data-strategy").is_some()).collect();
        assert_eq!(rows.len(), report.strategies.len());
        for (row, of) in rows.iter().zip(&report.strategies) {
            assert_eq!(row.attribute("data-strategy"), Some(of.strategy.name()));
            let shown: Vec<f64> =
                row.descendants().filter_map(|node| node.attribute("value")?.parse().ok()).collect();
            assert_eq!(shown, expected(of), "{}", of.strategy);
            let reason = row.descendants().find(|node| node.attribute("class") == Some("why"));
            assert_eq!(reason.is_some(), of.measured().is_none());
        }
    }
    Ok(())
}

/// All bytes of the reports at hand are exact as `f64`.
#[allow(clippy::cast_precision_loss, reason = "below 2^53")]
fn expected(of: &plimsoll_compare::StrategyReport) -> Vec<f64> {
    let mut figures = vec![of.predicted_bytes.unwrap() as f64];
    if let Some(measured) = of.measured() {
        let bytes = [
            measured.deep_bytes,
            measured.live_heap_bytes,
            measured.peak_heap_bytes,
            measured.peak_resident_bytes.unwrap(),
            measured.peak_anonymous_bytes.unwrap(),
            measured.peak_file_bytes.unwrap(),
        ];
        figures.extend(bytes.map(|bytes| bytes as f64));
        figures.push(measured.bytes_a_record().unwrap());
        figures.extend([measured.load_seconds, measured.query_seconds, measured.second_query_seconds]);
    }
    figures
}

/// That no error was logged says something only where one would have been. The page's policy stops its scripts, which is
/// logged; without it they run, and so does their complaint.
fn errors_are_seen(browser: &Browser) -> Result<(), Failed> {
    let page = export::html(&handmade());
    let broken = page.replace("</body>", "<script>console.error('a complaint')</script></body>");
    let (_, log) = browser.document(&broken, &[])?;
    let said = console(&log);
    assert!(said.len() == 1 && said[0].contains("Content Security Policy"), "{said:?}");
    let (_, log) = browser.document(&broken.replace("Content-Security-Policy", "unknown"), &[])?;
    assert!(console(&log).iter().any(|line| line.contains("a complaint")), "{log}");
    Ok(())
}

/// Writes the width of the page and the texts of charts that are cut or cover each other into the document around it.
const PROBE: &str = "<script>
const found = [`page ${document.documentElement.scrollWidth} of ${innerWidth}`];
for (const svg of document.querySelectorAll('svg')) {
  const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent.trim(), text.getBoundingClientRect()]);
  const frame = svg.getBoundingClientRect();
  texts.forEach(([name, box], at) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`cut: ${name}`);
    for (const [other, beside] of texts.slice(at + 1))
      if (box.left < beside.right && beside.left < box.right && box.top + 3 < beside.bottom && beside.top + 3 < box.bottom)
        found.push(`overlap: ${name}, ${other}`);
  });
}
parent.document.body.setAttribute('data-found', found.join('; '));
</script></body>";

fn layout(browser: &Browser) -> Result<(), Failed> {
    for report in [handmade(), troubled()] {
        // The probe runs only without the page's policy.
        let page =
            export::html(&report).replace("Content-Security-Policy", "unknown").replace("</body>", PROBE);
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        for width in [400, 1200] {
            // A window has a least width, a frame has none.
            let framed = format!(
                "<!DOCTYPE html><html><body><iframe width={width} height=1600 style='border:0' srcdoc=\"{page}\">\
                 </iframe></body></html>"
            );
            let (document, _) = browser.document(&framed, &["--window-size=1300,1700"])?;
            let found = between(&document, "data-found=\"", "\"");
            assert_eq!(found, [format!("page {width} of {width}")]);
        }
    }
    Ok(())
}

fn colours(browser: &Browser) -> Result<(), Failed> {
    let page = export::html(&handmade());
    for width in [400, 1200] {
        let [light, dark] = [false, true].map(|dark| browser.painted(&page, width, dark));
        let (light, dark) = (light?, dark?);
        for image in [&light, &dark] {
            assert_eq!(image.width, width);
            assert!(image.colours() > 100, "{} colours: is the page blank?", image.colours());
        }
        assert!(light.brightness() > 0.85, "light is {}", light.brightness());
        assert!(dark.brightness() < 0.25, "dark is {}", dark.brightness());
    }
    Ok(())
}

/// A screenshot.
struct Image {
    width: u32,
    /// Red, green and blue of each pixel.
    pixels: Vec<[u8; 3]>,
}

impl Image {
    fn read(file: &Path) -> Result<Image, Failed> {
        let mut reader = png::Decoder::new(std::io::BufReader::new(File::open(file)?)).read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().expect("a small image")];
        let info = reader.next_frame(&mut bytes)?;
        let samples = info.color_type.samples();
        assert!(samples >= 3 && info.bit_depth == png::BitDepth::Eight, "not a picture in colours");
        let pixels = bytes[..info.buffer_size()].chunks(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        Ok(Image { width: info.width, pixels: pixels.collect() })
    }

    fn colours(&self) -> usize {
        self.pixels.iter().collect::<BTreeSet<_>>().len()
    }

    /// The mean of all channels, from 0 to 1.
    fn brightness(&self) -> f64 {
        let sum: u64 = self.pixels.iter().flatten().map(|channel| u64::from(*channel)).sum();
        #[allow(clippy::cast_precision_loss, reason = "a mean")]
        let mean = sum as f64 / (self.pixels.len() * 3 * 255) as f64;
        mean
    }
}
