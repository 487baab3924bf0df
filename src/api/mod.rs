//! The shop over HTTP.

mod error;
mod metrics;
mod native;
mod operations;
mod pages;
mod router;
pub mod storefront;
mod watch;

pub use router::router;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::engine::Engine;
use crate::publishing::ShopPaths;

/// What an operator limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Larger request bodies are refused.
    pub body_bytes_max: usize,
}

/// What every handler reads.
#[derive(Clone)]
pub struct Shop {
    engine: Arc<Engine>,
    paths: Arc<ShopPaths>,
    name: Arc<str>,
    limits: Limits,
}

impl Shop {
    pub fn new(engine: Arc<Engine>, paths: ShopPaths, name: String, limits: Limits) -> Self {
        Shop {
            engine,
            paths: Arc::new(paths),
            name: name.into(),
            limits,
        }
    }
}

/// Listens until the process is told to stop; `ready` is called once the address answers.
pub fn serve(shop: Shop, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let _watcher = watch::watch(&shop);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        tokio::spawn(metrics::keep_up());
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
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, error::ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| error::ApiError::internal(&error))
}

#[allow(clippy::disallowed_methods, reason = "the API is where time enters")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
