//! Promises, for random small catalogs, rules and requests:
//! 1. Every rule is either held or has a reason, and holds exactly when its conditions do.
//! 2. Suppressed products appear through no door: not in a list, on no later page, not among suggestions.
//! 3. Filters never leak: not the shopper's, not those of rules, not through pins and slots.
//! 4. A list is what matches and passes, and the pins that can be shown, each once: arranging is a permutation plus pins.
//! 5. Pins land exactly, each in its turn; groups close up, fallbacks stand in.

use std::collections::BTreeSet;

use endcap::engine::{Page, Request, RulesSwitch};
use jiff::ToSpan;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::model::{
    BRANDS, CATEGORIES, COLORS, Condition, Product, WORDS, built, catalog, matching, passes, query,
    request,
};
use crate::shop::{Shop, ids, now};

/// A rule of the model.
#[derive(Debug, Clone)]
struct Rule {
    words: Option<(&'static str, Vec<&'static str>)>,
    without: Option<&'static str>,
    chosen: Option<Condition>,
    is_for_vips: bool,
    is_on_category_pages: bool,
    /// Days from now on which it begins and ends.
    days: Option<(i64, i64)>,
    priority: i32,
    pins: Vec<Pin>,
    slot: Option<(Condition, usize)>,
    suppressed: Vec<usize>,
    hidden: Option<Condition>,
    listed: Option<Condition>,
    boosts: bool,
}

#[derive(Debug, Clone)]
struct Pin {
    products: Vec<usize>,
    fallback: Vec<usize>,
    position: usize,
    must_match: bool,
}

/// A request of the model.
#[derive(Debug, Clone)]
struct Asked {
    words: Vec<&'static str>,
    filters: Vec<Condition>,
    is_vip: bool,
    is_category_page: bool,
}

