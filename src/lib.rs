//! Endcap, a personalized product search engine. Read `ARCHITECTURE.md` for the map; modules stand in reading order
//! and each may name only those above it (`tests/it/boundaries.rs` holds the table).

pub mod problem;

pub mod parallel;

pub mod text;

pub mod catalog;

pub mod journal;

pub mod shoppers;

pub mod query;

pub mod retrieval;

pub mod ranking;

pub mod merchandising;

pub mod recommendations;

pub mod experiments;

pub mod engine;

pub mod publishing;

pub mod evaluation;

pub mod training;

pub mod audit;

pub mod demo;

pub mod api;

pub mod cli;
