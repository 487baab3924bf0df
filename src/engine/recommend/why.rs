//! Why a product is recommended, in words a shopper may read.

use serde::Serialize;

use super::super::Snapshot;
use crate::catalog::schema::Role;
use crate::recommendations::{Model, Reason};

/// Why a product is recommended.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Why {
    pub model: Model,
    /// For shoppers, such as `bought with Tea towel 31 times`.
    pub text: String,
    /// The id of the product that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
}

impl Why {
    pub(super) fn of_rule() -> Why {
        Why {
            model: Model::Rule,
            text: "chosen by the shop".to_owned(),
            with: None,
        }
    }

    pub(super) fn of(snapshot: &Snapshot, reason: Reason) -> Why {
        let with = reason.with.map(|product| title_of(snapshot, product));
        let with = with.as_deref().unwrap_or("what you chose");
        let text = match reason.model {
            Model::LookedAtInstead => format!("looked at by those who look at {with}"),
            Model::BoughtTogether => match reason.times {
                0 | 1 => format!("bought with {with}"),
                times => format!("bought with {with} {times} times"),
            },
            Model::NextInSession | Model::NextElsewhere => {
                format!("others went on to it from {with}")
            }
            Model::Alike => format!("like {with}"),
            Model::Better => format!("a step up from {with}"),
            Model::Viewed => "you looked at it".to_owned(),
            Model::Leaning => "from a category you like".to_owned(),
            Model::Trending => "wanted most these days".to_owned(),
            Model::PopularThere => "popular in its category".to_owned(),
            Model::PopularBeside => format!("popular beside {with}"),
            Model::Popular => "popular".to_owned(),
            Model::New => "new".to_owned(),
            Model::ReducedViewed => "reduced since, and you looked at it".to_owned(),
            Model::Reduced => "reduced".to_owned(),
            Model::Anything => "from the shop".to_owned(),
            Model::Rule => return Why::of_rule(),
        };
        let id = |product| snapshot.catalog.columns.product_id(product).to_owned();
        Why {
            model: reason.model,
            text,
            with: reason.with.map(id),
        }
    }
}

/// What a product is called, or its id.
pub(super) fn title_of(snapshot: &Snapshot, product: u32) -> String {
    let schema = &snapshot.catalog.schema;
    let title = schema.role(Role::Title).and_then(|of| {
        let document = snapshot.catalog.documents.shown(product, false);
        document.get(&schema.attributes[of].name)
    });
    let title = title.as_ref().and_then(|title| title.as_str());
    let id = || snapshot.catalog.columns.product_id(product).to_owned();
    title.map_or_else(id, str::to_owned)
}
