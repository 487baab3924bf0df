//! The integration tests: one binary, one file for each subject, each opening with its numbered promises.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests are tests too: what cannot happen fails the test"
)]

mod algolia;
mod algolia_events;
mod algolia_records;
mod audit;
mod boundaries;
mod cli;
mod deltas;
mod experiments;
mod facets;
mod feeds;
mod folder;
mod http;
mod icecat;
mod jobs;
mod keys;
mod kills;
mod languages;
mod mistakes;
mod model;
mod process;
mod properties;
mod recommendations;
mod refusals;
mod relevance;
mod rule_properties;
mod rules;
mod rules_by_hand;
mod rules_http;
mod rules_tried;
mod scenarios;
mod schemas;
mod search;
mod served;
mod serving;
mod shop;
mod shoppers;
mod suggest;
mod workbench;
