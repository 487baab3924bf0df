//! `when`: conditions as they are written, and what they test.

use super::super::rule::{Condition, Test, Trait};
use super::super::schedule::{Wrong, read_moment, read_weekly, read_zone};
use super::super::words::{Anchor, Liberties, Pattern};
use super::super::written::{Texts, WrittenQuery, WrittenWhen};
use super::RuleReader;
use crate::catalog::filter::Filter;
use crate::catalog::schema::Role;

impl RuleReader<'_> {
    pub(super) fn read_when(
        &mut self,
        rule: &str,
        written: &WrittenWhen,
    ) -> Option<Vec<Condition>> {
        let mut when = Vec::new();
        if let Some(query) = &written.query {
            self.read_query(rule, query, &mut when)?;
        }
        if !written.category.is_empty() {
            when.push(self.read_category(rule, &written.category)?);
        }
        if let Some(text) = &written.filter {
            let filter = self.filter(rule, "when filter", text)?.folded();
            when.push(condition("filter", text, Test::Filter(filter)));
        }
        for (what, names) in [
            (Trait::Segment, &written.segment),
            (Trait::Surface, &written.surface),
            (Trait::Device, &written.device),
            (Trait::Campaign, &written.campaign),
            (Trait::Language, &written.language),
        ] {
            if names.is_empty() {
                continue;
            }
            self.warn_of_unknown_names(rule, what, names.all());
            let names = names.all().to_vec();
            let text = names.join(" or ");
            when.push(condition(what.name(), &text, Test::OneOf { what, names }));
        }
        if !written.context.is_empty() {
            let tags = written.context.all().to_vec();
            when.push(condition("context", &tags.join(", "), Test::Context(tags)));
        }
        for (experiment, arm) in &written.experiment {
            let text = format!("{experiment}:{arm}");
            let (experiment, arm) = (experiment.clone(), arm.clone());
            when.push(condition(
                "experiment",
                &text,
                Test::Arm { experiment, arm },
            ));
        }
        match read_times(written) {
            Ok(times) => when.extend(times),
            Err((reason, instead)) => {
                self.report(format!("rule `{rule}`: {reason}"), &instead);
                return None;
            }
        }
        Some(when)
    }

    fn read_query(
        &mut self,
        rule: &str,
        written: &WrittenQuery,
        when: &mut Vec<Condition>,
    ) -> Option<()> {
        let liberties = Liberties {
            spelling: written.spelling,
            stemming: written.stemming,
            synonyms: written.synonyms,
        };
        for (key, anchor, texts) in [
            ("is", Anchor::Is, &written.is),
            ("contains", Anchor::Contains, &written.contains),
            ("starts", Anchor::Starts, &written.starts),
            ("ends", Anchor::Ends, &written.ends),
            ("any", Anchor::Contains, &written.any),
        ] {
            if texts.is_empty() {
                continue;
            }
            let patterns = self.patterns(rule, texts.all(), anchor == Anchor::Is)?;
            let test = Test::Query {
                anchor,
                patterns,
                liberties,
            };
            let text = texts.all().join(" or ");
            when.push(condition(&format!("query {key}"), &text, test));
        }
        if !written.none.is_empty() {
            let patterns = self.patterns(rule, written.none.all(), false)?;
            let text = written.none.all().join(" or ");
            let test = Test::Without {
                patterns,
                liberties,
            };
            when.push(condition("query none", &text, test));
        }
        Some(())
    }

    pub(super) fn patterns(
        &mut self,
        rule: &str,
        texts: &[String],
        may_be_empty: bool,
    ) -> Option<Vec<Pattern>> {
        let schema = self.reading.shelf.schema;
        let mut patterns = Vec::new();
        for text in texts {
            let read = Pattern::read(text, self.reading.analyzer, |name| schema.position(name));
            let pattern = match read {
                Ok(pattern) => pattern,
                Err(name) => {
                    let instead = match schema.nearest_name(&name) {
                        Some(near) => format!("did you mean `{{{near}}}`?"),
                        None => "a placeholder is the name of an attribute, as `{brand}`".into(),
                    };
                    let reason = format!("rule `{rule}`: unknown attribute `{name}` in `{text}`");
                    self.report(reason, &instead);
                    return None;
                }
            };
            if pattern.tokens.is_empty() && !may_be_empty {
                self.report(
                    format!("rule `{rule}`: the query condition has no words"),
                    "write at least one",
                );
                return None;
            }
            let columns = self.reading.shelf.columns;
            let unknown = pattern
                .placeholders()
                .map(|(attribute, _)| attribute)
                .find(|attribute| columns.words(*attribute).is_none());
            if let Some(attribute) = unknown {
                let name = &schema.attributes[attribute].name;
                let reason =
                    format!("rule `{rule}`: `{{{name}}}` in `{text}` has no values to compare");
                self.report(
                    reason,
                    "give the attribute `facet = true` in index/schema.toml and index again",
                );
                return None;
            }
            patterns.push(pattern);
        }
        Some(patterns)
    }

    fn read_category(&mut self, rule: &str, written: &Texts) -> Option<Condition> {
        let Some(attribute) = self.reading.shelf.schema.role(Role::Category) else {
            let reason = format!("rule `{rule}`: `category` needs a category attribute");
            self.report(
                reason,
                "give an attribute `role = \"category\"` in index/schema.toml",
            );
            return None;
        };
        let names = written.all().to_vec();
        let is = |name: &String| Filter::Is {
            attribute,
            value: name.clone(),
        };
        let filter = Filter::Any(names.iter().map(is).collect());
        self.warn_of_unknown_values(rule, "category", &filter);
        let text = names.join(" or ");
        let filter = filter.folded();
        Some(condition(
            "category",
            &text,
            Test::Category { names, filter },
        ))
    }
}

fn read_times(written: &WrittenWhen) -> Result<Vec<Condition>, Wrong> {
    let zone = match &written.timezone {
        Some(name) => read_zone(name)?,
        None => jiff::tz::TimeZone::UTC,
    };
    let mut times = Vec::new();
    if let Some(from) = &written.from {
        let from = read_moment("from", &from.text(), &zone, 0)?;
        times.push(condition("from", &from.text.clone(), Test::From(from)));
    }
    if let Some(until) = &written.until {
        // A plain date includes that whole day.
        let until = read_moment("until", &until.text(), &zone, 1)?;
        times.push(condition("until", &until.text.clone(), Test::Until(until)));
    }
    let weekly = written.weekly.all();
    if !weekly.is_empty() {
        let weekly = read_weekly(weekly, zone)?;
        times.push(condition(
            "weekly",
            &weekly.text.clone(),
            Test::Weekly(weekly),
        ));
    }
    Ok(times)
}

fn condition(key: &str, text: &str, test: Test) -> Condition {
    Condition {
        text: format!("{key} = {text}"),
        test,
    }
}
