//! Measurements of weather stations, as in the One Billion Row Challenge: a station's name and a temperature with one
//! digit behind the point, bell-shaped around the station's mean.

use std::collections::HashSet;
use std::io::Result;

use crate::output::Output;
use crate::random::Random;

/// Cities and their mean temperatures over the year in degrees Celsius, to a few tenths.
const CITIES: &str = include_str!("stations.csv");

/// Standard deviation of a station's temperatures in tenths of a degree.
const DEVIATION: i64 = 100;

/// The coldest and hottest that is written, in tenths of a degree.
const EXTREME: i64 = 999;

/// How the measurements are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name;value`, no header, nothing quoted.
    Challenge,
    /// `station,t` with a header; names with commas in quotes.
    Csv,
}

/// A station's name as it is written, delimiter included, and its mean in tenths of a degree.
struct Station {
    prefix: String,
    mean: i64,
}

pub(crate) fn write(
    output: &mut Output,
    random: &mut Random,
    rows: u64,
    stations: u32,
    form: Form,
) -> Result<()> {
    let stations: Vec<Station> = match cities(stations as usize) {
        Some(cities) => cities,
        None => made_up(stations as usize, random),
    }
    .into_iter()
    .map(|(name, mean)| Station { prefix: prefix(&name, form), mean })
    .collect();
    if form == Form::Csv {
        output.text("station,t");
        output.end_record()?;
    }
    for _ in 0..rows {
        let station = &stations[random.index(stations.len())];
        let tenths = (station.mean + random.bell(DEVIATION)).clamp(-EXTREME, EXTREME);
        output.text(&station.prefix);
        output.decimal(tenths, 1);
        output.end_record()?;
    }
    Ok(())
}

fn prefix(name: &str, form: Form) -> String {
    match form {
        Form::Challenge => format!("{name};"),
        Form::Csv if name.contains(',') => format!("\"{name}\","),
        Form::Csv => format!("{name},"),
    }
}

/// `count` cities, evenly picked from the list; `None` where the list is shorter.
fn cities(count: usize) -> Option<Vec<(String, i64)>> {
    let all: Vec<(&str, &str)> = CITIES.lines().filter_map(|line| line.split_once(';')).collect();
    let picked = |index: usize| {
        let (name, mean) = all[index * all.len() / count];
        // One digit stands behind the point, so that without the point it counts tenths.
        (name.to_owned(), mean.replace('.', "").parse().unwrap_or(0))
    };
    (count <= all.len()).then(|| (0..count).map(picked).collect())
}

/// `count` different names of 1 to 100 bytes, some not ASCII, none with a delimiter, quote or newline.
fn made_up(count: usize, random: &mut Random) -> Vec<(String, i64)> {
    const SYLLABLES: [&str; 24] = [
        "ba", "cor", "du", "fen", "gli", "ha", "jor", "ki", "lun", "mo", "nar", "os", "pe", "qua", "rin",
        "sta", "tor", "ul", "ver", "é", "ł", "ñ", "京", " San ",
    ];
    let mut taken = HashSet::new();
    let mut stations = Vec::with_capacity(count);
    while stations.len() < count {
        // Most names are short; one in sixteen may be as long as the challenge allows.
        let longest = if random.below(16) == 0 { 100 } else { 18 };
        let wanted = 1 + random.index(longest);
        let mut name = String::new();
        loop {
            let syllable = SYLLABLES[random.index(SYLLABLES.len())];
            if name.len() + syllable.len() > wanted {
                break;
            }
            name.push_str(syllable);
        }
        let name = name.trim().to_owned();
        if !name.is_empty() && taken.insert(name.clone()) {
            stations.push((name, random.below(700).cast_signed() - 350));
        }
    }
    stations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_413_cities() {
        let cities = cities(413).unwrap();
        let names: HashSet<&str> = cities.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 413);
        assert!(cities.iter().all(|(_, mean)| (-200..=350).contains(mean)));
        assert!(cities.contains(&("Yakutsk".to_owned(), -88)));
        assert_eq!(
            CITIES.lines().filter(|line| line.split('.').next_back().map(str::len) == Some(1)).count(),
            413
        );
        assert!(super::cities(414).is_none());
    }

    #[test]
    fn made_up_names_are_different_and_short_enough() {
        let stations = made_up(10_000, &mut Random::new(1));
        let names: HashSet<&String> = stations.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 10_000);
        assert!(
            names.iter().all(|name| (1..=100).contains(&name.len()) && !name.contains([';', ',', '"', '\n']))
        );
        assert!(names.iter().any(|name| name.len() > 90) && names.iter().any(|name| !name.is_ascii()));
    }
}
