//! The integration tests: one binary, one file for each subject, each opening with its numbered promises.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what is promised, and a panic says where it is not kept"
)]

mod boundaries;
mod cli;
mod http;
mod icecat;
mod process;
mod properties;
mod search;
mod shop;
