//! What a rule does, as it is written, and what that is in this catalog.

use super::super::rule::{Pin, Rewording, Slot, Then};
use super::super::rules::{PIN_POSITION_MAX, PINS_MAX};
use super::super::written::{
    Obey, WrittenAdjustment, WrittenPin, WrittenReplacement, WrittenRule, WrittenSuppression,
};
use super::RuleReader;
use crate::problem::nearest;
use crate::ranking::Adjustment;
use crate::retrieval::Order;

/// How much a boost and a bury without `by` do.
const BOOSTED_BY: f64 = 1.5;
const BURIED_BY: f64 = 3.0;

/// What a rule hands to the storefront is at most this long, as JSON.
const DATA_BYTES_MAX: usize = 4_096;

impl RuleReader<'_> {
    pub(super) fn read_then(&mut self, written: &WrittenRule) -> Option<Then> {
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
            self.address(rule, redirect)?;
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
        for banner in &written.banner {
            for address in banner.url.iter().chain(&banner.image) {
                self.address(rule, address)?;
            }
        }
        if !written.banner.is_empty() {
            then.told.push("shows a banner".into());
        }
        Some(())
    }

    /// An address a browser may go to without running anything.
    fn address(&mut self, rule: &str, address: &str) -> Option<()> {
        let is_one = ["/", "?", "http://", "https://"];
        if is_one.iter().any(|start| address.starts_with(start)) {
            return Some(());
        }
        let reason = format!("rule `{rule}`: `{address}` is no address");
        self.report(reason, "write /sale or https://shop.example/sale");
        None
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
}

impl Then {
    pub(super) fn does_nothing(&self) -> bool {
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
