//! Numbers that are written with separators, as `1,234.56` or `3,50`: what makes numbers of them. Decides no type.

use crate::Expr;

/// Between which digits of a number a separator stands.
#[derive(Debug, PartialEq, Eq)]
struct Separators {
    /// Groups of three digits.
    group: Option<char>,
    /// Before the fraction.
    point: char,
}

/// The expression that reads the numbers of a column as one of its cells shows them, `None` where that is no number with
/// separators.
pub fn expression(column: &str, cell: &str) -> Option<String> {
    let Separators { group, point } = separators(cell)?;
    let mut text = Expr::Column(column.to_owned()).to_string();
    if let Some(group) = group {
        let group = if group == '\'' { "''".to_owned() } else { group.to_string() };
        text = format!("replace({text}, '{group}', '')");
    }
    if point != '.' {
        text = format!("replace({text}, '{point}', '.')");
    }
    Some(format!("CAST({text} AS DOUBLE)"))
}

/// The mark between groups of three digits, where there is one, and that before the fraction; `None` where the cell is no
/// number with separators.
pub fn marks(cell: &str) -> Option<(Option<char>, char)> {
    separators(cell).map(|Separators { group, point }| (group, point))
}

fn separators(cell: &str) -> Option<Separators> {
    let number = cell.trim();
    let number = number.strip_prefix(['-', '+']).unwrap_or(number);
    let marks: Vec<(usize, char)> = number.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let (first, last) = (marks.first()?, marks.last()?);
    // Groups of three behind one to three digits, as far as `end`.
    let grouped = |group: char, end: usize| {
        let mut parts = number[..end].split(group);
        parts.next().is_some_and(|part| (1..=3).contains(&part.len()))
            && parts.all(|part| part.len() == 3)
            && marks.iter().all(|(at, c)| *at >= end || *c == group)
    };
    let is_point = |c: char| c == '.' || c == ',';
    let is_group = |c: char| matches!(c, '.' | ',' | ' ' | '\'' | '_');
    let found = match (first.1, last.1) {
        // 1,234.56 and 1.234,56
        (group, point) if group != point && is_group(group) && is_point(point) && grouped(group, last.0) => {
            Separators { group: Some(group), point }
        }
        // 1,234,567, and 1 234
        (group, _)
            if (marks.len() > 1 || !is_point(group)) && is_group(group) && grouped(group, number.len()) =>
        {
            Separators { group: Some(group), point: '.' }
        }
        // 3,50, and 1,234: what stands alone is more often a point, but three digits behind it are more often a group.
        (',', _) if marks.len() == 1 => match grouped(',', number.len()) && !number.starts_with('0') {
            true => Separators { group: Some(','), point: '.' },
            false => Separators { group: None, point: ',' },
        },
        _ => return None,
    };
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_numbers_with_separators() {
        for (cell, expected) in [
            ("1,234.56", "CAST(replace(v, ',', '') AS DOUBLE)"),
            ("-1.234,56", "CAST(replace(replace(v, '.', ''), ',', '.') AS DOUBLE)"),
            ("3,50", "CAST(replace(v, ',', '.') AS DOUBLE)"),
            ("0,125", "CAST(replace(v, ',', '.') AS DOUBLE)"),
            ("1,234", "CAST(replace(v, ',', '') AS DOUBLE)"),
            ("1.234.567", "CAST(replace(v, '.', '') AS DOUBLE)"),
            ("12 345 678", "CAST(replace(v, ' ', '') AS DOUBLE)"),
            ("1'234.5", "CAST(replace(v, '''', '') AS DOUBLE)"),
        ] {
            assert_eq!(expression("v", cell).as_deref(), Some(expected), "{cell}");
        }
        for cell in [
            "",
            "n/a",
            "12",
            "1.5",
            "1,2,3",
            "1,23,456",
            "2024-01-02",
            ",5",
            "1.2.3",
            "a,b",
            "12:30",
            "1,2.3,4",
        ] {
            assert_eq!(expression("v", cell), None, "{cell}");
        }
        let quoted = expression("a b", "3,5");
        assert_eq!(quoted.as_deref(), Some("CAST(replace(\"a b\", ',', '.') AS DOUBLE)"));
    }
}
