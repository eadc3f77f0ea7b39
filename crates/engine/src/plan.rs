//! From a query to what has to be scanned, grouped and given: names resolved, types checked, columns counted.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use plimsoll_core::resolve::Grouping;
use plimsoll_core::value::DateForms;
use plimsoll_core::{
    AggregateFunction, DataType, Error, ErrorKind, Expr, Infer, Location, Profile, Query, Resolved, Result,
    Schema, resolve, separators, text_cell, typed,
};
use plimsoll_kernels::Block;
use plimsoll_memory::Budget;
use plimsoll_pipeline::scan::{BLOCK_SIZE, ScanColumn, ScanSpec, infer_full};
use rayon::ThreadPool;

use crate::limits::Limits;
use crate::operator;
use crate::source::Source;

/// A query over an opened source, ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) limits: Limits,
    pub(crate) source: Source,
    /// The query's expressions over the columns of the source.
    pub(crate) resolved: Resolved,
    /// What is scanned; expressions below count in its outputs.
    pub(crate) scan: ScanSpec,
    pub(crate) grouping: Option<Grouping>,
    /// Names and expressions of the result, over the scan's columns or the grouping's.
    pub(crate) outputs: Vec<(String, Expr)>,
    /// For each visible output that is given as text, the type of its column in the head sample.
    pub(crate) text_types: Vec<Option<DataType>>,
    /// Bytes read by an inference pass.
    pub(crate) inferred_bytes: u64,
}

impl Plan {
    /// Resolves the query over `source`, or over the file that it names, which is opened for that; a CSV file is read to its
    /// end where the user says so.
    pub(crate) fn new(
        query: &Query,
        limits: Limits,
        bare_text: bool,
        source: Option<Source>,
    ) -> Result<Self> {
        // What is given has its types.
        let infers = source.is_none() && query.from.options.infer == Infer::Full;
        let mut source = match source {
            Some(source) => source,
            None => Source::open(&query.from, &limits.budget_for_opening())?,
        };
        let resolved = resolve(query, &source.schema())?;
        let mut inferred_bytes = 0;
        if let Source::Csv { file, profiles } = &mut source
            && infers
        {
            if file.length().is_none() {
                return Err(Error::plan(
                    "--infer full reads its input twice, which a stream does not allow",
                    "save the stream to a file, or give types with --types",
                ));
            }
            let bytes = Arc::new(AtomicU64::new(0));
            let pool = thread_pool(limits.threads())?;
            *profiles = {
                let consumer = operator::SCAN.consumer(&limits.budget_for_opening());
                let columns = resolved.input_fields();
                infer_full(
                    file,
                    file.sampled().to_vec(),
                    &columns,
                    limits.block_size,
                    &pool,
                    Arc::clone(&bytes),
                    Some(consumer),
                )?
            };
            inferred_bytes = bytes.load(std::sync::atomic::Ordering::Relaxed);
        }
        // What is held has no text but that of its values.
        let as_text = bare_text && resolved.streams() && matches!(source, Source::Csv { .. });
        let mut columns = Vec::new();
        let grouping = resolved.grouping.clone().map(|mut grouping| {
            let arguments = grouping.aggregates.iter_mut().flat_map(|(_, arguments)| arguments);
            grouping.keys.iter_mut().chain(arguments).for_each(|expr| locate(expr, &mut columns));
            grouping
        });
        let mut outputs = resolved.outputs.clone();
        let mut text_types = vec![None; resolved.visible];
        if grouping.is_none() {
            let schema = source.schema();
            for (index, (_, expr)) in outputs.iter_mut().enumerate() {
                match expr {
                    Expr::Field(column) if as_text => {
                        text_types[index] = Some(schema.fields[*column].data_type);
                        *expr =
                            Expr::Field(place(&mut columns, ScanColumn { column: *column, as_text: true }));
                    }
                    _ => locate(expr, &mut columns),
                }
            }
        }
        let block_size = limits.block_size;
        let mut plan = Plan {
            limits,
            source,
            scan: ScanSpec {
                outputs: columns,
                filter: resolved.filter.clone(),
                block_size,
                // Groups keep nothing of a block.
                text_views: grouping.is_some(),
                ..ScanSpec::default()
            },
            resolved,
            grouping,
            outputs,
            text_types,
            inferred_bytes,
        };
        plan.check(None)?;
        plan.scan.fixed = plan.fixed_columns();
        plan.scan.aggregated = plan.aggregated_columns();
        Ok(plan)
    }

