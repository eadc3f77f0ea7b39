//! What a hint says to write can be written.

use plimsoll_core::CsvOptions;

use crate::sql::refuse::INSTEAD;

/// The expressions that a hint says to write.
fn written(hint: &str) -> Option<impl Iterator<Item = &str>> {
    let text = hint.strip_prefix("write ")?;
    let text =
        [", which", ", where", ": "].iter().fold(text, |text, end| text.split(end).next().unwrap_or(text));
    Some(text.split(" or "))
}

#[test]
fn hints_for_functions_read_as_expressions() {
    let mut count = 0;
    for (name, hint) in INSTEAD {
        for text in written(hint).into_iter().flatten() {
            let sql = format!("SELECT {text} FROM f");
            if let Err(error) = crate::sql::parse(&sql, &CsvOptions::default()) {
                panic!("the hint for {name}: {error}");
            }
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}
