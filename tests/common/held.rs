//! Running a query over what a strategy holds.

use plimsoll::memory::Budget;
use plimsoll::{Engine, Form};
use plimsoll_compare::Strategy;
use plimsoll_core::{Query, Result};
use plimsoll_rows::{Held, Rows};

use crate::common::rows;

/// Loads the query's file in the strategy's way, and runs the query over that.
///
/// # Errors
/// Those of the load. Those of the query are the inner ones.
pub(crate) fn run_held(query: &Query, strategy: Strategy) -> Result<Result<Rows>> {
    let engine = Engine::builder().threads(2).build()?;
    let inferred = engine.infer(&query.from)?;
    let folder = tempfile::tempdir().unwrap();
    let dataset = match strategy {
        Strategy::Rows => {
            let consumer = Budget::unlimited().consumer("rows");
            return Ok(Held::load(&inferred.table, inferred.schema.clone(), &inferred.profiles, &consumer)?
                .run(query));
        }
        Strategy::Stream => {
            let query = engine.query(query.clone()).with_types(&inferred)?;
            return Ok(query.run().map(|outcome| rows(&outcome)));
        }
        Strategy::Columnar => engine.load(&inferred, Form::Plain)?,
        Strategy::Compact => engine.load(&inferred, Form::Compact)?,
        Strategy::Mapped => engine.load_mapped(&inferred, &folder.path().join("mapped.arrow"))?,
    };
    Ok(engine.query(query.clone()).over(&dataset).run().map(|outcome| rows(&outcome)))
}
