//! The constants of a long IN list: kept once, shared by plans and threads, and looked up by hash. Short lists, and lists that
//! hold more than constants, are [`Expr::InList`](crate::Expr::InList).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{DataType, Value};

/// Constants as written.
#[derive(Debug)]
pub struct Constants {
    values: Vec<Value>,
    /// The set of the type that was asked for last.
    set: Mutex<Option<Arc<ConstantSet>>>,
}

impl PartialEq for Constants {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Constants {
    /// The constants from which on a list is kept as one of these.
    pub const LEAST: usize = 64;

    /// Those of a list.
    pub fn new(values: Vec<Value>) -> Self {
        Constants { values, set: Mutex::default() }
    }

    /// In the order in which they are written.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// One of each type that occurs.
    pub(crate) fn of_each_type(&self) -> Vec<&Value> {
        let mut found: Vec<&Value> = Vec::new();
        for value in &self.values {
            if found.iter().all(|known| known.data_type() != value.data_type()) {
                found.push(value);
            }
        }
        found
    }

    /// The set of these as values of a type, each made by `convert`; `None` where one has none, or where sets of the type
    /// have no use. The last one is kept.
    pub(crate) fn set(
        &self,
        data_type: DataType,
        convert: impl Fn(&Value) -> Option<Value>,
    ) -> Option<Arc<ConstantSet>> {
        let mut kept = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = kept.as_ref().filter(|set| set.data_type == data_type) {
            return Some(Arc::clone(set));
        }
        let set = Arc::new(ConstantSet::new(data_type, self.values.iter().map(convert))?);
        *kept = Some(Arc::clone(&set));
        Some(set)
    }
}

/// Constants of one type.
#[derive(Debug, PartialEq)]
pub struct ConstantSet {
    data_type: DataType,
    has_null: bool,
    members: Members,
}

#[derive(Debug, PartialEq)]
enum Members {
    /// Integers, days, microseconds.
    Words(HashSet<i64>),
    /// Mantissas of decimals of the type's scale.
    Mantissas(HashSet<i128>),
    /// The bits of doubles: equal ones have equal bits, as there is no -0.0 and one NaN.
    Doubles(HashSet<u64>),
    Texts(HashSet<Box<str>>),
}

impl ConstantSet {
    fn new(data_type: DataType, values: impl Iterator<Item = Option<Value>>) -> Option<Self> {
        let mut members = match data_type {
            DataType::Int64 | DataType::Date | DataType::Timestamp | DataType::Time => {
                Members::Words(HashSet::new())
            }
            DataType::Decimal { .. } => Members::Mantissas(HashSet::new()),
            DataType::Float64 => Members::Doubles(HashSet::new()),
            DataType::Utf8 => Members::Texts(HashSet::new()),
            DataType::Null | DataType::Boolean | DataType::Interval => return None,
        };
        let mut has_null = false;
        for value in values {
            match (&mut members, value?) {
                (_, Value::Null) => has_null = true,
                (Members::Words(words), Value::Int64(word) | Value::Timestamp(word) | Value::Time(word)) => {
                    words.insert(word);
                }
                (Members::Words(words), Value::Date(days)) => {
                    words.insert(days.into());
                }
                (Members::Mantissas(mantissas), value) => {
                    mantissas.insert(value.as_exact()?.0);
                }
                (Members::Doubles(doubles), Value::Float64(double)) => {
                    doubles.insert(double.to_bits());
                }
                (Members::Texts(texts), Value::Utf8(text)) => {
                    texts.insert(text);
                }
                _ => return None,
            }
        }
        Some(ConstantSet { data_type, has_null, members })
    }

    /// Whether NULL is one of them.
    pub fn has_null(&self) -> bool {
        self.has_null
    }

    /// Whether an integer, or the days or microseconds of a date or time, is one of them.
    pub fn has_word(&self, word: i64) -> bool {
        matches!(&self.members, Members::Words(words) if words.contains(&word))
    }

    /// Whether a decimal of the set's scale is one of them.
    pub fn has_mantissa(&self, mantissa: i128) -> bool {
        matches!(&self.members, Members::Mantissas(mantissas) if mantissas.contains(&mantissa))
    }

    /// Whether a double is one of them.
    pub fn has_double(&self, double: f64) -> bool {
        matches!(&self.members, Members::Doubles(doubles) if doubles.contains(&double.to_bits()))
    }

    /// Whether a text is one of them.
    pub fn has_text(&self, text: &str) -> bool {
        matches!(&self.members, Members::Texts(texts) if texts.contains(text))
    }
}
