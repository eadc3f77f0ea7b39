//! Named, typed columns in file order.

use serde::{Deserialize, Serialize};

use crate::{DataType, Error, Result};

/// One column: its name as the file's header or the user gives it, and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name, byte for byte.
    pub name: String,
    /// The type.
    pub data_type: DataType,
}

impl Field {
    /// A column called `name`.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Field { name: name.into(), data_type }
    }
}

/// The columns of a file or of a result, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// The columns.
    pub fields: Vec<Field>,
}

plimsoll_memory::impl_deep_size!(struct Field { name, data_type });
plimsoll_memory::impl_deep_size!(struct Schema { fields });

impl Schema {
    /// A schema of these columns.
    pub fn new(fields: Vec<Field>) -> Self {
        Schema { fields }
    }

    /// The index of the column `name`: an exact match first, else the only one that matches without regard to ASCII case,
    /// else the same without the blanks around the name.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest names where there is none, `Plan` where several match in other cases.
    pub fn index_of(&self, name: &str) -> Result<usize> {
        if let Some(index) = self.fields.iter().position(|field| field.name == name) {
            return Ok(index);
        }
        let mut matches =
            self.fields.iter().enumerate().filter(|(_, field)| field.name.eq_ignore_ascii_case(name));
        match (matches.next(), matches.next()) {
            (Some((index, _)), None) => Ok(index),
            (Some((_, first)), Some((_, second))) => Err(Error::plan(
                format!("column name {name} is ambiguous: it could be {} or {}", first.name, second.name),
                "write the name with the case the file has, in double quotes",
            )),
            (None, _) if name.trim() != name => self.index_of(name.trim()),
            (None, _) => {
                Err(Error::unknown_column(name, self.fields.iter().map(|field| field.name.as_str())))
            }
        }
    }

    /// The types, in order.
    pub fn types(&self) -> Vec<DataType> {
        self.fields.iter().map(|field| field.data_type).collect()
    }
}