fn value() -> impl Strategy<Value = Condition> {
    prop_oneof![
        prop::sample::select(&BRANDS).prop_map(|value| Condition::Is("brand", value)),
        prop::sample::select(&COLORS).prop_map(|value| Condition::Is("color", value)),
        prop::sample::select(&CATEGORIES).prop_map(|value| Condition::Is("category", value)),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let price = (0u32..60, 0u32..40).prop_map(|(from, width)| Condition::Price {
        from,
        to: from + width,
    });
    prop_oneof![3 => value(), 1 => price, 1 => Just(Condition::InStock)]
}

fn pin() -> impl Strategy<Value = Pin> {
    let products = prop::collection::vec(0usize..25, 1..4);
    let fallback = prop::collection::vec(0usize..25, 0..3);
    (products, fallback, 1usize..12, prop::bool::weighted(0.2)).prop_map(
        |(products, fallback, position, must_match)| Pin {
            products,
            fallback,
            position,
            must_match,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let anchors: &'static [&'static str] = &["is", "contains", "starts", "ends", "any"];
    let words = prop::collection::vec(prop::sample::select(&WORDS), 1..3);
    let when = (
        prop::option::weighted(0.6, (prop::sample::select(anchors), words)),
        prop::option::weighted(0.2, prop::sample::select(&WORDS)),
        prop::option::weighted(0.3, value()),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.3, (-3i64..3, 0i64..5)),
    );
    let then = (
        -1..2,
        prop::collection::vec(pin(), 0..3),
        prop::option::weighted(0.2, (condition(), 1usize..12)),
        prop::collection::vec(0usize..25, 0..3),
        prop::option::weighted(0.2, condition()),
        prop::option::weighted(0.2, condition()),
        prop::bool::weighted(0.2),
    );
    (when, then).prop_map(
        |(
            (words, without, chosen, vip, category, days),
            (priority, pins, slot, ids, hidden, listed, boosts),
        )| Rule {
            words,
            without,
            chosen,
            is_for_vips: vip,
            is_on_category_pages: category,
            days: days.map(|(from, length)| (from, from + length)),
            priority,
            pins,
            slot,
            suppressed: ids,
            hidden,
            listed,
            boosts,
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let filters = prop::collection::vec(condition(), 0..3);
    (query(), filters, any::<bool>(), any::<bool>()).prop_map(
        |(words, filters, is_vip, is_category_page)| Asked {
            words,
            filters,
            is_vip,
            is_category_page,
        },
    )
}

impl Rule {
    fn text(&self, name: usize, products: usize) -> String {
        let mut when = Vec::new();
        let mut query = Vec::new();
        if let Some((anchor, words)) = &self.words {
            query.push(format!("{anchor} = \"{}\"", words.join(" ")));
        }
        query.extend(self.without.map(|word| format!("none = \"{word}\"")));
        if !query.is_empty() {
            when.push(format!("query = {{ {} }}", query.join(", ")));
        }
        match &self.chosen {
            Some(Condition::Is("category", name)) => when.push(format!("category = \"{name}\"")),
            Some(chosen) => when.push(format!("filter = '{}'", chosen.text())),
            None => {}
        }
        when.extend(self.is_for_vips.then(|| "segment = \"vip\"".to_string()));
        when.extend(
            self.is_on_category_pages
                .then(|| "surface = \"category\"".to_string()),
        );
        if let Some((from, until)) = self.days {
            when.push(format!(
                "from = \"{}\", until = \"{}\"",
                day(from),
                day(until)
            ));
        }
        let list = |ids: &[usize]| {
            let known = ids.iter().filter(|id| **id < products);
            let quoted: Vec<String> = known.map(|id| format!("\"{id}\"")).collect();
            format!("[{}]", quoted.join(", "))
        };
        let pins: Vec<String> = self
            .pins
            .iter()
            .filter(|pin| pin.own(products).next().is_some())
            .map(|pin| {
                format!(
                    "{{ products = {}, position = {}, fallback = {}, obey = \"{}\" }}",
                    list(&pin.products),
                    pin.position,
                    list(&pin.fallback),
                    if pin.must_match { "query" } else { "filters" }
                )
            })
            .collect();
        let mut text = format!(
            "[[rule]]\nname = \"{name}\"\npriority = {}\nwhen = {{ {} }}\npin = [{}]\n",
            self.priority,
            when.join(", "),
            pins.join(", ")
        );
        let mut suppressed: Vec<String> = self
            .suppressed
            .iter()
            .filter(|id| **id < products)
            .map(|id| format!("\"{id}\""))
            .collect();
        suppressed.extend(
            self.hidden
                .iter()
                .map(|hidden| format!("{{ filter = '{}' }}", hidden.text())),
        );
        text += &format!("suppress = [{}]\n", suppressed.join(", "));
        if let Some((filter, position)) = &self.slot {
            text += &format!(
                "slot = [{{ filter = '{}', position = {position} }}]\n",
                filter.text()
            );
        }
        if let Some(listed) = &self.listed {
            text += &format!("filter = '{}'\n", listed.text());
        }
        if self.boosts {
            text += "boost = [{ filter = \"color:red\", by = 3 }]\n";
        }
        // Whatever else it lacks, it does something.
        text + "data = { a = 1 }\n"
    }

    fn holds(&self, asked: &Asked) -> bool {
        let said = |wanted: &[&str]| asked.words.windows(wanted.len()).any(|part| part == wanted);
        let words = self
            .words
            .as_ref()
            .is_none_or(|(anchor, words)| match *anchor {
                "is" => asked.words == *words,
                "starts" => asked.words.starts_with(words),
                "ends" => asked.words.ends_with(words),
                _ => said(words),
            });
        let chosen = self
            .chosen
            .as_ref()
            .is_none_or(|chosen| asked.filters.iter().any(|own| says(own, chosen)));
        words
            && self.without.is_none_or(|word| !said(&[word]))
            && chosen
            && (!self.is_for_vips || asked.is_vip)
            && (!self.is_on_category_pages || asked.is_category_page)
            && self
                .days
                .is_none_or(|(from, until)| (from..=until).contains(&0))
    }
}

impl Pin {
    /// Its products that the catalog has, each once.
    fn own(&self, products: usize) -> impl Iterator<Item = usize> {
        self.products
            .iter()
            .copied()
            .filter(move |id| *id < products)
    }
}

/// Whether a filter says at least another.
fn says(own: &Condition, wanted: &Condition) -> bool {
    match (own, wanted) {
        (Condition::Is(attribute, value), Condition::Is(asked, wanted)) => {
            let below = value.strip_prefix(wanted);
            attribute == asked
                && below.is_some_and(|rest| rest.is_empty() || rest.starts_with(" > "))
        }
        _ => false,
    }
}

fn day(from_now: i64) -> String {
    let today = jiff::tz::TimeZone::UTC.to_datetime(now()).date();
    today.checked_add(from_now.days()).unwrap().to_string()
}

impl Asked {
    fn request(&self) -> Request {
        let filter = (!self.filters.is_empty()).then(|| Condition::All(self.filters.clone()));
        Request {
            segment: self.is_vip.then(|| "vip".to_string()),
            surface: if self.is_category_page {
                "category"
            } else {
                "search"
            }
            .into(),
            ..request(&self.words, &filter)
        }
    }
}

/// What rules that hold allow in a list.
struct Allowed<'m> {
    catalog: &'m [Product],
    conditions: Vec<Condition>,
    suppressed: BTreeSet<usize>,
}

impl<'m> Allowed<'m> {
    fn of(catalog: &'m [Product], asked: &Asked, held: &[&Rule]) -> Self {
        let mut conditions = asked.filters.clone();
        conditions.extend(held.iter().filter_map(|rule| rule.listed.clone()));
        let hidden = held.iter().filter_map(|rule| rule.hidden.clone());
        conditions.extend(hidden.map(|hidden| Condition::Not(Box::new(hidden))));
        Allowed {
            catalog,
            conditions,
            suppressed: held
                .iter()
                .flat_map(|rule| rule.suppressed.clone())
                .collect(),
        }
    }

    fn shows(&self, id: usize) -> bool {
        let conditions: Vec<&Condition> = self.conditions.iter().collect();
        !self.suppressed.contains(&id) && passes(&self.catalog[id], &conditions)
    }

    fn pins(&self, id: usize) -> bool {
        let mut variants = self.catalog[id].variants.iter();
        self.shows(id) && !variants.all(|variant| variant.stock == Some(0))
    }
}

/// Where pins land: positions and products, by the rules' order.
fn landed(allowed: &Allowed<'_>, held: &[&Rule], matches: &[usize]) -> Vec<(usize, usize)> {
    let size = allowed.catalog.len();
    let known =
        |ids: &[usize]| -> Vec<usize> { ids.iter().copied().filter(|id| *id < size).collect() };
    // A group is a pin for each of its products.
    let pins: Vec<(Vec<usize>, usize, bool)> = held
        .iter()
        .flat_map(|rule| &rule.pins)
        .flat_map(|pin| {
            let own = known(&pin.products);
            let all = [own.clone(), known(&pin.fallback)].concat();
            (0..own.len()).map(move |at| (all.clone(), pin.position + at, pin.must_match))
        })
        .collect();
    let mut brought: Vec<Option<usize>> = Vec::new();
    for (products, _, must_match) in &pins {
        let free = |id: &&usize| allowed.pins(**id) && !brought.contains(&Some(**id));
        let found = products.iter().find(free).copied();
        brought.push(found.filter(|_| !must_match));
    }
    let mut landed: Vec<(usize, usize)> = Vec::new();
    for ((products, wanted, must_match), brought) in pins.iter().zip(brought) {
        let taken = |id: usize| landed.iter().any(|(_, own)| *own == id);
        let product = if *must_match {
            let fits = |id: &usize| allowed.pins(*id) && matches.contains(id) && !taken(*id);
            products.iter().copied().find(fits)
        } else {
            brought.filter(|id| !taken(*id))
        };
        if let Some(product) = product {
            let free = (*wanted..).find(|at| landed.iter().all(|(own, _)| own != at));
            landed.push((free.unwrap(), product));
        }
    }
    landed.sort_unstable();
    landed
}

fn numbers(page: &Page) -> Vec<usize> {
    ids(page).iter().map(|id| id.parse().unwrap()).collect()
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn rules_do_what_they_say_and_nothing_else(
        catalog in catalog(),
        rules in prop::collection::vec(rule(), 1..6),
        requests in prop::collection::vec(asked(), 4),
        size in 1usize..8,
    ) {
        let text: String = rules.iter().enumerate().map(|(name, rule)| rule.text(name, catalog.len())).collect();
        let shop = built(&catalog).with_flaws("merchandising/rules/rules.toml", &text);
        for asked in &requests {
            let request = asked.request();
            let told = shop.page(&Request { explain: true, ..request.clone() }).rules;
            prop_assert_eq!(told.len(), rules.len(), "{}", text);
            for report in &told {
                let rule = &rules[report.name.parse::<usize>().unwrap()];
                prop_assert_eq!(report.held, rule.holds(asked), "{:?} {:?}", report, asked);
                prop_assert!(report.held || report.reason.is_some());
            }
            let held: Vec<&Rule> = told.iter().filter(|report| report.held)
                .map(|report| &rules[report.name.parse::<usize>().unwrap()]).collect();
            let allowed = Allowed::of(&catalog, asked, &held);
            let page = shop.page(&request);
            let listed = numbers(&page);
            for id in &listed {
                prop_assert!(allowed.shows(*id), "{id} is shown: {:?}\n{}", asked, text);
            }
            let matches: Vec<usize> = matching(&catalog, &asked.words).into_iter().filter(|id| allowed.shows(*id)).collect();
            let landed = landed(&allowed, &held, &matches);
            let mut expected: BTreeSet<usize> = matches.into_iter().collect();
            expected.extend(landed.iter().map(|(_, id)| *id));
            prop_assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), expected.clone(), "{:?}\n{}", asked, text);
            prop_assert_eq!((listed.len(), page.total), (expected.len(), expected.len()), "{:?}\n{}", asked, text);
            prop_assert_eq!(shop.all_ids(&request, size), ids(&page));
            if held.iter().all(|rule| rule.slot.is_none()) {
                check_landing(&listed, &landed)?;
            }
            if held.iter().all(|rule| rule.slot.is_none() && !rule.boosts) {
                check_rest(&shop, &request, &allowed, &listed, &landed)?;
            }
            let suggested = shop.engine.suggest(&request).unwrap();
            for id in suggested.into_iter().filter_map(|found| found.id) {
                prop_assert!(allowed.shows(id.parse().unwrap()), "{id} is suggested: {:?}\n{}", asked, text);
            }
        }
    }
}

