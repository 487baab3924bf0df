//! What can be wrong with a request, and what to write instead.

use crate::catalog::filter::FilterError;
use crate::retrieval::IndexError;

/// Why a request was not answered; all but `Index` are the caller's to mend.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{0}")]
    Filter(#[from] FilterError),
    #[error("unknown {what} `{name}`: {suggestion}")]
    Unknown {
        what: &'static str,
        name: String,
        suggestion: String,
    },
    #[error("`{parameter}` {reason}: {suggestion}")]
    Parameter {
        parameter: &'static str,
        reason: String,
        suggestion: String,
    },
    #[error("the index cannot be read: {0}")]
    Index(#[from] IndexError),
}
