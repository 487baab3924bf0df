//! `POST /1/indexes/*/recommendations`: products like another, and what is wanted most.
//!
//! Products are alike by category, brand, colour and price.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::narrowing::quoted;
use super::parameters::Parameters;
use super::search::{Asker, Wanted, answer_all, records};
use super::{AlgoliaError, object};
use crate::api::Shop;
use crate::api::auth::Grant;
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::schema::Role;
use crate::engine::{Leaning, Snapshot};

/// At most this many requests at a time.
const REQUESTS_MAX: usize = 50;

/// So many products when nothing is said, and at most.
const RECOMMENDED: usize = 10;
const RECOMMENDED_MAX: usize = 30;

/// How much more a product of the same brand or colour, or of about the same price, is liked.
const ALIKE: f64 = 1.5;

/// Prices are about the same between these shares of one another.
const PRICE_SHARES: [f64; 2] = [0.6, 1.6];

/// What is asked of a list besides its parameters.
#[derive(Default)]
struct Sought {
    within: Vec<String>,
    leanings: Vec<Leaning>,
    without: Option<String>,
}

/// Recommendations for several places of a page.
pub(in crate::api) async fn recommendations(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    if index != "*" {
        let message = format!(
            "there is nothing at /1/indexes/{index}/recommendations: write /1/indexes/*/recommendations"
        );
        return Err(AlgoliaError::new(StatusCode::NOT_FOUND, message));
    }
    let body = object(&shop, &headers, body).await?;
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(AlgoliaError::bad_request("The `requests` array is missing"));
    };
    if requests.len() > REQUESTS_MAX {
        let message = format!(
            "{} requests are too many: send at most {REQUESTS_MAX} at a time",
            requests.len()
        );
        return Err(AlgoliaError::bad_request(message));
    }
    let asker = Asker {
        shop: &shop,
        grant: &grant,
    };
    let mut asked = Vec::with_capacity(requests.len());
    for request in requests {
        asked.push(Recommended::read(&asker, request)?);
    }
    let (asked, wanted): (Vec<Recommended>, Vec<Wanted>) = asked.into_iter().unzip();
    let answers = answer_all(&shop, wanted, false).await?;
    let results = asked
        .iter()
        .zip(answers)
        .map(|(asked, answer)| asked.result(answer));
    Ok(Json(json!({"results": results.collect::<Vec<Value>>()})))
}

/// One place of a page.
struct Recommended {
    /// The facet whose values are recommended, instead of products.
    facet: Option<String>,
    without: Option<String>,
    /// The product that others are to be like is not there.
    is_empty: bool,
    count: usize,
    threshold: f64,
}

impl Recommended {
    fn read(asker: &Asker<'_>, request: &Value) -> Result<(Self, Wanted), AlgoliaError> {
        let Value::Object(request) = request else {
            return Err(AlgoliaError::bad_request(
                "each of `requests` has to be an object",
            ));
        };
        let own = Parameters::everything(request);
        let needed = |name: &str| {
            let missing =
                || AlgoliaError::bad_request(format!("`{name}` is missing in one of `requests`"));
            own.text(name)?.ok_or_else(missing)
        };
        let (index, model) = (needed("indexName")?, needed("model")?);
        let count = own.count("maxRecommendations")?.filter(|count| *count > 0);
        let count = count.unwrap_or(RECOMMENDED).min(RECOMMENDED_MAX);
        let snapshot = asker.shop.engine.snapshot();
        let mut facet = None;
        let sought = match model.as_str() {
            "related-products" | "looking-similar" => like(&snapshot, &needed("objectID")?),
            "bought-together" => beside(&snapshot, &needed("objectID")?),
            "trending-items" => Some(trending(&own)?),
            "trending-facets" => {
                facet = Some(needed("facetName")?);
                Some(Sought::default())
            }
            other => {
                let message = format!(
                    "Unknown model `{other}`: known are bought-together, related-products, looking-similar, trending-items, trending-facets"
                );
                return Err(AlgoliaError::bad_request(message));
            }
        };
        let is_empty = sought.is_none();
        let sought = sought.unwrap_or_default();
        let mut parameters = match request.get("queryParameters") {
            Some(Value::Object(parameters)) => parameters.clone(),
            _ => Map::new(),
        };
        let shown = if facet.is_some() { 0 } else { count + 1 };
        parameters.insert("hitsPerPage".into(), shown.into());
        if let Some(facet) = &facet {
            parameters.insert("facets".into(), json!([facet]));
        }
        let mut wanted = records(asker, &index, Parameters::everything(&parameters))?;
        wanted.request.within.extend(sought.within);
        wanted.request.leanings.extend(sought.leanings);
        let recommended = Recommended {
            facet,
            without: sought.without,
            is_empty,
            count,
            threshold: own.number("threshold")?.unwrap_or_default(),
        };
        Ok((recommended, wanted))
    }