/// Pins stand where they land; what lies past the end of the list moves up to it.
fn check_landing(listed: &[usize], landed: &[(usize, usize)]) -> Result<(), TestCaseError> {
    let others = listed.len() - landed.len();
    for (before, (position, id)) in landed.iter().enumerate() {
        let place = (*position).min(others + before + 1);
        prop_assert_eq!(listed[place - 1], *id, "{:?} in {:?}", landed, listed);
    }
    Ok(())
}

/// Everything else has the order that it has without rules, under the same filters. Where a product is suppressed, the
/// others may change places by a rounding of their relevance to the best.
fn check_rest(
    shop: &Shop,
    request: &Request,
    allowed: &Allowed<'_>,
    listed: &[usize],
    landed: &[(usize, usize)],
) -> Result<(), TestCaseError> {
    let conditions = Condition::All(allowed.conditions.clone());
    let plain = shop.page(&Request {
        rules: RulesSwitch::Off,
        filter: (!allowed.conditions.is_empty()).then(|| conditions.text()),
        ..request.clone()
    });
    let plain = numbers(&plain);
    if plain.iter().any(|id| allowed.suppressed.contains(id)) {
        return Ok(());
    }
    let is_pinned = |id: &usize| landed.iter().any(|(_, pinned)| pinned == id);
    let rest: Vec<usize> = listed.iter().copied().filter(|id| !is_pinned(id)).collect();
    let plain: Vec<usize> = plain.into_iter().filter(|id| !is_pinned(id)).collect();
    prop_assert_eq!(rest, plain);
    Ok(())
}
