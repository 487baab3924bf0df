//! `endcap.toml`: flags over `ENDCAP_*` variables over the file over defaults.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CliError;
use crate::api::AlgoliaSettings;
use crate::problem::{Problem, line_of};
use crate::publishing::{Limits, SETTINGS_FILE};

/// What an operator sets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    /// Address and port to listen on; `--listen`, `ENDCAP_LISTEN`.
    pub(super) listen: String,
    /// Where Endcap writes; relative to the shop directory; `--data-dir`, `ENDCAP_DATA_DIR`.
    pub(super) data_dir: PathBuf,
    /// Larger request bodies are refused; `--body-bytes-max`, `ENDCAP_BODY_BYTES_MAX`.
    pub(super) body_bytes_max: usize,
    /// Whoever was not seen for this many days is erased, once a day; `--retention-days`, `ENDCAP_RETENTION_DAYS`.
    pub(super) retention_days: Option<u32>,
    /// The shop's name on its pages; `--name`, `ENDCAP_NAME`.
    pub(super) name: String,
    /// How much a publication may change.
    pub(super) limits: Limits,
    /// The names that clients of Algolia use.
    pub(super) algolia: AlgoliaSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: "127.0.0.1:7700".into(),
            data_dir: "data".into(),
            body_bytes_max: 2 << 20,
            retention_days: None,
            name: "Endcap".into(),
            limits: Limits::default(),
            algolia: AlgoliaSettings::default(),
        }
    }
}

impl Settings {
    /// Reads the settings of a shop directory; all defaults when there is no file.
    pub(super) fn load(shop: &Path) -> Result<Settings, CliError> {
        let path = shop.join(SETTINGS_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Settings::default());
            }
            Err(error) => return Err(CliError::file(&path, error)),
        };
        toml::from_str(&text).map_err(|error| {
            let problem = Problem::new(SETTINGS_FILE, error.message().trim().replace('\n', ", "));
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            CliError::Usage(problem.at(line).to_string())
        })
    }
}
