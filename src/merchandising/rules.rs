//! `merchandising/rules/*.toml`: a file at a time in, the rules of a shop out, found by what they are about.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use toml::Spanned;

use super::candidates::Candidates;
use super::mistakes;
use super::reader::RuleReader;
use super::rule::Rule;
use super::words::Values;
use super::written::WrittenRule;
use crate::catalog::columns::Columns;
use crate::catalog::filter::Predicate;
use crate::problem::{Problem, line_of};
use crate::ranking::Shelf;
use crate::text::Analyzer;

/// Where a shop directory keeps its rules.
pub const RULES_DIR: &str = "merchandising/rules";

/// At most this many rules in one shop.
pub const RULES_MAX: usize = 20_000;
/// At most this many pins in one rule, and no pin after this position.
pub(super) const PINS_MAX: usize = 300;
pub(super) const PIN_POSITION_MAX: usize = 1_000;

/// The rules of a shop, in the order of their files.
#[derive(Debug, Default, Clone)]
pub struct Rules {
    pub rules: Vec<Arc<Rule>>,
    /// Rules that are written and never hold, and why.
    pub idle: Vec<Idle>,
    /// Rules of the file that cannot be read, in its order.
    refused: Vec<Refused>,
    /// What placeholders stand for.
    pub(super) values: Arc<Values>,
    pub(super) candidates: Arc<Candidates>,
}

/// A rule that is written and does not count.
#[derive(Debug, Clone, PartialEq)]
pub struct Idle {
    pub name: String,
    /// The file it stands in, relative to the shop directory, and the line it begins on.
    pub file: Arc<str>,
    pub line: u64,
    pub reason: String,
}

/// A rule that cannot be read.
#[derive(Debug, Clone)]
struct Refused {
    name: String,
    line: u64,
    /// How many rules stand before it.
    place: usize,
    /// Which of the file's problems says why.
    problem: usize,
}

/// What rules are read with.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    pub shelf: Shelf<'r>,
    pub analyzer: &'r Analyzer,
    pub known: &'r Known,
}

/// Names that rules use and other files define.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub recipes: Vec<String>,
    pub segments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<toml::Value>>,
}

impl Rules {
    /// Reads a rule file. A bad rule is a problem and the others hold, see `keep_refused`; `Err` when nothing of the
    /// file can be read, so that the last good version can stay. Call `ready` when all files are read.
    pub fn parse(
        file: &str,
        text: &str,
        reading: Reading<'_>,
    ) -> Result<(Rules, Vec<Problem>), Problem> {
        let written: RuleFile =
            toml::from_str(text).map_err(|error| mistakes::of_file(file, text, error))?;
        let (mut rules, mut problems) = (Rules::default(), Vec::new());
        let file: Arc<str> = file.into();
        let mut lines = Lines::of(text);
        for (begins, source, written) in mistakes::with_sources(text, written.rules) {
            let line = lines.at(begins);
            let name = written.get("name").and_then(toml::Value::as_str);
            let name = name.unwrap_or_default().to_string();
            let known = problems.len();
            let mut reader = RuleReader {
                file: &file,
                line,
                source,
                reading,
                problems: &mut problems,
                bound: Vec::new(),
            };
            match reader.read(written) {
                Some(rule) => rules.rules.push(Arc::new(rule)),
                None if problems.len() > known => rules.refused.push(Refused {
                    name,
                    line,
                    place: rules.rules.len(),
                    problem: problems.len() - 1,
                }),
                None => rules.idle.push(Idle {
                    name,
                    file: file.clone(),
                    line,
                    reason: "it is switched off: `enabled = false`".into(),
                }),
            }
        }
        Ok((rules, problems))
    }

    /// What written rules mean, each with its row, and what is wrong with them; for those that stand in no file yet.
    pub fn of(
        source: &str,
        rows: &[(u64, WrittenRule)],
        reading: Reading<'_>,
    ) -> (Rules, Vec<Problem>) {
        let (mut rules, mut problems) = (Rules::default(), Vec::new());
        let file: Arc<str> = source.into();
        for (row, rule) in rows {
            let known = problems.len();
            let mut reader = RuleReader {
                file: &file,
                line: *row,
                source: "",
                reading,
                problems: &mut problems,
                bound: Vec::new(),
            };
            match reader.mean(rule) {
                Some(rule) => rules.rules.push(Arc::new(rule)),
                None if problems.len() > known => rules.refused.push(Refused {
                    name: rule.name.clone(),
                    line: *row,
                    place: rules.rules.len(),
                    problem: problems.len() - 1,
                }),
                None => {}
            }
        }
        (rules, problems)
    }

