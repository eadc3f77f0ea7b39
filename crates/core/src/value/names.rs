//! English names of months and weekdays.

/// January to December.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Sunday to Saturday.
pub const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Letters of a short name.
pub(super) const SHORT: usize = 3;

/// The place in `names` of the one that `text` begins with, in any case, and what follows; of its first three letters
/// where `short`.
pub(super) fn leading<'a>(names: &[&str], text: &'a [u8], short: bool) -> Option<(usize, &'a [u8])> {
    names.iter().enumerate().find_map(|(at, name)| {
        let name = if short { &name.as_bytes()[..SHORT] } else { name.as_bytes() };
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((at, rest))
    })
}
