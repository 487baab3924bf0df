//! Counters and durations, kept by the `metrics` crate and rendered for Prometheus.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::Shop;

/// How often recorded durations are summed up; until then each takes memory of its own.
const UPKEEP: Duration = Duration::from_secs(5);

/// The one recorder of this process; `None` when somebody else installed another.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().ok())
        .as_ref()
}

/// Sums up what was recorded, again and again: without it every request would stay in memory until somebody asks for
/// the metrics.
pub(super) async fn keep_up() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Some(recorder) = recorder() {
            recorder.run_upkeep();
        }
    }
}

/// Counts every request by route and status, and how long it took.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    recorder();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_string();
    let method = method_name(request.method());
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("endcap_requests_total", "route" => route.clone(), "method" => method, "status" => status).increment(1);
    metrics::histogram!("endcap_request_seconds", "route" => route).record(started.elapsed());
    response
}

/// The name a method is counted under: clients may make up methods, and each name takes memory forever.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}

/// Everything recorded, with the shop's figures as of now.
pub(super) fn render(shop: &Shop) -> Option<String> {
    let recorder = recorder()?;
    let snapshot = shop.engine.snapshot();
    metrics::gauge!("endcap_products").set(snapshot.catalog.columns.products_there());
    metrics::gauge!("endcap_generation").set(snapshot.catalog.generation as f64);
    let damaged = snapshot.catalog.instead_of.is_some();
    metrics::gauge!("endcap_generation_damaged").set(f64::from(u8::from(damaged)));
    metrics::gauge!("endcap_file_problems").set(snapshot.problems.len() as f64);
    if let Some(shoppers) = shop.engine.shoppers() {
        let counts = shoppers.counts();
        metrics::gauge!("endcap_journal_entries").set(counts.entries as f64);
        metrics::gauge!("endcap_profiles_in_memory").set(counts.resident as f64);
        metrics::gauge!("endcap_shopper_names").set(counts.names as f64);
        metrics::counter!("endcap_events_of_robots_total").absolute(counts.robots);
    }
    recorder.run_upkeep();
    Some(recorder.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_are_counted_together() {
        let made_up = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(method_name(&made_up), "other");
        assert_eq!(method_name(&Method::POST), "POST");
    }
}
