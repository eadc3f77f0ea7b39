//! Blocks to Arrow record batches: what leaves the engine.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions};
use arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema, SchemaRef};
use arrow::record_batch::RecordBatch;
use plimsoll_core::{DataType, Error, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::{arrow_type, result_array};

/// Where an Arrow field says which type a column that is given as text has in the head sample.
pub const TYPE_KEY: &str = "plimsoll.type";

/// Makes batches of one schema: that of the first block.
#[derive(Debug)]
pub(crate) struct Batches {
    schema: SchemaRef,
    text_types: Vec<Option<DataType>>,
    fixed: bool,
}

impl Batches {
    pub(crate) fn new(schema: &Schema, text_types: &[Option<DataType>]) -> Self {
        Batches { schema: arrow_schema(schema, text_types), text_types: text_types.to_vec(), fixed: false }
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(crate) fn make(&mut self, block: Block) -> Result<RecordBatch> {
        if !self.fixed {
            // A schema of many columns is large: another one is made only where it says something else.
            let known = self.schema.fields().iter().map(|field| (field.name(), field.data_type().clone()));
            let fields = &block.schema.fields;
            if !known.eq(fields.iter().map(|field| (&field.name, arrow_type(field.data_type)))) {
                self.schema = arrow_schema(&block.schema, &self.text_types);
            }
            self.fixed = true;
        }
        let columns: Vec<ArrayRef> = block
            .columns
            .iter()
            .zip(&block.schema.fields)
            .map(|(array, field)| result_array(array, field.data_type))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(block.rows));
        RecordBatch::try_new_with_options(self.schema(), columns, &options)
            .map_err(|error| Error::value(format!("a batch cannot be made: {error}")))
    }
}

fn arrow_schema(schema: &Schema, text_types: &[Option<DataType>]) -> SchemaRef {
    let fields: Vec<ArrowField> = text_types
        .iter()
        .zip(&schema.fields)
        .map(|(text_type, field)| {
            let arrow = ArrowField::new(&field.name, arrow_type(field.data_type), true);
            match text_type {
                Some(data_type) => {
                    arrow.with_metadata(HashMap::from([(TYPE_KEY.to_owned(), data_type.to_string())]))
                }
                None => arrow,
            }
        })
        .collect();
    Arc::new(ArrowSchema::new(fields))
}
