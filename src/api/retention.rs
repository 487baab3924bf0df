//! Shoppers who were not seen for too long are erased by themselves.

use std::time::Duration;

use super::{Shop, blocking, now};

/// How often somebody may have become too old.
const SWEPT_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Erases at once and then once a day, when the operator limits how long shoppers are kept.
pub(super) async fn keep(shop: Shop) {
    let Some(days) = shop.limits.retention_days else {
        return;
    };
    loop {
        let engine = shop.engine.clone();
        match blocking(&shop, move || engine.sweep(days, now())).await {
            Ok(Ok(shoppers)) => {
                tracing::info!(shoppers, days, "shoppers not seen for so long were erased")
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "shoppers not seen for long could not be erased")
            }
            Err(_) => tracing::error!(
                "the server had too much to do to erase shoppers not seen for long; that is done tomorrow"
            ),
        }
        tokio::time::sleep(SWEPT_EVERY).await;
    }
}
