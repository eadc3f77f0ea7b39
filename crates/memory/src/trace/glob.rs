//! Patterns of file names, as Python's `fnmatch` module has them: `*` is any text, slashes included, `?` any character,
//! `[a-z]` one of a set and `[!a-z]` one that is not in it. A bracket that is never closed is a plain character.

/// A pattern, cut into its parts. Backslashes are slashes, in the pattern and in the names.
#[derive(Debug)]
pub(super) struct Glob(Vec<Part>);

#[derive(Debug)]
enum Part {
    Any,
    One(Set),
}

/// The characters that a part stands for: those in one of the ranges, or those in none.
#[derive(Debug)]
struct Set {
    ranges: Vec<(char, char)>,
    negated: bool,
}

impl Set {
    fn has(&self, character: char) -> bool {
        let inside = self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&character));
        inside != self.negated
    }
}

fn normal(text: &str) -> Vec<char> {
    text.chars().map(|character| if character == '\\' { '/' } else { character }).collect()
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Glob {
        let pattern = normal(pattern);
        let mut parts = Vec::new();
        let mut rest = pattern.as_slice();
        while let [first, after @ ..] = rest {
            let (part, left) = match first {
                '*' => (Part::Any, after),
                '?' => (Part::One(Set { ranges: Vec::new(), negated: true }), after),
                '[' => set(after).map_or_else(|| (plain('['), after), |(set, left)| (Part::One(set), left)),
                other => (plain(*other), after),
            };
            parts.push(part);
            rest = left;
        }
        Glob(parts)
    }

    /// Whether the whole name matches. Takes at most the product of both lengths: only the last `*` is ever tried again,
    /// since what an earlier one could take more, the last one can too.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name = normal(name);
        let (mut part, mut at) = (0, 0);
        let mut retry = None;
        while at < name.len() || part < self.0.len() {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part + 1, at + 1));
                    part += 1;
                    continue;
                }
                Some(Part::One(set)) if name.get(at).is_some_and(|character| set.has(*character)) => {
                    (part, at) = (part + 1, at + 1);
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((after, from)) if from <= name.len() => {
                    (part, at) = (after, from);
                    retry = Some((after, from + 1));
                }
                _ => return false,
            }
        }
        true
    }
}

fn plain(character: char) -> Part {
    Part::One(Set { ranges: vec![(character, character)], negated: false })
}

/// The set that begins after a bracket, and what follows it; `None` where it is never closed.
fn set(text: &[char]) -> Option<(Set, &[char])> {
    let negated = text.first() == Some(&'!');
    let body = if negated { &text[1..] } else { text };
    // A bracket in the first place closes nothing: it is in the set.
    let close = 1 + body.get(1..)?.iter().position(|character| *character == ']')?;
    let (mut inside, left) = (&body[..close], &body[close + 1..]);
    let mut ranges = Vec::new();
    loop {
        match inside {
            [first, '-', last, after @ ..] => {
                ranges.push((*first, *last));
                inside = after;
            }
            [one, after @ ..] => {
                ranges.push((*one, *one));
                inside = after;
            }
            [] => return Some((Set { ranges, negated }, left)),
        }
    }
}
