//! `endcap serve`: the storefront and the API.

use std::net::SocketAddr;
use std::sync::Arc;

use super::output::print_problems;
use super::settings::Settings;
use super::{CliError, Outcome, open};
use crate::api::auth::Keys;
use crate::api::{self, Limits};
use crate::publishing::ShopPaths;

#[derive(clap::Args)]
pub(super) struct Serve {
    /// Address and port to listen on [default: 127.0.0.1:7700].
    #[arg(long, env = "ENDCAP_LISTEN", value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
    /// Ask for no keys; on loopback addresses only, for trying and testing.
    #[arg(long)]
    pub(super) open: bool,
    /// Larger request bodies are refused [default: 2097152].
    #[arg(long, env = "ENDCAP_BODY_BYTES_MAX", value_name = "BYTES")]
    pub(super) body_bytes_max: Option<usize>,
    /// Erase whoever was not seen for this many days, once a day.
    #[arg(long, env = "ENDCAP_RETENTION_DAYS", value_name = "DAYS")]
    pub(super) retention_days: Option<u32>,
    /// The shop's name on its pages.
    #[arg(long, env = "ENDCAP_NAME")]
    pub(super) name: Option<String>,
}

impl Serve {
    pub(super) fn run(self, paths: &ShopPaths, settings: &Settings) -> Result<Outcome, CliError> {
        self.serve(paths, settings, |address| {
            println!("serving http://{address}/ (storefront), http://{address}/openapi.json (API); stop with Ctrl-C");
        })
    }

    /// Serves until told to stop; `ready` is called once the address answers.
    pub(super) fn serve(
        self,
        paths: &ShopPaths,
        settings: &Settings,
        ready: impl FnOnce(SocketAddr),
    ) -> Result<Outcome, CliError> {
        let listen = self.listen.unwrap_or_else(|| settings.listen.clone());
        let address: SocketAddr = listen.parse().map_err(|_| {
            CliError::Usage(format!(
                "`{listen}` is not an address with a port: write for example 127.0.0.1:7700"
            ))
        })?;
        if self.open && !address.ip().is_loopback() {
            let reason = format!(
                "--open listens on loopback only, and {} is not: write for example 127.0.0.1:7700",
                address.ip()
            );
            return Err(CliError::Usage(reason));
        }
        let keys = match self.open {
            true => None,
            false => Some(keys_of(paths)?),
        };
        let engine = Arc::new(open(paths)?);
        print_problems(&engine.snapshot().problems);
        let limits = Limits {
            body_bytes_max: self.body_bytes_max.unwrap_or(settings.body_bytes_max),
            retention_days: self.retention_days.or(settings.retention_days),
            publication: settings.limits,
        };
        let name = self.name.unwrap_or_else(|| settings.name.clone());
        let shop = api::Shop::new(engine.clone(), paths.clone(), name, limits)
            .with_indices(settings.algolia.clone());
        let shop = match keys {
            Some(keys) => shop.with_keys(keys),
            None => shop,
        };
        api::serve(shop, address, ready).map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => CliError::Failed(format!(
                "{address} is in use by another process: stop it, or choose another port with --listen"
            )),
            _ => CliError::Failed(format!("cannot serve on {address}: {error}")),
        })?;
        // Whatever still holds the engine ends with the process.
        if let Err(error) = engine.save() {
            tracing::warn!(%error, "profiles were not saved; the next start replays their events");
        }
        Ok(Outcome::Done)
    }
}

/// The keys of a shop, which has some.
fn keys_of(paths: &ShopPaths) -> Result<Keys, CliError> {
    let keys = Keys::open(&paths.data)?;
    if keys.list()?.is_empty() {
        let reason = "there are no keys, so nobody could ask anything: make some with `endcap keys add NAME --role ROLE`, or add --open, which asks for none and listens on loopback only";
        return Err(CliError::Usage(reason.into()));
    }
    Ok(keys)
}