    /// Has workers read less at a time where the budget gives each of them little.
    pub(crate) fn fit(&mut self, budget: &Budget, threads: usize) {
        /// What a worker should have to read blocks of the usual size: a part of it is the block, of which a scan holds up to
        /// seven times as much.
        const PART: u64 = 32;
        const WIDE: u64 = PART * BLOCK_SIZE as u64;
        const LEAST: usize = 32 << 10;
        /// The most cells of a block of the file, and the part of what a worker should have that they are: each has a place in the file
        /// and a value.
        const CELLS: u64 = 1 << 18;
        const OF_CELLS: u64 = 8 * 24;
        let share = budget.available() / threads as u64;
        let grouped = self.grouping.as_ref();
        let is_computed = |(_, expr): &&(String, Expr)| !matches!(expr, Expr::Field(_));
        let evaluated = self.outputs.iter().filter(is_computed).count()
            + grouped.map_or(0, |grouping| grouping.keys.len() + grouping.aggregates.len());
        let read = self.scan.outputs.len() + self.resolved.filter_fields().len();
        // Without a limit what is evaluated may have as many rows as there are.
        let rows = (CELLS / read.max(1) as u64).min(share / OF_CELLS / (read + evaluated).max(1) as u64);
        self.scan.rows = self.scan.rows.min(usize::try_from(rows).unwrap_or(usize::MAX).max(1));
        if share < WIDE {
            let fitting = usize::try_from(share / PART).unwrap_or(LEAST).next_power_of_two() / 2;
            self.scan.block_size = self.scan.block_size.min(fitting.max(LEAST));
            self.scan.rows = self.scan.rows.min(Block::ROWS / 4);
        }
    }

    /// Says what is known of the columns of a CSV file.
    pub(crate) fn set_profiles(&mut self, known: Vec<Profile>) {
        if let Source::Csv { profiles, .. } = &mut self.source {
            *profiles = known;
        }
    }

    /// The types of the scan's columns.
    pub(crate) fn scan_schema(&self) -> Schema {
        let schema = self.source.schema();
        let fields = self.scan.outputs.iter().map(|output| {
            let mut field = schema.fields[output.column].clone();
            if output.as_text {
                field.data_type = DataType::Utf8;
            }
            field
        });
        Schema::new(fields.collect())
    }

    /// Whether the query's expressions take the types of their columns. `culprit` is the cell that made its column what
    /// it is.
    pub(crate) fn check(&self, culprit: Option<(usize, &Location)>) -> Result<()> {
        self.bind_all().map(drop).map_err(|error| self.name_cell(error, culprit))
    }

    /// Every expression over the file's columns, typed.
    fn bind_all(&self) -> Result<Vec<typed::Typed>> {
        let types = self.source.schema().types();
        let mut bound = Vec::new();
        if let Some(filter) = &self.resolved.filter {
            bound.push(typed::bind_condition(filter, &types, "WHERE")?);
        }
        let stage_types = match &self.resolved.grouping {
            None => types,
            Some(grouping) => {
                let mut stage_types = Vec::new();
                for key in &grouping.keys {
                    let key = typed::bind(key, &types)?;
                    typed::check_key(key.data_type, "GROUP BY")?;
                    stage_types.push(key.data_type);
                    bound.push(key);
                }
                for (function, arguments) in &grouping.aggregates {
                    let aggregate = typed::bind_aggregate(*function, arguments, &types)?;
                    stage_types.push(aggregate.data_type);
                    bound.extend(aggregate.arguments);
                }
                stage_types
            }
        };
        if let Some(having) = &self.resolved.having {
            let having = typed::bind_condition(having, &stage_types, "HAVING");
            bound.push(having.map_err(|error| self.blame_input(error))?);
        }
        let outputs = bound.len();
        for (_, expr) in &self.resolved.outputs {
            bound.push(typed::bind(expr, &stage_types).map_err(|error| self.blame_input(error))?);
        }
        let output_types: Vec<DataType> = bound[outputs..].iter().map(|output| output.data_type).collect();
        typed::check_output_keys(&self.resolved, &output_types)?;
        Ok(bound)
    }

    /// An error over the columns of the last stage as one over those of the file: of a grouping's columns only a key that
    /// is a bare column is one.
    fn blame_input(&self, error: Error) -> Error {
        let Some(grouping) = &self.resolved.grouping else { return error };
        match error.into_kind() {
            ErrorKind::Type { message, hint, field } => {
                let field = field.and_then(|index| match grouping.keys.get(index) {
                    Some(Expr::Field(column)) => Some(*column),
                    _ => None,
                });
                ErrorKind::Type { message, hint, field }.into()
            }
            other => other.into(),
        }
    }

    /// Names and types of the result as the profiles have them.
    pub(crate) fn result_schema(&self) -> Result<Schema> {
        let input = self.scan_schema();
        let types = match &self.grouping {
            None => input.types(),
            Some(grouping) => {
                let types = input.types();
                let keys = grouping.keys.iter().map(|key| Ok(typed::bind(key, &types)?.data_type));
                let aggregates = grouping.aggregates.iter().map(|(function, arguments)| {
                    Ok(typed::bind_aggregate(*function, arguments, &types)?.data_type)
                });
                keys.chain(aggregates).collect::<Result<_>>()?
            }
        };
        let fields = self.outputs[..self.resolved.visible]
            .iter()
            .map(|(name, expr)| Ok(plimsoll_core::Field::new(name, typed::bind(expr, &types)?.data_type)));
        Ok(Schema::new(fields.collect::<Result<_>>()?))
    }

