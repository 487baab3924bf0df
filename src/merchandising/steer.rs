//! What the rules that hold change before retrieval and ranking: words, plan, recipe, adjustments.

use super::decide::{Decision, Held};
use super::rule::{Pin, Slot};
use super::words::{Anchor, AskedWords, Liberties, Pattern, Wording, WordingKind};
use crate::catalog::filter::Filter;
use crate::ranking::Adjustment;
use crate::retrieval::{Order, Plan};

/// What rules say of a page besides its products.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside<'r> {
    pub redirect: Option<(&'r str, &'r str)>,
    pub banners: Vec<(&'r str, &'r super::written::Banner)>,
    pub data: Vec<(&'r str, &'r serde_json::Value)>,
    pub facet_order: &'r [String],
}

impl<'r> Decision<'r> {
    /// The query to seek instead, when rules change its words; `corrected` is the query as it was understood.
    pub fn reword(&self, corrected: &str, analyzer: &crate::text::Analyzer) -> Option<String> {
        let rewordings = || {
            self.held
                .iter()
                .map(|held| &held.rule.then.rewording)
                .filter(|rewording| !rewording.is_empty())
        };
        rewordings().next()?;
        let values = self.values?;
        let find = |pattern: &Pattern, words: &[String]| {
            let wording = Wording::new(WordingKind::Typed, words.to_vec(), analyzer);
            let asked = AskedWords {
                wordings: vec![wording],
                is_beginning: false,
            };
            pattern.find(Anchor::Contains, &asked, Liberties::ALL, values)
        };
        let folded = |text: &str| -> Vec<String> {
            let words = crate::text::words(text).into_iter();
            words.map(|word| word.folded).collect()
        };
        let mut words = folded(corrected);
        // What was replaced is not replaced again.
        let mut replaced = false;
        for (pattern, with) in rewordings().flat_map(|rewording| &rewording.replace) {
            match pattern {
                None if !replaced => {
                    words = folded(with);
                    replaced = true;
                }
                None => {}
                Some(pattern) => {
                    if let Some(found) = find(pattern, &words) {
                        let span = found.position..found.position + found.words;
                        words.splice(span, folded(with));
                        replaced = true;
                    }
                }
            }
        }
        for pattern in rewordings().flat_map(|rewording| &rewording.remove) {
            while let Some(found) = find(pattern, &words).filter(|found| found.words < words.len())
            {
                words.drain(found.position..found.position + found.words);
            }
        }
        for added in rewordings().flat_map(|rewording| &rewording.add) {
            words.extend(folded(added));
        }
        let reworded = words.join(" ");
        (reworded != folded(corrected).join(" ")).then_some(reworded)
    }

    /// Tells retrieval what to leave out, what to bring in, and how to sort. Pins do not hold against a sort the
    /// shopper chose.
    pub fn steer(&self, mut plan: Plan) -> Plan {
        plan.suppressed
            .extend(self.held.iter().flat_map(|held| &held.rule.then.suppressed));
        let (mut filters, mut hidden) = (Vec::new(), Vec::new());
        for held in &self.held {
            let then = &held.rule.then;
            filters.extend(then.filters.iter().map(|filter| held.bind(filter)));
            hidden.extend(
                then.suppressed_filters
                    .iter()
                    .map(|filter| held.bind(filter)),
            );
        }
        for filter in filters {
            plan.filter = plan.filter.and(filter);
        }
        for filter in hidden {
            plan.filter = plan.filter.and(Filter::Not(Box::new(filter)));
        }
        if plan.order == Order::Relevance {
            let brought = self.pins().filter(|(_, pin)| !pin.must_match);
            plan.included = brought.map(|(_, pin)| pin.products.clone()).collect();
            plan.order = self.sort().unwrap_or(plan.order);
        }
        plan
    }

