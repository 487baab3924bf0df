//! `synonyms/*.txt` in Solr's format: `tv, television` both ways, `gpu => graphics card` one way, `#` comments; and two
//! lines of our own: `laptop => notebook (0.8)` weighs, `mouse !=> mousse` forbids, `gopro !=> *` forbids everything.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Alternative;
use crate::problem::Problem;
use crate::text::Analyzer;

/// Where a shop directory keeps its synonyms, one file for each language.
pub const SYNONYMS_DIR: &str = "synonyms";

/// Files that end so have no synonyms but words that are never corrected, as many on a line as one likes.
const PROTECTED_FILE_ENDING: &str = "protected.txt";

/// At most this many lines are read.
const LINES_MAX: usize = 100_000;
/// At most this many words stand for one another on a line.
const ENTRIES_MAX: usize = 50;
/// A word of the same meaning counts a little less than the shopper's own.
const SYNONYM_WEIGHT: f32 = 0.9;

/// What words stand for.
#[derive(Debug, Default)]
pub struct Synonyms {
    /// By first stem; longest first.
    by_first_stem: FxHashMap<String, Vec<Entry>>,
    /// By stems, joined by spaces: what they never stand for.
    forbidden: FxHashMap<String, Vec<String>>,
    /// Stems of words that are typed right however they look.
    protected: FxHashSet<String>,
}

/// Stands for everything on the right of a line that forbids.
const EVERYTHING: &str = "*";

#[derive(Debug)]
struct Entry {
    stems: Vec<String>,
    meanings: Vec<Meaning>,
}

/// One of the things a word stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    pub text: String,
    pub stems: Vec<String>,
    weight: f32,
    /// The line says the weight.
    is_weighted: bool,
}

impl Meaning {
    /// Reads `notebook` or, with a weight above 0 and at most 1, `notebook (0.8)`.
    fn read(text: &str, analyzer: &Analyzer) -> Self {
        let weighted = text.strip_suffix(')').and_then(|rest| {
            let (words, weight) = rest.rsplit_once('(')?;
            let weight: f32 = weight.trim().parse().ok()?;
            (weight > 0.0 && weight <= 1.0).then_some((words.trim(), weight))
        });
        let (words, weight) = weighted.unwrap_or((text, SYNONYM_WEIGHT));
        Meaning {
            text: words.to_string(),
            stems: analyzer.stems(words),
            weight,
            is_weighted: weighted.is_some(),
        }
    }
}

/// A synonym found in a query.
#[derive(Debug, PartialEq)]
pub struct Found<'s> {
    /// How many words of the query it covers.
    pub words: usize,
    pub alternatives: &'s [Meaning],
}

impl Found<'_> {
    /// Each meaning as a way to satisfy a unit.
    pub fn as_alternatives(&self) -> Vec<Alternative> {
        let alternative = |meaning: &Meaning| Alternative {
            stems: meaning.stems.clone(),
            weight: meaning.weight,
        };
        self.alternatives.iter().map(alternative).collect()
    }
}

