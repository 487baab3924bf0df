//! What the data is good enough for.

use serde::Serialize;

use super::Coverage;
use super::events::EventCounts;
use crate::catalog::schema::Role;
use crate::engine::Catalog;

/// Events from which popularity can be told.
const POPULARITY_EVENTS_MIN: u64 = 1_000;

/// Events from which tastes can be told.
const TASTE_EVENTS_MIN: u64 = 10_000;

/// Purchases from which revenue can be optimised.
const PURCHASES_MIN: u64 = 500;

/// One use of the data, and what is missing for it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Tier {
    pub name: &'static str,
    pub reached: bool,
    /// What is missing, in words.
    pub missing: Vec<String>,
}

/// The uses of the data, each resting on those before.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Tiers(pub Vec<Tier>);

impl Tiers {
    pub(super) fn of(
        catalog: &Catalog,
        coverage: &[Coverage],
        events: Option<&EventCounts>,
    ) -> Tiers {
        let covered = |role: Role, share_min: f64| -> Option<String> {
            let Some(position) = catalog.schema.role(role) else {
                return Some(format!("no attribute has the role {role:?}").to_lowercase());
            };
            let attribute = &catalog.schema.attributes[position];
            let share = coverage
                .iter()
                .find(|own| own.attribute == attribute.name)?
                .share;
            (share < share_min).then(|| {
                let (share, wanted) = (100.0 * share, 100.0 * share_min);
                format!(
                    "`{}` is there in {share:.0} % of the products, {wanted:.0} % are wanted",
                    attribute.name
                )
            })
        };
        let counted = |what: &str, number: u64, wanted: u64| {
            let unknown = events
                .is_none()
                .then(|| format!("{what} were not looked at"));
            let few = (number < wanted).then(|| format!("{number} {what}, {wanted} are wanted"));
            unknown.or(few)
        };
        let all = events.map_or(0, |events| events.events);
        let purchases = events.map_or(0, |events| events.priced_purchases);
        let own = [
            (
                "search",
                vec![covered(Role::Title, 0.99), covered(Role::Price, 0.9)],
            ),
            (
                "popularity",
                vec![counted("events", all, POPULARITY_EVENTS_MIN)],
            ),
            (
                "personalization",
                vec![
                    covered(Role::Category, 0.8),
                    covered(Role::Brand, 0.5),
                    counted("events", all, TASTE_EVENTS_MIN),
                ],
            ),
            (
                "revenue",
                vec![
                    covered(Role::Margin, 0.8),
                    counted("purchases with a price", purchases, PURCHASES_MIN),
                ],
            ),
        ];
        let mut below = true;
        let tier = |(name, missing): (&'static str, Vec<Option<String>>)| {
            let missing: Vec<String> = missing.into_iter().flatten().collect();
            below &= missing.is_empty();
            Tier {
                name,
                reached: below,
                missing,
            }
        };
        Tiers(own.into_iter().map(tier).collect())
    }
}
