//! The storefront page, its assets, and the shop's pictures.

use std::path::{Component, Path};

use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::storefront::{self, Face, ShopFace, Sort};
use super::{Shop, blocking, console};
use crate::catalog::schema::{Attribute, Kind, Role, Schema};

/// Demo shoppers to shop as, when the shop has some.
const FACES_FILE: &str = "demo/shoppers.json";

/// The shop's own pictures, served as they are.
const PICTURES_DIR: &str = "pictures";

/// Larger pictures are not served.
const PICTURE_BYTES_MAX: u64 = 8 << 20;

pub(super) async fn storefront(State(shop): State<Shop>) -> Result<Response, ApiError> {
    let own = shop.clone();
    let face = blocking(&shop, move || shop_face(&own)).await?;
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            storefront::CONTENT_SECURITY_POLICY,
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    Ok((headers, storefront::page(&face)).into_response())
}

pub(super) async fn asset(UrlPath(name): UrlPath<String>) -> Result<Response, ApiError> {
    let (kind, text) = match name.as_str() {
        "storefront.css" => ("text/css; charset=utf-8", storefront::STYLE),
        "console.css" => ("text/css; charset=utf-8", console::STYLE),
        "storefront.js" => ("text/javascript; charset=utf-8", storefront::SCRIPT),
        _ => return Err(ApiError::not_found(format!("there is no asset `{name}`"))),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, text).into_response())
}

pub(super) async fn picture(
    State(shop): State<Shop>,
    UrlPath(name): UrlPath<String>,
) -> Result<Response, ApiError> {
    let missing = ApiError::not_found(format!("there is no picture `{name}`"));
    let is_plain_name = matches!(
        Path::new(&name).components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    );
    let Some(kind) = picture_type(&name).filter(|_| is_plain_name) else {
        return Err(missing);
    };
    let path = shop.paths.shop.join(PICTURES_DIR).join(&name);
    let read = move || {
        let small = std::fs::metadata(&path)
            .is_ok_and(|file| file.is_file() && file.len() <= PICTURE_BYTES_MAX);
        small.then(|| std::fs::read(&path).ok()).flatten()
    };
    let bytes = blocking(&shop, read).await?.ok_or(missing)?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A drawing is looked at, never run.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn picture_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        _ => return None,
    })
}

fn shop_face(shop: &Shop) -> ShopFace {
    let snapshot = shop.engine.snapshot();
    let schema = &snapshot.catalog.schema;
    let faces = std::fs::read(shop.paths.shop.join(FACES_FILE)).ok();
    ShopFace {
        name: shop.name.to_string(),
        currency: schema.currency.clone(),
        language: schema.language.clone(),
        faces: faces
            .and_then(|bytes| read_faces(&bytes))
            .unwrap_or_default(),
        sorts: sorts(schema),
    }
}

fn read_faces(bytes: &[u8]) -> Option<Vec<Face>> {
    let faces: Vec<serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    let text =
        |face: &serde_json::Value, key: &str| face[key].as_str().unwrap_or_default().to_string();
    let face = |face: &serde_json::Value| Face {
        shopper: text(face, "shopper"),
        name: text(face, "name"),
        blurb: text(face, "blurb"),
    };
    Some(faces.iter().map(face).collect())
}

/// How shoppers may sort: by relevance, then by what the schema allows, in the directions that make sense.
fn sorts(schema: &Schema) -> Vec<Sort> {
    let mut sorts = vec![Sort {
        value: String::new(),
        label: "Relevance".into(),
    }];
    for attribute in schema.attributes.iter().filter(|attribute| attribute.sort) {
        for (direction, label) in directions(attribute) {
            sorts.push(Sort {
                value: format!("{}:{direction}", attribute.name),
                label,
            });
        }
    }
    sorts
}

fn directions(attribute: &Attribute) -> Vec<(&'static str, String)> {
    let name = attribute.name.replace('_', " ");
    match (attribute.role, attribute.kind) {
        (Some(Role::Price), _) => vec![
            ("asc", "Price, low to high".into()),
            ("desc", "Price, high to low".into()),
        ],
        (Some(Role::Rating), _) => vec![("desc", "Best rated".into())],
        (Some(Role::Popularity), _) => vec![("desc", "Most popular".into())],
        (Some(Role::Released), _) => vec![("desc", "Newest".into())],
        (_, kind) if kind.is_numeric() => vec![
            ("desc", format!("Highest {name}")),
            ("asc", format!("Lowest {name}")),
        ],
        (_, Kind::Text | Kind::Keyword | Kind::Path | Kind::Boolean | Kind::Url) => {
            vec![("asc", format!("{}, A to Z", capitalised(&name)))]
        }
        _ => Vec::new(),
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}
