//! The integration tests: one binary, one file for each subject, each opening with its numbered promises.

mod boundaries;
mod cli;
mod http;
mod icecat;
mod process;
mod properties;
mod search;
mod shop;
