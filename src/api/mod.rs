//! The shop over HTTP.

mod algolia;
pub mod auth;
mod body;
mod console;
mod cors;
mod error;
mod metrics;
mod native;
mod operations;
mod pages;
mod retention;
mod router;
pub mod storefront;
mod watch;

pub use algolia::AlgoliaSettings;
pub use router::router;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::publishing::{self, Deltas, Jobs, JobsSettings, ShopPaths};

/// At most this many requests are at work or wait for a thread; whoever comes then is told to come again.
const REQUESTS_MAX: usize = 4_096;

/// What an operator limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Larger request bodies are refused.
    pub body_bytes_max: usize,
    /// Whoever was not seen for this many days is erased, once a day; never when not said.
    pub retention_days: Option<u32>,
    /// How much a pushed feed may change.
    pub publication: publishing::Limits,
}

/// What every handler reads.
#[derive(Clone)]
pub struct Shop {
    engine: Arc<Engine>,
    paths: Arc<ShopPaths>,
    name: Arc<str>,
    limits: Limits,
    /// `None` when products cannot be changed between feeds.
    deltas: Option<Arc<Deltas>>,
    /// `None` when feeds cannot be taken.
    jobs: Option<Arc<Jobs>>,
    /// `None` when the server is open and asks for none.
    keys: Option<Arc<auth::Keys>>,
    rates: Arc<auth::Rates>,
    /// The names that clients of Algolia use.
    indices: Arc<algolia::Indices>,
    /// The lists that clients of Algolia began.
    lists: Arc<algolia::Lists>,
    /// One for each request that may be at work.
    places: Arc<Semaphore>,
}

impl Shop {
    pub fn new(engine: Arc<Engine>, paths: ShopPaths, name: String, limits: Limits) -> Self {
        let settings = JobsSettings {
            paths: paths.clone(),
            limits: limits.publication,
            clock: now,
        };
        let jobs = Jobs::open(settings).map(Arc::new);
        if let Err(error) = &jobs {
            tracing::error!(%error, "feeds cannot be taken");
        }
        let deltas = Deltas::open(paths.clone(), engine.clone(), now).map(Arc::new);
        if let Err(error) = &deltas {
            tracing::error!(%error, "products cannot be changed between feeds");
        }
        Shop {
            engine,
            deltas: deltas.ok(),
            jobs: jobs.ok(),
            paths: Arc::new(paths),
            indices: Arc::new(algolia::Indices::new(&name, AlgoliaSettings::default())),
            lists: Arc::default(),
            keys: None,
            rates: Arc::default(),
            name: name.into(),
            limits,
            places: Arc::new(Semaphore::new(REQUESTS_MAX)),
        }
    }

    /// The same shop for whoever has a key.
    pub fn with_keys(self, keys: auth::Keys) -> Self {
        Shop {
            keys: Some(Arc::new(keys)),
            ..self
        }
    }

    /// The same shop under other index names.
    pub fn with_indices(self, settings: AlgoliaSettings) -> Self {
        Shop {
            indices: Arc::new(algolia::Indices::new(&self.name, settings)),
            ..self
        }
    }
}

/// Listens until the process is told to stop; `ready` is called once the address answers.
pub fn serve(shop: Shop, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let _watcher = watch::watch(&shop);
    watch::fold(&shop);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        tokio::spawn(metrics::keep_up());
        tokio::spawn(retention::keep(shop.clone()));
        axum::serve(listener, router(shop))
            .with_graceful_shutdown(stopped())
            .await
    })
}

/// Until Ctrl-C or a polite kill.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}

/// Runs the engine, which is synchronous, away from the threads that serve connections.
async fn blocking<T: Send + 'static>(
    shop: &Shop,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, error::ApiError> {
    let Ok(place) = shop.places.clone().try_acquire_owned() else {
        return Err(error::ApiError::unavailable(
            "the server has too much to do at the moment; send the request again later",
        ));
    };
    // Work goes on when its client is gone, so it is the work that keeps the place.
    let placed = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(placed)
        .await
        .map_err(|error| error::ApiError::internal(&error))
}

#[allow(clippy::disallowed_methods, reason = "the API is where time enters")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::ApiError;
    use crate::engine::Snapshot;

    fn shop_with_places(places: usize) -> Shop {
        let dir = tempfile::tempdir().unwrap();
        let schema =
            "id = \"id\"\n[[attribute]]\nname = \"title\"\ntype = \"text\"\nrole = \"title\"\n";
        let schema = crate::catalog::schema::Schema::parse("schema.toml", schema).unwrap();
        let paths = ShopPaths::new(dir.path(), "data");
        let feed = b"{\"id\":\"1\",\"title\":\"red shoes\"}\n".to_vec();
        let feed = crate::catalog::feed::Feed::from_bytes("feed", feed).unwrap();
        publishing::build(
            &paths,
            &schema,
            vec![feed],
            &publishing::Order::at(jiff::Timestamp::UNIX_EPOCH),
            |_| {},
        )
        .unwrap();
        let snapshot: Snapshot = publishing::load(&paths).unwrap();
        let engine = Arc::new(Engine::new(snapshot, None));
        let limits = Limits {
            body_bytes_max: 1,
            retention_days: None,
            publication: publishing::Limits::default(),
        };
        Shop {
            places: Arc::new(Semaphore::new(places)),
            ..Shop::new(engine, paths, "Corner Shop".into(), limits)
        }
    }

    #[tokio::test]
    async fn whoever_finds_no_place_is_told_to_come_again() {
        let shop = shop_with_places(1);
        assert_eq!(blocking(&shop, || 1).await.unwrap(), 1);
        let (begun, wait) = std::sync::mpsc::channel::<()>();
        let (busy, own) = (shop.clone(), shop.clone());
        let long = tokio::spawn(async move { blocking(&busy, move || wait.recv()).await });
        tokio::task::yield_now().await;
        let refused: ApiError = blocking(&own, || 2).await.unwrap_err();
        assert!(format!("{refused:?}").contains("503"), "{refused:?}");
        begun.send(()).unwrap();
        long.await.unwrap().unwrap().unwrap();
        assert_eq!(blocking(&own, || 3).await.unwrap(), 3);
    }
}
