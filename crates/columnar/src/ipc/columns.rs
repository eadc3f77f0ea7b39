//! A store's columns as the schema of a file, and back.

use std::collections::HashMap;

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Schema as ArrowSchema};
use plimsoll_core::{DataType, Field};

use super::{FORM_KEY, LOGICAL_KEY};
use crate::Form;
use crate::physical::{holds, logical_of};

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileColumn {
    /// Its name and what its values are.
    pub(crate) field: Field,
    /// The type of its arrays.
    pub(crate) physical: ArrowType,
}

/// The schema of a file of these columns. What their values are stands beside each, as not every type tells.
pub(super) fn arrow_schema(columns: &[FileColumn], form: Form) -> ArrowSchema {
    let fields: Vec<ArrowField> = columns
        .iter()
        .map(|FileColumn { field, physical }| {
            let logical = HashMap::from([(LOGICAL_KEY.to_owned(), field.data_type.to_string())]);
            ArrowField::new(&field.name, physical.clone(), true).with_metadata(logical)
        })
        .collect();
    ArrowSchema::new_with_metadata(fields, HashMap::from([(FORM_KEY.to_owned(), form.name().to_owned())]))
}

/// The columns of a file, as its schema has them, and their form where it is a store's; or what is wrong with them.
pub(super) fn columns_of(schema: &ArrowSchema) -> Result<(Vec<FileColumn>, Form), String> {
    let form = schema.metadata.get(FORM_KEY).and_then(|name| Form::parse(name)).unwrap_or_default();
    let columns = schema.fields().iter().map(|field| column_of(field)).collect::<Result<_, _>>()?;
    Ok((columns, form))
}

fn column_of(field: &ArrowField) -> Result<FileColumn, String> {
    let (name, physical) = (field.name(), field.data_type());
    let logical = match field.metadata().get(LOGICAL_KEY) {
        Some(text) if text == "NULL" => DataType::Null,
        Some(text) => DataType::parse(text)
            .ok_or_else(|| format!("column {name} says that it is a {text}, which is no type"))?,
        None => logical_of(physical)
            .ok_or_else(|| format!("column {name} is of the type {physical}, which is not supported"))?,
    };
    if !holds(logical, physical) {
        return Err(format!("column {name} says that it is a {logical}, which no {physical} holds"));
    }
    Ok(FileColumn { field: Field::new(name, logical), physical: physical.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::TimeUnit;

    #[test]
    fn every_type_of_every_form_comes_back() {
        let types = [
            DataType::Null,
            DataType::Boolean,
            DataType::Int64,
            DataType::decimal(2),
            DataType::decimal(38),
            DataType::Decimal { precision: 5, scale: 5 },
            DataType::Float64,
            DataType::Date,
            DataType::Timestamp,
            DataType::Time,
            DataType::Utf8,
        ];
        for form in [Form::Plain, Form::Compact] {
            for logical in types {
                for physical in form.ladder(logical) {
                    let columns = vec![FileColumn { field: Field::new("a", logical), physical }];
                    let schema = arrow_schema(&columns, form);
                    assert_eq!(columns_of(&schema), Ok((columns, form)));
                }
            }
        }
    }

    #[test]
    fn types_of_others_are_read_or_refused_by_name() {
        let of = |physical| columns_of(&ArrowSchema::new(vec![ArrowField::new("a", physical, true)]));
        let logical = |physical| of(physical).map(|(columns, _)| columns[0].field.data_type);
        assert_eq!(logical(ArrowType::UInt32), Ok(DataType::Int64));
        assert_eq!(logical(ArrowType::Decimal128(10, 3)), Ok(DataType::Decimal { precision: 10, scale: 3 }));
        assert_eq!(logical(ArrowType::Timestamp(TimeUnit::Millisecond, None)), Ok(DataType::Timestamp));
        let dictionary = |values| ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(values));
        assert_eq!(logical(dictionary(ArrowType::LargeUtf8)), Ok(DataType::Utf8));
        for refused in [
            ArrowType::UInt64,
            ArrowType::Binary,
            ArrowType::Decimal128(3, -2),
            ArrowType::Timestamp(TimeUnit::Nanosecond, None),
            ArrowType::Timestamp(TimeUnit::Second, Some("Europe/Oslo".into())),
            dictionary(ArrowType::Int64),
            dictionary(dictionary(ArrowType::Utf8)),
        ] {
            let message = of(refused.clone()).unwrap_err();
            assert_eq!(message, format!("column a is of the type {refused}, which is not supported"));
        }
    }

    #[test]
    fn a_type_that_does_not_fit_its_array_is_refused() {
        for (logical, physical) in [
            ("VARCHAR", ArrowType::Int64),
            ("DECIMAL(38,2)", ArrowType::Decimal64(18, 3)),
            ("BIGINT", ArrowType::Date32),
            ("DOUBLE", ArrowType::Int8),
            ("NULL", ArrowType::Int8),
            ("BLOB", ArrowType::Int8),
        ] {
            let metadata = HashMap::from([(LOGICAL_KEY.to_owned(), logical.to_owned())]);
            let field = ArrowField::new("a", physical, true).with_metadata(metadata);
            assert!(columns_of(&ArrowSchema::new(vec![field])).is_err(), "{logical}");
        }
    }
}
