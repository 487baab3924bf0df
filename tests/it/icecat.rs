//! Promises: none yet.
