//! One rule as it is written → what it means in this catalog, and what is wrong with it.

use std::sync::Arc;

use super::rule::{Condition, Pin, Rewording, Rule, Slot, Test, Then, Trait};
use super::rules::{PIN_POSITION_MAX, PINS_MAX, Reading};
use super::schedule::{Wrong, read_moment, read_weekly, read_zone};
use super::words::{Anchor, Liberties, Pattern};
use super::written::{
    Obey, Texts, WrittenAdjustment, WrittenPin, WrittenQuery, WrittenReplacement, WrittenRule,
    WrittenSuppression, WrittenWhen,
};
use crate::catalog::filter::{self, Filter};
use crate::catalog::schema::Role;
use crate::problem::{Problem, nearest};
use crate::ranking::Adjustment;
use crate::retrieval::Order;

/// How much a boost and a bury without `by` do.
const BOOSTED_BY: f64 = 1.5;
const BURIED_BY: f64 = 3.0;

/// What a rule hands to the storefront is at most this long, as JSON.
const DATA_BYTES_MAX: usize = 4_096;

/// Where lists appear.
pub const SURFACES: [&str; 7] = [
    "search",
    "category",
    "home",
    "product",
    "cart",
    "after-purchase",
    "e-mail",
];

/// Reads one rule; what is wrong with it goes to `problems`.
pub(super) struct RuleReader<'r> {
    pub(super) file: &'r Arc<str>,
    pub(super) line: u64,
    pub(super) reading: Reading<'r>,
    pub(super) problems: &'r mut Vec<Problem>,
    /// The placeholders of the rule's query, such as `{brand}`.
    pub(super) bound: Vec<String>,
}

