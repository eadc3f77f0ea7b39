//! A row for each tool of the Python lesson: its counterpart, and one figure of it.

use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use plimsoll_memory::size::deep_size;

use crate::hold::N;
use crate::report::{Report, Row};

/// Measures what no step has, and takes the rest from the steps.
pub(crate) fn step(report: &mut Report) -> Result<()> {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..N));
    let squares: ArrayRef = Arc::new(Int64Array::from_iter_values((0..N).map(|number| number * number)));
    let plain = deep_size(&numbers).total;
    let frame = RecordBatch::try_from_iter([("number", numbers), ("square", squares)])?;
    let frame = deep_size(&frame).total;

    let known = |table, name, figure| {
        report
            .figure(table, name, figure)
            .with_context(|| format!("no step has found {figure} of {table}, {name}"))
    };
    let list = [known("hold", "list", "shallow")?, known("hold", "list", "deep")?];
    let generator = known("hold", "generator", "deep")?;
    let array = known("hold", "array.array", "deep")?;
    let view = known("view", "view", "shallow")?;
    let line = known("lines", "eager squares", "held")?;
    let resident = known("process", "most bytes resident", "after")?;
    let join = known("concatenate", "one buffer", "1,000 pieces")?;
    for (name, code, bytes) in [
        ("list", "deep size of `Vec<Box<Value>>`", list[1]),
        ("generator", "size of `(0..N).map(Value::Int64)`", generator),
        ("array.array", "deep size of an `Int32Array`", array),
        ("numpy.ndarray", "deep size of an `Int64Array`", plain),
        ("memoryview", "size of a `Buffer::slice`", view),
        ("pandas.DataFrame", "deep size of a `RecordBatch` of 2 columns", frame),
        ("sys.getsizeof", "`shallow_size` of the vector", list[0]),
        ("pympler.asizeof", "`deep_size` of the vector", list[1]),
        ("tracemalloc", "`trace`: what the line of the squares holds", line),
        ("resource.getrusage", "`process::usage`: most bytes resident with the vector", resident),
        ("str.join", "`push_str` of 1,000 pieces: allocated", join),
    ] {
        let exact = name != "resource.getrusage";
        report.row(Row { table: "tools", name, code, figures: vec![("bytes", bytes)], exact });
    }
    Ok(())
}
