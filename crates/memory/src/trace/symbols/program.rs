//! Finds the places of addresses of the running program in its own file and in those of its libraries, in memory that is
//! bounded by the number of addresses and the largest unit's list of files: neither the files' pages nor what was read of them
//! stay.

use gimli::Result;

use super::Place;
use super::elf::Image;
use super::maps::{self, Loaded};
use super::units::Units;

/// Gives the places at each of the ascending return addresses to `found`, an inlined function's first; no places where
/// nothing is known. What comes back are the addresses that this is not for: those of a program whose debug information is
/// compressed, lies in other files or is not there, or all where the system does not tell what lies where. Of a library like
/// that, the table of symbols names the functions.
pub(super) fn find(mut addresses: Vec<usize>, mut found: impl FnMut(usize, Vec<Place>)) -> Vec<usize> {
    let files = maps::loaded();
    if files.is_empty() {
        return addresses;
    }
    let mut others = Vec::new();
    for file in files {
        // A return address is the instruction behind the call.
        let offset = |address: usize| address.checked_sub(1).and_then(|call| file.offset(call));
        let own: Vec<usize> = addresses.extract_if(.., |address| offset(*address).is_some()).collect();
        if own.is_empty() || find_in(&file, &own, &mut found).is_ok() {
            continue;
        }
        let left = if file.is_program { &mut others } else { &mut addresses };
        left.extend(own);
    }
    addresses.into_iter().for_each(|address| found(address, Vec::new()));
    others
}

/// Gives the places of addresses of one file.
///
/// # Errors
/// Where its debug information cannot be read, if it is the program, or not even its table of symbols, if it is a library.
fn find_in(file: &Loaded, addresses: &[usize], found: &mut impl FnMut(usize, Vec<Place>)) -> Result<()> {
    let mut image = Image::open(&file.path)?;
    let probe = |address: &usize| image.address(file.offset(address - 1)?).map(|probe| (probe, *address));
    let all: Option<Vec<(u64, usize)>> = addresses.iter().map(probe).collect();
    let mut all = all.ok_or(gimli::Error::UnsupportedOffset)?;
    all.sort_unstable();
    if let Some(path) = image.debug_file()
        && !file.is_program
    {
        image = Image::open(&path)?;
    }
    let nameless = match Units::of(&image).and_then(|units| find_lines(&units, &all, found)) {
        Err(error) if file.is_program => return Err(error),
        Err(_) => all.into_iter().map(|one| (one, Vec::new())).collect(),
        Ok(nameless) => nameless,
    };
    find_symbols(&image, nameless, found)
}

/// Addresses in the file's terms and in memory, and the places there, whose functions have no name.
type Nameless = Vec<((u64, usize), Vec<Place>)>;

/// By debug information. Gives back what has no names there, in the order of `all`, which is ascending.
///
/// # Errors
/// Where there is none that can be read.
fn find_lines(
    units: &Units,
    all: &[(u64, usize)],
    found: &mut impl FnMut(usize, Vec<Place>),
) -> Result<Nameless> {
    let probes: Vec<u64> = all.iter().map(|(probe, _)| *probe).collect();
    // The places at each address that has not all names yet; none where it has.
    let mut nameless: Vec<Option<Vec<Place>>> = vec![Some(Vec::new()); all.len()];
    units.find(&probes, |number, places| {
        let named = places.iter().all(|place| place.function.is_some());
        nameless[number] = if named {
            found(all[number].1, places);
            None
        } else {
            Some(places)
        };
    })?;
    Ok(all.iter().copied().zip(nameless).filter_map(|(one, places)| Some((one, places?))).collect())
}

/// By the table of symbols.
///
/// # Errors
/// Where it cannot be read.
fn find_symbols(image: &Image, nameless: Nameless, found: &mut impl FnMut(usize, Vec<Place>)) -> Result<()> {
    if nameless.is_empty() {
        return Ok(());
    }
    let probes: Vec<u64> = nameless.iter().map(|((probe, _), _)| *probe).collect();
    let symbols = image.symbols(&probes)?;
    for (((_, address), mut places), symbol) in nameless.into_iter().zip(symbols) {
        if places.is_empty() && symbol.is_some() {
            places.push(Place::default());
        }
        for place in &mut places {
            place.function = place.function.take().or_else(|| symbol.clone());
        }
        found(address, places);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Some addresses of this program's code, evenly spread.
    fn addresses(count: usize) -> Vec<usize> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let own = std::env::current_exe().unwrap();
        let code = maps.lines().find(|line| line.contains(" r-xp ") && line.ends_with(own.to_str().unwrap()));
        let (range, _) = code.unwrap().split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let number = |digits| usize::from_str_radix(digits, 16).unwrap();
        // The first page may hold what lies before the code in the file.
        let (start, end) = (number(start) + 4096, number(end));
        (0..count).map(|at| start + 1 + (end - start - 1) / count * at).collect()
    }

    #[test]
    fn places_are_those_of_the_crate_backtrace() {
        const COUNT: usize = 500;
        let addresses = addresses(COUNT);
        let mut all = HashMap::new();
        let others = find(addresses.clone(), |address, places| {
            assert!(all.insert(address, places).is_none(), "{address:#x} is found twice");
        });
        assert_eq!(others, [0; 0]);
        let mut inlined = 0;
        for address in addresses {
            let expected = super::super::look_up_by_all(address);
            // Where two symbols are at one address, either may be named.
            if expected.iter().any(|place| place.line > 0) {
                assert_eq!(all[&address], expected, "{address:#x}");
            } else {
                assert_eq!(all[&address].len(), expected.len(), "{address:#x}");
            }
            inlined += usize::from(expected.len() > 1);
        }
        assert!(inlined > COUNT / 10, "{inlined} of {COUNT} have inlined functions");
    }

    #[test]
    fn functions_of_libraries_are_named() {
        let address = libc::getpid as *const () as usize + 2;
        let mut all = HashMap::new();
        let others = find(vec![1, address], |of, places| drop(all.insert(of, places)));
        assert_eq!((others, all[&1].len(), all[&address].len()), (vec![], 0, 1));
        assert!(all[&address][0].function.as_ref().unwrap().ends_with(b"getpid"));
    }
}
