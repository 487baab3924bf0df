//! `GET /v1/problems`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::super::{Shop, now};
use crate::merchandising;
use crate::problem::Problem;

/// What is wrong with the shop's files. Requests are served by the last good ones.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Problems {
    /// What cannot be read, or names what is not there.
    problems: Vec<Problem>,
    /// What rules do to one another: contradicting, shadowed, never holding, expired, pins that are sold out.
    conflicts: Vec<Problem>,
}

/// What is wrong with the shop's files, each with file, line and what to write instead.
#[utoipa::path(get, path = "/v1/problems", tag = "merchandising", responses((status = 200, body = Problems)))]
pub(in crate::api) async fn get(State(shop): State<Shop>) -> Json<Problems> {
    let snapshot = shop.engine.snapshot();
    let mut conflicts = snapshot.conflicts.clone();
    conflicts.extend(merchandising::expired(&snapshot.rules, now()));
    Json(Problems {
        problems: snapshot.problems.clone(),
        conflicts,
    })
}
