//! A comparison: every strategy in turn, several times over, and what it all came to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use plimsoll::{CsvOptions, Engine, Inferred};

use crate::predict::predict;
use crate::prefix::write_prefix;
use crate::rows_text::first_difference;
use crate::sweep::fits;
use crate::{
    Agreement, Answer, Input, Measured, Outcome, Report, Request, Runner, Strategy, StrategyReport, Sweep,
    SweepPoint,
};

/// What to compare.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The statement, which is read with these options.
    pub sql: String,
    /// How files are read where the statement does not say otherwise.
    pub options: CsvOptions,
    /// In the order of the report.
    pub strategies: Vec<Strategy>,
    /// Worker threads of each run.
    pub threads: usize,
    /// The limit that every run keeps.
    pub memory_limit_bytes: Option<u64>,
    /// Runs of each strategy; one at least.
    pub repeats: usize,
    /// Numbers of records of the file's prefixes that are measured too.
    pub sizes: Vec<u64>,
    /// Where files of a run go; they are gone when it ends.
    pub temp_dir: PathBuf,
}

/// Runs every strategy in a process of its own, the strategies in turn and that as often as repeats are asked for, so that
/// what else the machine does meets all of them. `progress` hears what comes next.
///
/// # Errors
/// Where the query cannot be read or its file not be looked at, and where a process cannot be started. A strategy that fails
/// is part of the report.
pub fn compare(
    comparison: &Comparison,
    runner: &mut dyn Runner,
    progress: &mut dyn FnMut(&str),
) -> Result<Report> {
    let query = plimsoll::sql::parse(&comparison.sql, &comparison.options)?;
    let mut engine = Engine::builder().threads(comparison.threads);
    if let Some(limit) = comparison.memory_limit_bytes {
        engine = engine.memory_limit(limit);
    }
    let engine = engine.build()?;
    let folder = tempfile::Builder::new().prefix("plimsoll-").tempdir_in(&comparison.temp_dir);
    let folder =
        folder.with_context(|| format!("{}: no files can be made", comparison.temp_dir.display()))?;
    progress("reading the file for its types");
    let stamp = Stamp::of(Path::new(&query.from.path));
    let inferred = engine.infer(&query.from)?;
    // A query that means nothing is an error here, and not of every strategy.
    engine.query(query.clone()).with_types(&inferred)?.explain()?;
    // Before anything is loaded.
    let prediction = predict(&inferred.table, comparison.threads)?;
    let mut runs = Runs { comparison, runner, progress, folder: folder.path() };

    let measured = runs.all(&inferred, comparison.repeats, &stamp)?;
    let agreement = runs.agreement(&inferred, &measured)?;
    let records = measured.values().find_map(|outcome| match outcome {
        Outcome::Measured(measured) => Some(measured.records),
        _ => None,
    });
    let sweep = if comparison.sizes.is_empty() { None } else { Some(runs.sweep(&engine, &inferred)?) };
    let strategies = comparison.strategies.iter().filter_map(|strategy| {
        let predicted_bytes = prediction.bytes.get(strategy).copied();
        let outcome = match measured.get(strategy)?.clone() {
            Outcome::DoesNotFit { needs_bytes } => {
                Outcome::DoesNotFit { needs_bytes: predicted_bytes.unwrap_or(0).max(needs_bytes) }
            }
            other => other,
        };
        Some(StrategyReport { strategy: *strategy, predicted_bytes, outcome })
    });
    Ok(Report {
        sql: comparison.sql.clone(),
        input: Input {
            path: query.from.path.clone(),
            bytes: stamp.map_or(0, |stamp| stamp.length),
            records: records.unwrap_or(0),
        },
        threads: comparison.threads,
        repeats: comparison.repeats.max(1),
        memory_limit_bytes: comparison.memory_limit_bytes,
        strategies: strategies.collect(),
        agreement,
        sweep,
    })
}

/// What tells a file from the same file after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Stamp { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// What runs share.
struct Runs<'a> {
    comparison: &'a Comparison,
    runner: &'a mut dyn Runner,
    progress: &'a mut dyn FnMut(&str),
    folder: &'a Path,
}