impl RuleReader<'_> {
    /// The rule; `None` when it is switched off or cannot be read.
    pub(super) fn read(&mut self, value: toml::Value) -> Option<Rule> {
        let written: WrittenRule = match value.try_into() {
            Ok(written) => written,
            Err(error) => {
                self.report(
                    one_line(error.message()),
                    "the other rules of the file hold",
                );
                return None;
            }
        };
        self.mean(&written)
    }

    /// What a written rule means; `None` when it is switched off or cannot be read.
    pub(super) fn mean(&mut self, written: &WrittenRule) -> Option<Rule> {
        if !written.enabled {
            return None;
        }
        let name = written.name.trim();
        if name.is_empty() {
            self.report("a rule has no name".into(), "give it `name = \"…\"`");
            return None;
        }
        let when = self.read_when(name, &written.when)?;
        let problems_before = self.problems.len();
        self.bound = when
            .iter()
            .flat_map(Condition::placeholders)
            .map(str::to_string)
            .collect();
        let then = self.read_then(written)?;
        // Of a rule whose only products are unknown, that is said already.
        if then.does_nothing() && self.problems.len() == problems_before {
            self.report(
                format!("rule `{name}` does nothing"),
                "give it a pin, slot, boost, bury, suppress, filter, replace, remove, add, sort, recipe, banner, redirect, data or facets",
            );
        }
        Some(Rule {
            name: name.to_string(),
            file: self.file.clone(),
            line: self.line,
            priority: written.priority,
            stop: written.stop,
            when,
            then,
        })
    }

    fn read_when(&mut self, rule: &str, written: &WrittenWhen) -> Option<Vec<Condition>> {
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

    fn patterns(
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

    fn read_then(&mut self, written: &WrittenRule) -> Option<Then> {
        let rule = written.name.trim();
        let mut then = Then {
            banners: written.banner.clone(),
            redirect: written.redirect.clone(),
            data: written.data.clone(),
            ..Then::default()
        };
        for boost in &written.boost {
            let adjustment = self.read_adjustment(rule, "boost", boost, BOOSTED_BY)?;
            then.told
                .push(format!("boosts {} by {}", boost.filter, adjustment.by));
            then.adjustments.push(adjustment);
        }
        for bury in &written.bury {
            let adjustment = self.read_adjustment(rule, "bury", bury, BURIED_BY)?;
            then.told
                .push(format!("buries {} by {}", bury.filter, adjustment.by));
            then.adjustments.push(Adjustment {
                by: 1.0 / adjustment.by,
                ..adjustment
            });
        }
        for suppression in &written.suppress {
            match suppression {
                WrittenSuppression::Product(id) => {
                    then.suppressed.extend(self.product(rule, "suppress", id));
                    then.told.push(format!("suppresses {id}"));
                }
                WrittenSuppression::Filter { filter } => {
                    let read = self.filter(rule, "suppress", filter)?;
                    then.suppressed_filters.push(read);
                    then.told.push(format!("suppresses {filter}"));
                }
            }
        }
        if let Some(text) = &written.filter {
            then.filters.push(self.filter(rule, "filter", text)?);
            then.told.push(format!("lists only {text}"));
        }
        for slot in &written.slot {
            let filter = self.filter(rule, "slot", &slot.filter)?;
            if self.is_position(rule, slot.position, &slot.filter) {
                let told = format!("gives position {} to {}", slot.position, slot.filter);
                then.told.push(told);
                then.slots.push(Slot {
                    filter,
                    position: slot.position,
                });
            }
        }
        self.read_pins(rule, &written.pin, &mut then);
        self.read_rewording(rule, written, &mut then)?;
        self.read_presentation(rule, written, &mut then)?;
        Some(then)
    }

    fn read_presentation(
        &mut self,
        rule: &str,
        written: &WrittenRule,
        then: &mut Then,
    ) -> Option<()> {
        if let Some(text) = &written.sort {
            then.sort = Some(self.read_sort(rule, text)?);
            then.told.push(format!("sorts by {text}"));
        }
        if let Some(name) = &written.recipe {
            if !self.reading.known.recipes.contains(name) {
                let known = self.reading.known.recipes.iter().map(String::as_str);
                let instead = match nearest(name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "recipes are defined in index/ranking.toml".into(),
                };
                self.report(format!("rule `{rule}`: unknown recipe `{name}`"), &instead);
                return None;
            }
            then.recipe = Some(name.clone());
            then.told.push(format!("ranks by recipe {name}"));
        }
        for name in &written.facets {
            let schema = self.reading.shelf.schema;
            if !schema.attribute(name).is_some_and(|known| known.facet) {
                let known = schema.attributes.iter().filter(|known| known.facet);
                let instead = match nearest(name, known.map(|known| known.name.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "facets have `facet = true` in index/schema.toml".into(),
                };
                self.report(format!("rule `{rule}`: unknown facet `{name}`"), &instead);
                continue;
            }
            then.facets.push(name.clone());
        }
        if !then.facets.is_empty() {
            then.told
                .push(format!("shows facets in order {}", then.facets.join(", ")));
        }
        if let Some(redirect) = &written.redirect {
            if !(redirect.starts_with('/') || redirect.contains("://")) {
                let reason = format!("rule `{rule}`: `{redirect}` is no address");
                self.report(reason, "write /sale or https://shop.example/sale");
                return None;
            }
            then.told.push(format!("redirects to {redirect}"));
        }
        let bytes = written
            .data
            .as_ref()
            .map_or(0, |data| data.to_string().len());
        if bytes > DATA_BYTES_MAX {
            let reason = format!("rule `{rule}`: `data` has {bytes} bytes");
            self.report(reason, &format!("write at most {DATA_BYTES_MAX}"));
            return None;
        }
        if written.data.is_some() {
            then.told.push("hands data to the storefront".into());
        }
        if !written.banner.is_empty() {
            then.told.push("shows a banner".into());
        }
        Some(())
    }

    fn read_rewording(&mut self, rule: &str, written: &WrittenRule, then: &mut Then) -> Option<()> {
        let mut rewording = Rewording::default();
        for WrittenReplacement { words, with } in &written.replace {
            let pattern = match words {
                Some(words) => self
                    .patterns(rule, std::slice::from_ref(words), false)?
                    .pop(),
                None => None,
            };
            let what = words.as_deref().unwrap_or("the query");
            then.told.push(format!("reads {what} as {with}"));
            rewording.replace.push((pattern, with.clone()));
        }
        rewording.remove = self.patterns(rule, written.remove.all(), false)?;
        rewording.add = written.add.all().to_vec();
        if !written.remove.is_empty() {
            let words = written.remove.all().join(", ");
            then.told.push(format!("leaves out {words}"));
        }
        if !written.add.is_empty() {
            then.told
                .push(format!("adds {}", written.add.all().join(", ")));
        }
        then.rewording = rewording;
        Some(())
    }

    fn read_sort(&mut self, rule: &str, text: &str) -> Option<Order> {
        let schema = self.reading.shelf.schema;
        let (name, direction) = text.rsplit_once(':').unwrap_or((text, ""));
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            _ => {
                let reason = format!("rule `{rule}`: sort `{text}` has no direction");
                self.report(reason, &format!("write {name}:asc or {name}:desc"));
                return None;
            }
        };
        let found = schema
            .position(name)
            .filter(|at| schema.attributes[*at].sort);
        let Some(attribute) = found else {
            let known = schema.attributes.iter().filter(|known| known.sort);
            let instead = match nearest(name, known.map(|known| known.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "give the attribute `sort = true` in index/schema.toml".into(),
            };
            let reason = format!("rule `{rule}`: lists cannot be sorted by `{name}`");
            self.report(reason, &instead);
            return None;
        };
        Some(Order::By {
            attribute,
            descending,
        })
    }

    fn read_adjustment(
        &mut self,
        rule: &str,
        kind: &str,
        written: &WrittenAdjustment,
        by: f64,
    ) -> Option<Adjustment> {
        let by = written.by.unwrap_or(by);
        if !(1.0..=100.0).contains(&by) {
            let reason = format!("rule `{rule}`: {kind} `by` is {by}");
            self.report(reason, "write a multiplier between 1 and 100, such as 1.5");
            return None;
        }
        let filter = self.filter(rule, kind, &written.filter)?;
        Some(Adjustment {
            name: rule.to_string(),
            filter,
            by,
            measure: None,
        })
    }

    fn filter(&mut self, rule: &str, kind: &str, text: &str) -> Option<Filter> {
        match filter::parse(self.reading.shelf.schema, text) {
            Ok(filter) => {
                self.warn_of_unknown_values(rule, kind, &filter);
                Some(filter)
            }
            Err(error) => {
                self.report(
                    format!("rule `{rule}`, {kind}: {error}"),
                    "the other rules of the file hold",
                );
                None
            }
        }
    }

    /// A value that no product has is probably misspelt; placeholders have theirs from the query.
    fn warn_of_unknown_values(&mut self, rule: &str, kind: &str, filter: &Filter) {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.warn_of_unknown_values(rule, kind, part));
            }
            Filter::Not(inner) => self.warn_of_unknown_values(rule, kind, inner),
            Filter::Is { attribute, value } => {
                let shelf = self.reading.shelf;
                let words = shelf.columns.words(*attribute);
                let is_placeholder = value.starts_with('{') && value.ends_with('}');
                if is_placeholder && !self.bound.contains(value) {
                    let reason = format!("rule `{rule}`, {kind}: nothing says what `{value}` is");
                    let instead = format!("write `{value}` into the query condition too");
                    self.report(reason, &instead);
                    return;
                }
                let Some((dictionary, ..)) = words.filter(|(dictionary, ..)| {
                    !is_placeholder && dictionary.codes_like(value).is_empty()
                }) else {
                    return;
                };
                let name = &shelf.schema.attributes[*attribute].name;
                let suggestion = match nearest(value, dictionary.values()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "it holds again when such a product is indexed".to_string(),
                };
                self.report(
                    format!("rule `{rule}`, {kind}: no product has {name} `{value}`"),
                    &suggestion,
                );
            }
            Filter::Within { .. } => {}
        }
    }

    fn warn_of_unknown_names(&mut self, rule: &str, what: Trait, names: &[String]) {
        let known: Vec<&str> = match what {
            Trait::Surface => SURFACES.to_vec(),
            Trait::Segment => self
                .reading
                .known
                .segments
                .iter()
                .map(String::as_str)
                .collect(),
            Trait::Device | Trait::Campaign | Trait::Language => return,
        };
        for name in names {
            if known.contains(&name.as_str()) {
                continue;
            }
            let what = what.name();
            let instead = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if what == "segment" => format!(
                    "known are {}; it holds only for requests that name it",
                    known.join(", ")
                ),
                None => format!("known are {}", known.join(", ")),
            };
            self.report(format!("rule `{rule}`: unknown {what} `{name}`"), &instead);
        }
    }

    fn read_pins(&mut self, rule: &str, written: &[WrittenPin], then: &mut Then) {
        let count: usize = written.iter().map(|pin| pin.products.len().max(1)).sum();
        if count > PINS_MAX {
            self.report(
                format!("rule `{rule}` has {count} pins"),
                &format!("only the first {PINS_MAX} hold"),
            );
        }
        for pin in written {
            let own: Vec<&String> = pin.product.iter().chain(&pin.products).collect();
            let name = own
                .iter()
                .map(|id| id.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            if own.is_empty() {
                let reason = format!("rule `{rule}`: a pin names no product");
                self.report(reason, "write { product = \"ID\", position = 1 }");
                continue;
            }
            if !self.is_position(rule, pin.position, &name) {
                continue;
            }
            let mut products: Vec<u32> = Vec::new();
            let mut places = 0;
            for id in &own {
                let found = self.product(rule, "pin", id);
                places += usize::from(found.is_some() || own.len() == 1);
                products.extend(found);
            }
            let own_known = products.len();
            for fallback in pin.fallback.all() {
                products.extend(self.product(rule, "fallback", fallback));
            }
            if products.is_empty() {
                continue;
            }
            then.told.push(format!("pins {name} at {}", pin.position));
            // The members of a group share their list: each takes the first that nobody before it took.
            for place in 0..places.min(PINS_MAX.saturating_sub(then.pins.len())) {
                then.pins.push(Pin {
                    products: products.clone(),
                    position: pin.position + place,
                    own: own_known,
                    must_match: pin.obey == Obey::Query,
                });
            }
        }
    }

    fn is_position(&mut self, rule: &str, position: usize, of: &str) -> bool {
        let is = (1..=PIN_POSITION_MAX).contains(&position);
        if !is {
            self.report(
                format!("rule `{rule}`: position {position} of product `{of}`"),
                &format!("positions run from 1 to {PIN_POSITION_MAX}"),
            );
        }
        is
    }

    fn product(&mut self, rule: &str, kind: &str, id: &str) -> Option<u32> {
        let found = self.reading.shelf.columns.ordinal(id);
        if found.is_none() {
            let suggestion = "check the id; it holds again when the product is indexed";
            self.report(
                format!("rule `{rule}`, {kind}: no product `{id}` in the catalog"),
                suggestion,
            );
        }
        found
    }

    fn report(&mut self, reason: String, suggestion: &str) {
        self.problems.push(
            Problem::new(self.file.to_string(), reason)
                .at(self.line)
                .suggest(suggestion),
        );
    }
}

impl Then {
    fn does_nothing(&self) -> bool {
        self.pins.is_empty()
            && self.slots.is_empty()
            && self.adjustments.is_empty()
            && self.suppressed.is_empty()
            && self.suppressed_filters.is_empty()
            && self.filters.is_empty()
            && self.rewording.is_empty()
            && self.sort.is_none()
            && self.recipe.is_none()
            && self.banners.is_empty()
            && self.redirect.is_none()
            && self.data.is_none()
            && self.facets.is_empty()
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
    if let Some(weekly) = &written.weekly {
        let days = match weekly.days.is_empty() {
            true => "every day".to_string(),
            false => weekly.days.all().join(", "),
        };
        let from = weekly.from.as_deref().unwrap_or("00:00");
        let until = weekly.until.as_deref().unwrap_or("24:00");
        let text = format!("{days} {from} to {until}");
        let weekly = read_weekly(weekly, zone)?;
        times.push(condition("weekly", &text, Test::Weekly(weekly)));
    }
    Ok(times)
}

fn condition(key: &str, text: &str, test: Test) -> Condition {
    Condition {
        text: format!("{key} = {text}"),
        test,
    }
}

/// A message of the TOML reader on one line.
pub(super) fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}