    /// Pins in the order of the rules that hold.
    pub fn pins(&self) -> impl Iterator<Item = (&'r str, &'r Pin)> + '_ {
        self.each(|held| &held.rule.then.pins)
    }

    /// Slots in the order of the rules that hold, with the filter each was bound to.
    pub fn slots(&self) -> impl Iterator<Item = (&'r str, &'r Slot, Filter)> + '_ {
        self.held.iter().flat_map(|held| {
            let rule = held.rule;
            let slots = rule.then.slots.iter();
            slots.map(|slot| (rule.name.as_str(), slot, held.bind(&slot.filter)))
        })
    }

    fn each<T: 'r>(
        &self,
        part: impl Fn(&Held<'r>) -> &'r Vec<T> + 'static,
    ) -> impl Iterator<Item = (&'r str, &'r T)> + '_ {
        self.held.iter().flat_map(move |held| {
            let name = held.rule.name.as_str();
            part(held).iter().map(move |one| (name, one))
        })
    }

    fn sort(&self) -> Option<Order> {
        self.held.iter().find_map(|held| held.rule.then.sort)
    }

    /// The recipe rules ask for.
    pub fn recipe(&self) -> Option<&'r str> {
        self.held
            .iter()
            .find_map(|held| held.rule.then.recipe.as_deref())
    }

    /// What the rules that hold want more and less of.
    pub fn adjustments(&self) -> Vec<Adjustment> {
        let bound = self.held.iter().flat_map(|held| {
            let adjustments = held.rule.then.adjustments.iter();
            adjustments.map(|adjustment| Adjustment {
                filter: held.bind(&adjustment.filter),
                ..adjustment.clone()
            })
        });
        bound.collect()
    }

    /// Whether products with what this filter says are suppressed altogether.
    pub fn suppresses(&self, filter: &Filter) -> bool {
        let filter = filter.folded();
        let hidden = self.held.iter().flat_map(|held| {
            held.rule
                .then
                .suppressed_filters
                .iter()
                .map(|own| held.bind(own))
        });
        hidden
            .into_iter()
            .any(|hidden| filter.implies(&hidden.folded()))
    }

    /// The products that are suppressed by their ids.
    pub fn suppressed(&self) -> impl Iterator<Item = u32> + '_ {
        let held = self.held.iter();
        held.flat_map(|held| held.rule.then.suppressed.iter().copied())
    }

    /// The rule that suppresses a product by its id.
    pub fn suppressed_by(&self, product: u32) -> Option<&'r str> {
        let mut held = self.held.iter();
        let by = held.find(|held| held.rule.then.suppressed.contains(&product));
        by.map(|held| held.rule.name.as_str())
    }

    /// What rules say of the page besides its products; of redirects and facet orders the first counts.
    pub fn beside(&self) -> Beside<'r> {
        let mut beside = Beside::default();
        for held in &self.held {
            let (name, then) = (held.rule.name.as_str(), &held.rule.then);
            if let Some(redirect) = &then.redirect
                && beside.redirect.is_none()
            {
                beside.redirect = Some((name, redirect));
            }
            beside
                .banners
                .extend(then.banners.iter().map(|banner| (name, banner)));
            beside
                .data
                .extend(then.data.iter().map(|data| (name, data)));
            if beside.facet_order.is_empty() {
                beside.facet_order = &then.facets;
            }
        }
        beside
    }

    /// What of a rule gives way to a rule before it: there is one redirect, one sort, one recipe, one order of facets.
    pub fn overruled(&self) -> Vec<(&'r str, String)> {
        let mut overruled = Vec::new();
        let mut first: [Option<&str>; 4] = [None; 4];
        for held in &self.held {
            let (name, then) = (held.rule.name.as_str(), &held.rule.then);
            let has = [
                ("redirect", then.redirect.is_some()),
                ("sort", then.sort.is_some()),
                ("recipe", then.recipe.is_some()),
                ("order of facets", !then.facets.is_empty()),
            ];
            for ((what, has), first) in has.into_iter().zip(&mut first) {
                match first {
                    Some(first) if has => {
                        overruled.push((name, format!("its {what} gives way to rule `{first}`")));
                    }
                    None if has => *first = Some(name),
                    _ => {}
                }
            }
        }
        overruled
    }
}

impl Held<'_> {
    /// The filter with its placeholders filled in.
    pub fn bind(&self, filter: &Filter) -> Filter {
        let values = self.matched.as_ref().map(|matched| &matched.values);
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return filter.clone();
        };
        filter.with_values(&mut |value| {
            let mut known = values.iter();
            match known.find(|(placeholder, _)| placeholder == value) {
                Some((_, bound)) => bound.clone(),
                None => value.to_string(),
            }
        })
    }
}

impl Liberties {
    /// As a rule is read when nothing is said.
    pub const ALL: Liberties = Liberties {
        spelling: true,
        stemming: true,
        synonyms: true,
    };
}