    /// What was found, with a score of 100 for the first and less for those after it.
    fn result(&self, mut answer: Value) -> Value {
        let found = match &self.facet {
            None => answer["hits"].as_array().cloned().unwrap_or_default(),
            Some(facet) => {
                let values = answer["facets"][facet].as_object();
                let values = values.into_iter().flat_map(|values| values.keys());
                values
                    .map(|value| json!({"facetName": facet, "facetValue": value}))
                    .collect()
            }
        };
        let is_other = |hit: &Value| {
            self.without
                .as_deref()
                .is_none_or(|id| hit["objectID"] != id)
        };
        let found = found.into_iter().filter(is_other).take(self.count);
        let score = |place: usize| 100.0 * (1.0 - place as f64 / (self.count + 1) as f64);
        let scored = found.enumerate().map(|(place, mut hit)| {
            hit["_score"] = json!((score(place) * 100.0).round() / 100.0);
            hit
        });
        let mut hits: Vec<Value> = scored.collect();
        hits.retain(|hit| !self.is_empty && hit["_score"].as_f64() >= Some(self.threshold));
        answer["nbHits"] = hits.len().into();
        answer["hits"] = hits.into();
        answer
    }
}

/// Products of the same category, those of its brand, colour and price first.
fn like(snapshot: &Snapshot, id: &str) -> Option<Sought> {
    let product = snapshot.catalog.columns.ordinal(id)?;
    let category = deepest(snapshot, product);
    let within = category.and_then(|path| is(snapshot, Role::Category, path));
    Some(Sought {
        within: within.into_iter().collect(),
        leanings: alike(snapshot, product),
        without: Some(id.to_string()),
    })
}

/// Products of the categories beside its own.
fn beside(snapshot: &Snapshot, id: &str) -> Option<Sought> {
    let product = snapshot.catalog.columns.ordinal(id)?;
    let mut within = Vec::new();
    if let Some(path) = deepest(snapshot, product)
        && let Some((above, _)) = path.rsplit_once(PATH_SEPARATOR)
    {
        within.extend(is(snapshot, Role::Category, above));
        within.extend(is(snapshot, Role::Category, path).map(|own| format!("NOT {own}")));
    }
    Some(Sought {
        within,
        leanings: alike(snapshot, product),
        without: Some(id.to_string()),
    })
}

/// What is wanted most, of a facet's value when one is named.
fn trending(request: &Parameters) -> Result<Sought, AlgoliaError> {
    let (name, value) = (request.text("facetName")?, request.text("facetValue")?);
    let condition = match name.zip(value) {
        Some((name, value)) => Some(super::narrowing::facet_condition(
            "facetName",
            &format!("{name}:{value}"),
        )?),
        None => None,
    };
    Ok(Sought {
        within: condition.into_iter().collect(),
        ..Sought::default()
    })
}

/// The lowest category of a product.
fn deepest(snapshot: &Snapshot, product: u32) -> Option<&str> {
    let category = snapshot.catalog.schema.role(Role::Category)?;
    let paths = snapshot.catalog.columns.words_of(category, product);
    paths
        .into_iter()
        .max_by_key(|path| path.matches(PATH_SEPARATOR).count())
}

fn alike(snapshot: &Snapshot, product: u32) -> Vec<Leaning> {
    let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
    let mut filters = Vec::new();
    for role in [Role::Brand, Role::Color] {
        let values = schema.role(role).map(|own| columns.words_of(own, product));
        let first = values.and_then(|values| values.first().copied());
        filters.extend(first.and_then(|value| is(snapshot, role, value)));
    }
    if let Some(price) = schema.role(Role::Price)
        && let Some(number) = columns.number(price, product)
    {
        let [from, to] = PRICE_SHARES.map(|share| number * share);
        filters.push(format!("{}:{from} TO {to}", schema.attributes[price].name));
    }
    let leaning = |filter| Leaning { filter, by: ALIKE };
    filters.into_iter().map(leaning).collect()
}

/// The condition that an attribute of this role has a value.
fn is(snapshot: &Snapshot, role: Role, value: &str) -> Option<String> {
    let schema = &snapshot.catalog.schema;
    let attribute = &schema.attributes[schema.role(role)?];
    Some(format!("{}:{}", attribute.name, quoted(value)))
}
