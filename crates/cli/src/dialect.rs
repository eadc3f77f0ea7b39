//! The small languages of the dialect flags: one byte, a byte or `none`, and `column=type` lists.

use std::str::FromStr;

use plimsoll::DataType;

/// A byte, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OptionalByte(pub(crate) Option<u8>);

impl FromStr for OptionalByte {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("none") {
            Ok(OptionalByte(None))
        } else {
            byte(text).map(|b| OptionalByte(Some(b)))
        }
    }
}

/// Reads one byte: itself, or `tab` or `\t` for a tab. A newline never is one: it ends records.
pub(crate) fn byte(text: &str) -> Result<u8, String> {
    match *text.as_bytes() {
        [b'\n' | b'\r'] => Err("a line end cannot be used here".to_owned()),
        [byte] => Ok(byte),
        _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok(b'\t'),
        [] => Err("it is empty; write one byte, or tab".to_owned()),
        _ => Err("write one byte, such as ; or |, or tab".to_owned()),
    }
}

/// Reads what comments begin with: any text in a line, or `tab` or `\t` for a tab.
pub(crate) fn comment(text: &str) -> Result<String, String> {
    match text {
        "" => Err("it is empty; write the text that comments begin with".to_owned()),
        _ if text.contains(['\n', '\r']) => Err("a line end cannot be used here".to_owned()),
        "\\t" => Ok("\t".to_owned()),
        _ if text.eq_ignore_ascii_case("tab") => Ok("\t".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// Names of columns and the types they are to have.
pub(crate) type ColumnTypes = Vec<(String, DataType)>;

/// Reads `name=TYPE,…`. A comma inside parentheses belongs to the type, as in `DECIMAL(4,1)`; a name may hold `=`.
pub(crate) fn column_types(text: &str) -> Result<ColumnTypes, String> {
    split_outside_parentheses(text).into_iter().map(column_type).collect()
}

fn column_type(text: &str) -> Result<(String, DataType), String> {
    let (name, type_name) =
        text.rsplit_once('=').ok_or_else(|| format!("'{}' is not NAME=TYPE", text.trim()))?;
    let (name, type_name) = (name.trim(), type_name.trim());
    if name.is_empty() {
        return Err(format!("'{}' lacks the column's name before =", text.trim()));
    }
    let data_type = DataType::parse(type_name).ok_or_else(|| {
        format!(
            "'{type_name}' is not a type; write BOOLEAN, BIGINT, DECIMAL(p,s), DOUBLE, DATE, TIMESTAMP or VARCHAR"
        )
    })?;
    Ok((name.to_owned(), data_type))
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        for (text, expected) in
            [(",", b','), (";", b';'), ("tab", b'\t'), ("\\t", b'\t'), ("\t", b'\t'), ("\\", b'\\')]
        {
            assert_eq!(byte(text), Ok(expected), "{text:?}");
        }
        for wrong in ["", "ab", "§", "\n", "\r", "\\n", "\r\n"] {
            assert!(byte(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!("none".parse(), Ok(OptionalByte(None)));
        assert_eq!("'".parse(), Ok(OptionalByte(Some(b'\''))));
        assert!("nothing".parse::<OptionalByte>().is_err());
    }

    #[test]
    fn types_keep_commas_in_parentheses() {
        let decimal = DataType::Decimal { precision: 4, scale: 1 };
        assert_eq!(column_types("t=DECIMAL(4,1)"), Ok(vec![("t".to_owned(), decimal)]));
        assert_eq!(
            column_types("t = decimal( 4 , 1 ),a=b=DATE, f(x,y)=BIGINT"),
            Ok(vec![
                ("t".to_owned(), decimal),
                ("a=b".to_owned(), DataType::Date),
                ("f(x,y)".to_owned(), DataType::Int64)
            ])
        );
    }

    #[test]
    fn wrong_types_say_what_is_wrong() {
        for (text, part) in [
            ("", "NAME=TYPE"),
            ("a", "'a' is not NAME=TYPE"),
            ("a=BIGINT,", "NAME=TYPE"),
            ("=BIGINT", "lacks the column's name"),
            ("a=BLOB", "'BLOB' is not a type"),
            ("a=DECIMAL(4,1", "is not a type"),
            ("a=DECIMAL(39,1)", "is not a type"),
        ] {
            let message = column_types(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