impl Runs<'_> {
    fn one(&mut self, strategy: Strategy, inferred: &Inferred, rows_file: Option<PathBuf>) -> Result<Answer> {
        let comparison = self.comparison;
        let request = Request {
            strategy,
            sql: comparison.sql.clone(),
            options: comparison.options.clone(),
            inferred: inferred.clone(),
            threads: comparison.threads,
            memory_limit_bytes: comparison.memory_limit_bytes,
            ipc_file: self.folder.join("mapped.arrow"),
            rows_file,
        };
        let answer = self.runner.run(&request);
        // The next one writes its own; where there is none, there is nothing to take away.
        let _ = fs::remove_file(&request.ipc_file);
        answer
    }

    /// Every strategy `repeats` times, in turn. Of those that ran every time, the run whose time is the median.
    fn all(
        &mut self,
        inferred: &Inferred,
        repeats: usize,
        stamp: &Option<Stamp>,
    ) -> Result<BTreeMap<Strategy, Outcome>> {
        let mut runs: BTreeMap<Strategy, Vec<Measured>> = BTreeMap::new();
        let mut ended = BTreeMap::new();
        for repeat in 1..=repeats.max(1) {
            for strategy in self.comparison.strategies.clone() {
                if ended.contains_key(&strategy) {
                    continue;
                }
                (self.progress)(&format!("{strategy}, run {repeat} of {}", repeats.max(1)));
                let answer = self.one(strategy, inferred, None)?;
                let outcome = if Stamp::of(Path::new(&inferred.table.path)) != *stamp {
                    let message = "the file changed while it was compared; compare again".to_owned();
                    Outcome::Failed { message }
                } else {
                    match answer {
                        Answer::Measured(measured) => {
                            runs.entry(strategy).or_default().push(*measured);
                            continue;
                        }
                        Answer::DoesNotFit { .. } => Outcome::DoesNotFit {
                            needs_bytes: self.comparison.memory_limit_bytes.unwrap_or(0),
                        },
                        Answer::Failed { message } => Outcome::Failed { message },
                        Answer::Written => Outcome::Failed { message: "it measured nothing".to_owned() },
                    }
                };
                ended.insert(strategy, outcome);
            }
        }
        for (strategy, measured) in runs {
            if let Some(median) = median(measured) {
                ended.entry(strategy).or_insert(Outcome::Measured(Box::new(median)));
            }
        }
        Ok(ended)
    }

    /// Whether all that ran gave the same result, and if not, where the first two differ.
    fn agreement(
        &mut self,
        inferred: &Inferred,
        outcomes: &BTreeMap<Strategy, Outcome>,
    ) -> Result<Agreement> {
        let digests = outcomes.iter().filter_map(|(strategy, outcome)| match outcome {
            Outcome::Measured(measured) => Some((*strategy, &measured.digest)),
            _ => None,
        });
        let digests: Vec<_> = digests.collect();
        let Some((first, digest)) = digests.first() else { return Ok(Agreement::All) };
        let Some((other, _)) = digests.iter().find(|(_, other)| other != digest) else {
            return Ok(Agreement::All);
        };
        let mut texts = Vec::new();
        for strategy in [*first, *other] {
            let path = self.folder.join(format!("{strategy}.rows"));
            match self.one(strategy, inferred, Some(path.clone()))? {
                Answer::Written => texts.push(fs::read_to_string(&path)?),
                _ => texts.push(String::new()),
            }
        }
        let ordered = digest.ordered.is_some();
        let difference = match first_difference(&texts[0], &texts[1], ordered) {
            Some((left, right)) => format!("{first} gives ({left}), {other} gives ({right})"),
            None => "the rows were the same when they were asked for again".to_owned(),
        };
        Ok(Agreement::Differs { strategies: [*first, *other], difference })
    }

    /// One run of each strategy over each prefix.
    fn sweep(&mut self, engine: &Engine, inferred: &Inferred) -> Result<Sweep> {
        let mut points = Vec::new();
        let mut sizes = self.comparison.sizes.clone();
        sizes.sort_unstable();
        sizes.dedup();
        let path = self.folder.join("prefix.csv");
        let mut last = None;
        for size in sizes {
            let records = write_prefix(&inferred.table, size, &path)?;
            if last == Some(records) {
                // The file has no more.
                break;
            }
            last = Some(records);
            let mut table = inferred.table.clone();
            table.path = path.display().to_string();
            let prefix = engine.infer(&table)?;
            for strategy in self.comparison.strategies.clone() {
                (self.progress)(&format!("{strategy} over {records} records"));
                if let Answer::Measured(measured) = self.one(strategy, &prefix, None)? {
                    points.push(SweepPoint {
                        strategy,
                        records,
                        peak_heap_bytes: measured.peak_heap_bytes,
                        peak_resident_bytes: measured.peak_resident_bytes,
                        seconds: measured.load_seconds + measured.query_seconds,
                    });
                }
            }
        }
        points.sort_by_key(|point| (point.strategy, point.records));
        let fits = fits(&points);
        Ok(Sweep { points, fits })
    }
}

/// The run whose time of load and queries is in the middle; of two, the faster one.
fn median(mut runs: Vec<Measured>) -> Option<Measured> {
    let seconds = |run: &Measured| run.load_seconds + run.query_seconds + run.second_query_seconds;
    runs.sort_by(|left, right| seconds(left).total_cmp(&seconds(right)));
    let middle = runs.len().checked_sub(1)? / 2;
    runs.into_iter().nth(middle)
}

#[cfg(test)]
mod tests;