    /// Whether every rule of the file can be read.
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty()
    }

    /// Puts the last good version of each rule that cannot be read, found by its name, where that rule stands, and says
    /// so in `problems`, which `parse` returned. Without one, the rule is idle.
    pub fn keep_refused(&mut self, last_good: &Rules, problems: &mut [Problem]) {
        for refused in std::mem::take(&mut self.refused).into_iter().rev() {
            let mut known = last_good.rules.iter();
            let Some(kept) = known.find(|rule| rule.name == refused.name) else {
                let problem = &problems[refused.problem];
                self.idle.push(Idle {
                    name: refused.name,
                    file: problem.file.as_str().into(),
                    line: refused.line,
                    reason: format!("it cannot be read: {}", problem.told()),
                });
                continue;
            };
            let problem = &mut problems[refused.problem];
            let kept = Rule {
                line: refused.line,
                outdated: Some(problem.told()),
                ..Rule::clone(kept)
            };
            self.rules.insert(refused.place, Arc::new(kept));
            problem.add("its last good version stays in force until it is mended");
        }
    }

    /// Says of every rule that it is the last good version of a file that cannot be read, and why not.
    pub fn outdate(&mut self, problem: &Problem) {
        for rule in &mut self.rules {
            Arc::make_mut(rule).outdated = Some(problem.told());
        }
    }

    /// Adds the rules of another file.
    pub fn extend(&mut self, other: Rules) {
        self.rules.extend(other.rules);
        self.idle.extend(other.idle);
    }

    /// Prepares the rules of all files to be found; call it once they are read.
    pub fn ready(&mut self, reading: Reading<'_>) {
        self.values = Arc::new(values(&self.rules, reading));
        self.candidates = Arc::new(Candidates::of(&self.rules));
    }

    /// These rules with those of a draft, which replace rules of the same name; what the draft switches off is off.
    pub fn with_draft(&self, draft: &Rules, reading: Reading<'_>) -> Rules {
        let mut rules = self.clone();
        let is_off = |rule: &Arc<Rule>| draft.idle.iter().any(|idle| idle.name == rule.name);
        rules.rules.retain(|rule| !is_off(rule));
        for rule in &draft.rules {
            match rules.rules.iter_mut().find(|own| own.name == rule.name) {
                Some(own) => *own = rule.clone(),
                None => rules.rules.push(rule.clone()),
            }
        }
        rules.ready(reading);
        rules
    }

    /// The names of these rules, of those that are switched off too.
    pub fn names(&self) -> FxHashSet<&str> {
        let held = self.rules.iter().map(|rule| rule.name.as_str());
        let idle = self.idle.iter().map(|idle| idle.name.as_str());
        held.chain(idle).collect()
    }

    /// The rules that have the names of a draft's, those that it switches off included.
    pub fn named_like(&self, draft: &Rules) -> Rules {
        let mut rules = Rules::default();
        let names = draft.names();
        let replaced = |rule: &&Arc<Rule>| names.contains(rule.name.as_str());
        rules.rules = self.rules.iter().filter(replaced).cloned().collect();
        rules
    }

    /// Whether any of these rules suppresses a product, by its id or by a filter, when it holds.
    pub fn suppress<'c>(&self, columns: &'c Columns) -> impl Fn(&str) -> bool + use<'c> {
        let then = || self.rules.iter().map(|rule| &rule.then);
        let products: FxHashSet<u32> = then().flat_map(|then| then.suppressed.clone()).collect();
        let filters = then().flat_map(|then| &then.suppressed_filters);
        let hidden: Vec<Predicate<'c>> = filters
            .map(|filter| Predicate::bind(filter, columns))
            .collect();
        move |id| {
            columns.ordinal(id).is_some_and(|product| {
                let mut hidden = hidden.iter();
                products.contains(&product)
                    || hidden.any(|hidden| hidden.holds_for_some(columns, product))
            })
        }
    }

    /// These rules without the one of this name.
    pub fn without(&self, name: &str) -> Rules {
        let mut rules = self.clone();
        rules.rules.retain(|rule| rule.name != name);
        rules.candidates = Arc::new(Candidates::of(&rules.rules));
        rules
    }
}

/// What the placeholders of these rules may stand for.
fn values(rules: &[Arc<Rule>], reading: Reading<'_>) -> Values {
    let mut values = Values::default();
    let patterns = rules.iter().flat_map(|rule| rule.all_patterns());
    for (attribute, _) in patterns.flat_map(|pattern| pattern.placeholders()) {
        values.0.entry(attribute).or_insert_with(|| {
            let words = reading.shelf.columns.words(attribute);
            let values = words
                .into_iter()
                .flat_map(|(dictionary, ..)| dictionary.values());
            let stems = |value: &str| reading.analyzer.stems(value).join(" ");
            let mut known = FxHashMap::default();
            for value in values {
                known
                    .entry(stems(value))
                    .or_insert_with(|| value.to_string());
            }
            known
        });
    }
    values
}

/// Lines of a text that is read from front to back: counting from the start for every rule would take too long.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Lines {
            text,
            offset: 0,
            line: 1,
        }
    }

    /// The line, counted from 1, that holds this byte; asked in ascending order.
    fn at(&mut self, offset: usize) -> u64 {
        if offset >= self.offset {
            self.line += line_of(&self.text[self.offset..], offset - self.offset) - 1;
            self.offset = offset.min(self.text.len());
            self.line
        } else {
            line_of(self.text, offset)
        }
    }
}
