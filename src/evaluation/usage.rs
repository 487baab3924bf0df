//! Which rules and synonym lines the searches of the last days used, and what those searches earned.

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::backtest::readable;
use super::searches::{Searched, Searches};
use crate::engine::{Engine, EngineError, Snapshot};
use crate::text::Analyzer;

/// How much a rule or a line of synonyms was used. It is found by asking the rules as they are now for every query that
/// was searched, at the time it was searched last: as if they had been there, as they are, all the time.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Use {
    /// The rule's name, or the line as it is written.
    pub name: String,
    pub file: String,
    pub line: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used: Option<Timestamp>,
    pub searches: u64,
    pub clicks: u64,
    /// What was bought after clicks in those searches.
    pub revenue: f64,
}

/// How much rules and synonyms were used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Usage {
    pub searches: u64,
    /// The most used first; those never used last.
    pub rules: Vec<Use>,
    pub synonyms: Vec<Use>,
    /// Share of the searches that a synonym line had a say in, 0 to 1.
    pub synonym_coverage: f64,
}

/// What was used in these searches. `synonym_files` are the files as they are: name and text.
pub fn usage(
    engine: &Engine,
    searches: &Searches,
    synonym_files: &[(String, String)],
) -> Result<Usage, EngineError> {
    let snapshot = engine.snapshot();
    let mut rules: FxHashMap<&str, Use> = FxHashMap::default();
    for rule in &snapshot.rules.rules {
        rules.insert(&rule.name, Use::none(&rule.name, &rule.file, rule.line));
    }
    let lines = SynonymLines::read(synonym_files, &snapshot.language.analyzer);
    let mut synonyms = lines.uses;
    let (mut covered, mut all) = (0, 0);
    for searched in &searches.queries {
        let request = searched.request(searched.last);
        let held = engine.held_under(&snapshot, &snapshot.rules, &request);
        for name in readable(held)?.unwrap_or_default() {
            if let Some(used) = rules.get_mut(name.as_str()) {
                used.add(searched);
            }
        }
        let used = lines_used(&snapshot, &lines.by_words, &searched.text);
        all += searched.searches;
        covered += if used.is_empty() {
            0
        } else {
            searched.searches
        };
        for line in used {
            synonyms[line].add(searched);
        }
    }
    let mut rules: Vec<Use> = rules.into_values().collect();
    for uses in [&mut rules, &mut synonyms] {
        uses.sort_by(|a, b| {
            let by_use = b.searches.cmp(&a.searches);
            by_use.then((&a.file, a.line).cmp(&(&b.file, b.line)))
        });
    }
    Ok(Usage {
        searches: searches.searches,
        rules,
        synonyms,
        synonym_coverage: covered as f64 / all.max(1) as f64,
    })
}

impl Usage {
    /// How many of these were not used once.
    pub fn never(uses: &[Use]) -> usize {
        uses.iter().filter(|one| one.searches == 0).count()
    }
}

impl Use {
    fn none(name: &str, file: &str, line: u64) -> Use {
        Use {
            name: name.to_string(),
            file: file.to_string(),
            line,
            last_used: None,
            searches: 0,
            clicks: 0,
            revenue: 0.0,
        }
    }

    fn add(&mut self, searched: &Searched) {
        self.last_used = self.last_used.max(Some(searched.last));
        self.searches += searched.searches;
        self.clicks += searched.clicks;
        self.revenue += searched.revenue;
    }
}

/// The lines of synonym files by the words they are about.
struct SynonymLines {
    uses: Vec<Use>,
    /// By stems, joined: which of the uses.
    by_words: FxHashMap<String, Vec<usize>>,
}

impl SynonymLines {
    fn read(files: &[(String, String)], analyzer: &Analyzer) -> SynonymLines {
        let mut lines = SynonymLines {
            uses: Vec::new(),
            by_words: FxHashMap::default(),
        };
        for (file, text) in files {
            for (number, line) in (1..).zip(text.lines()) {
                let content = line.split('#').next().unwrap_or_default().trim();
                if content.is_empty() {
                    continue;
                }
                let left = content.split("=>").next().unwrap_or_default();
                for phrase in left.split(',') {
                    let stems = analyzer.stems(phrase).join(" ");
                    let places = lines.by_words.entry(stems).or_default();
                    places.push(lines.uses.len());
                }
                lines.uses.push(Use::none(content, file, number));
            }
        }
        lines
    }
}

/// The lines that had a say in a query.
fn lines_used(
    snapshot: &Snapshot,
    by_words: &FxHashMap<String, Vec<usize>>,
    text: &str,
) -> Vec<usize> {
    let stems = snapshot.language.analyzer.stems(text);
    let (mut used, mut at) = (Vec::new(), 0);
    while at < stems.len() {
        let Some(found) = snapshot.language.synonyms.longest_at(&stems[at..]) else {
            at += 1;
            continue;
        };
        let words = stems[at..at + found.words].join(" ");
        used.extend(by_words.get(&words).into_iter().flatten().copied());
        at += found.words;
    }
    used.sort_unstable();
    used.dedup();
    used
}