impl Synonyms {
    /// Reads a synonym file; a bad line is a problem and the others hold.
    pub fn parse(file: &str, text: &str, analyzer: &Analyzer) -> (Synonyms, Vec<Problem>) {
        let mut synonyms = Synonyms::default();
        let mut problems = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if number > LINES_MAX as u64 {
                problems.push(
                    Problem::new(file, format!("only the first {LINES_MAX} lines are read"))
                        .at(number),
                );
                break;
            }
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            if file.ends_with(PROTECTED_FILE_ENDING) {
                synonyms.protected.extend(analyzer.stems(content));
            } else if let Err((reason, suggestion)) = synonyms.add_line(content, analyzer) {
                problems.push(Problem::new(file, reason).at(number).suggest(suggestion));
            }
        }
        (synonyms, problems)
    }

    /// Adds what another file says.
    pub fn extend(&mut self, other: Synonyms) {
        for entry in other.by_first_stem.into_values().flatten() {
            self.add(entry.stems, entry.meanings);
        }
        self.protected.extend(other.protected);
        for (stems, mut meant) in other.forbidden {
            self.forbidden.entry(stems).or_default().append(&mut meant);
        }
    }

    /// Takes out what another line forbids; call once after the last file.
    pub fn settle(&mut self) {
        let forbidden = std::mem::take(&mut self.forbidden);
        for entry in self.by_first_stem.values_mut().flatten() {
            let Some(never) = forbidden.get(&entry.stems.join(" ")) else {
                continue;
            };
            let own = &entry.stems;
            entry.meanings.retain(|meaning| {
                meaning.stems == *own
                    || !never
                        .iter()
                        .any(|never| *never == meaning.stems.join(" ") || never == EVERYTHING)
            });
        }
        self.forbidden = forbidden;
    }

    /// Whether some words must never stand for others.
    pub fn forbid(&self, stems: &[String], meant: &[String]) -> bool {
        let Some(never) = self.forbidden.get(&stems.join(" ")) else {
            return false;
        };
        let meant = meant.join(" ");
        never
            .iter()
            .any(|never| *never == meant || never == EVERYTHING)
    }

    /// Whether a word is never corrected.
    pub fn protect(&self, stem: &str) -> bool {
        self.protected.contains(stem)
    }

    /// Whether words must stand for nothing but themselves.
    pub fn forbid_all(&self, stems: &[String]) -> bool {
        let never = self.forbidden.get(&stems.join(" "));
        never.is_some_and(|never| never.iter().any(|never| never == EVERYTHING))
    }

    /// How many words and phrases stand for something.
    pub fn len(&self) -> usize {
        self.by_first_stem.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.by_first_stem.is_empty()
    }

    /// The stems of all words that stand for something, and everything each stands for.
    pub fn entries(&self) -> impl Iterator<Item = (&[String], Vec<Alternative>)> {
        let entries = self.by_first_stem.values().flatten();
        entries.map(|entry| {
            let found = Found {
                words: entry.stems.len(),
                alternatives: &entry.meanings,
            };
            (&*entry.stems, found.as_alternatives())
        })
    }

    /// The longest synonym that these stems begin with.
    pub fn longest_at(&self, stems: &[String]) -> Option<Found<'_>> {
        let entries = self.by_first_stem.get(stems.first()?)?;
        let entry = entries
            .iter()
            .find(|entry| stems.starts_with(&entry.stems))?;
        Some(Found {
            words: entry.stems.len(),
            alternatives: &entry.meanings,
        })
    }

    fn add_line(&mut self, line: &str, analyzer: &Analyzer) -> Result<(), (String, String)> {
        const BOTH_WAYS: &str = "write at least two words, such as `tv, television`";
        const ONE_WAY: &str = "write for example `gpu => graphics card`";
        if let Some((left, right)) = line.split_once("!=>") {
            return self.forbid_line(left, right, analyzer);
        }
        let meanings = |part: &str| -> Vec<Meaning> {
            let texts = part
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty());
            texts
                .map(|text| Meaning::read(text, analyzer))
                .filter(|meaning| !meaning.stems.is_empty())
                .collect()
        };
        let (left, right) = match line.split_once("=>") {
            Some((left, right)) if right.contains("=>") => {
                return Err((format!("`{left}` has more than one `=>`"), ONE_WAY.into()));
            }
            Some((left, right)) => (meanings(left), meanings(right)),
            None => (meanings(line), meanings(line)),
        };
        let one_way = line.contains("=>");
        if one_way && (left.is_empty() || right.is_empty()) {
            return Err((format!("one side of `{line}` is empty"), ONE_WAY.into()));
        }
        if !one_way && left.len() < 2 {
            return Err((format!("`{line}` stands alone"), BOTH_WAYS.into()));
        }
        if left.len().max(right.len()) > ENTRIES_MAX {
            return Err((
                format!("more than {ENTRIES_MAX} words on one line"),
                "split the line".into(),
            ));
        }
        for own in left {
            let mut meant = right.clone();
            for meaning in &mut meant {
                // What stands on a line without a direction weighs for the others, not for whoever types it.
                let is_own = !one_way && meaning.stems == own.stems;
                if is_own || one_way && !meaning.is_weighted {
                    meaning.weight = 1.0;
                }
            }
            self.add(own.stems, meant);
        }
        Ok(())
    }

    /// Reads a line such as `mouse !=> mousse`.
    fn forbid_line(
        &mut self,
        left: &str,
        right: &str,
        analyzer: &Analyzer,
    ) -> Result<(), (String, String)> {
        const HINT: &str = "write for example `mouse !=> mousse`, or `gopro !=> *`";
        let words = |part: &str| -> Vec<String> {
            let texts = part.split(',').map(str::trim);
            texts
                .map(|text| match text {
                    EVERYTHING => EVERYTHING.to_string(),
                    _ => analyzer.stems(text).join(" "),
                })
                .filter(|text| !text.is_empty())
                .collect()
        };
        let (left, right) = (words(left), words(right));
        if left.is_empty() || right.is_empty() {
            return Err(("one side of `!=>` is empty".into(), HINT.into()));
        }
        if let Some(same) = left.iter().find(|left| right.contains(left)) {
            let reason =
                format!("`{same}` on both sides of `!=>` has one stem, so it cannot be told apart");
            return Err((reason, HINT.into()));
        }
        for own in left {
            self.forbidden.entry(own).or_default().extend(right.clone());
        }
        Ok(())
    }

    /// Lines about the same words add up.
    fn add(&mut self, stems: Vec<String>, meanings: Vec<Meaning>) {
        let entries = self.by_first_stem.entry(stems[0].clone()).or_default();
        let entry = match entries.iter().position(|entry| entry.stems == stems) {
            Some(at) => &mut entries[at],
            None => {
                let at = entries.partition_point(|entry| entry.stems.len() >= stems.len());
                entries.insert(
                    at,
                    Entry {
                        stems,
                        meanings: Vec::new(),
                    },
                );
                &mut entries[at]
            }
        };
        for meaning in meanings {
            if !entry
                .meanings
                .iter()
                .any(|known| known.stems == meaning.stems)
            {
                entry.meanings.push(meaning);
            }
        }
    }
}