    /// A type error that a single cell is to blame for says which.
    fn name_cell(&self, error: Error, culprit: Option<(usize, &Location)>) -> Error {
        let ErrorKind::Type { field: Some(column), .. } = error.kind() else { return error };
        let known = match culprit {
            Some((culprit, location)) if culprit == *column => Some(location),
            _ => self.source.text_cell(*column),
        };
        let Some(location) = known.cloned() else { return error };
        match error.into_kind() {
            ErrorKind::Type { message, hint, .. } => {
                let hint = hint_for(&location, &hint);
                Error::data(location, format!("{message}; this value makes the column text"), hint)
            }
            other => other.into(),
        }
    }

    /// Columns of the file whose type must stay what it is while the scan runs: those that are given out with a type as
    /// they come, and all that an expression shows as text.
    pub(crate) fn fixed_columns(&self) -> Vec<usize> {
        let as_text =
            self.bind_all().is_ok_and(|bound| bound.iter().any(typed::Typed::shows_numbers_as_text));
        if as_text {
            return self.resolved.input_fields();
        }
        if !self.resolved.streams() {
            return Vec::new();
        }
        self.scan.outputs.iter().filter(|output| !output.as_text).map(|output| output.column).collect()
    }
}

impl Plan {
    /// Columns of the file that aggregates read, and whether their states can go on with exact numbers behind NULLs: those
    /// that keep sums, or extremes and counts, of the column as it is. Sums of NULLs are sums of integers and share no state
    /// with the others; those of numbers do.
    fn aggregated_columns(&self) -> Vec<(usize, bool)> {
        use AggregateFunction as A;
        let mut columns: Vec<(usize, Option<bool>)> = Vec::new();
        for (function, arguments) in self.grouping.iter().flat_map(|grouping| &grouping.aggregates) {
            let sums = match (&arguments[..], function) {
                ([Expr::Field(_)], A::Sum | A::Avg) => Some(true),
                ([Expr::Field(_)], A::Count | A::Min | A::Max) => Some(false),
                _ => None,
            };
            let mut read = Vec::new();
            arguments.iter().for_each(|argument| argument.collect_fields(&mut read));
            columns.extend(read.into_iter().map(|output| (self.scan.outputs[output].column, sums)));
        }
        let alike = |(column, sums): &(usize, Option<bool>)| {
            let mut same = columns.iter().filter(|(other, _)| other == column);
            sums.is_some() && same.all(|(_, other)| other == sums)
        };
        columns.iter().map(|read| (read.0, alike(read))).collect()
    }
}

/// A hint in which `…` stands for the column, told for the cell.
fn hint_for(location: &Location, hint: &str) -> String {
    let Some(column) = &location.column else { return hint.to_owned() };
    let numbers = location.value.as_deref().and_then(|value| separators::expression(column, value));
    let hint = match (numbers, hint.contains("AS DOUBLE")) {
        (Some(numbers), true) => format!("write {numbers}"),
        _ => hint.replace('…', &Expr::Column(column.clone()).to_string()),
    };
    // A date that the forms leave open has no CAST.
    let wanted = if hint.contains("AS DOUBLE") {
        Some(DataType::Float64)
    } else {
        hint.contains("AS DATE").then_some(DataType::Date)
    };
    match location.value.as_deref().and_then(|cell| text_cell::flags(cell, wanted)) {
        Some(flags) if flags.contains("-format") => flags,
        Some(flags) => format!("{flags}; or {hint}"),
        // A CAST would fail for this very cell.
        None if wanted == Some(DataType::Date) && location.value.as_deref().is_some_and(is_no_date) => {
            hint.replace("CAST(", "TRY_CAST(")
        }
        None => hint,
    }
}

/// Whether a text is neither a date nor a timestamp.
fn is_no_date(text: &str) -> bool {
    DateForms::of_date(text.as_bytes()).is_empty() && DateForms::of_timestamp(text.as_bytes()).is_empty()
}

/// A pool of `threads` workers.
pub(crate) fn thread_pool(threads: usize) -> Result<ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("plimsoll-{index}"))
        // Whoever waits for what panicked says so; without this the process would be aborted.
        .panic_handler(|_| {})
        .build()
        .map_err(|error| {
            Error::plan(format!("{threads} threads cannot be started: {error}"), "use fewer threads")
        })
}

/// Makes `Field`s that are columns of the file places among the scanned `columns`, adding those that are new.
fn locate(expr: &mut Expr, columns: &mut Vec<ScanColumn>) {
    if let Expr::Field(column) = expr {
        *column = place(columns, ScanColumn { column: *column, as_text: false });
    }
    expr.children_mut().into_iter().for_each(|child| locate(child, columns));
}

fn place(columns: &mut Vec<ScanColumn>, wanted: ScanColumn) -> usize {
    columns.iter().position(|column| *column == wanted).unwrap_or_else(|| {
        columns.push(wanted);
        columns.len() - 1
    })
}
