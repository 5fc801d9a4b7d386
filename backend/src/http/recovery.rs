//! Recovery beside the requests: when the server starts, and every hour.

use std::time::Duration;

use podslate_shared::{Done, ErrorBody};
use tokio::time::{self, MissedTickBehavior};

use super::App;

const PAUSE: Duration = Duration::from_secs(60 * 60);

/// Recovers the workspace again and again, and logs what changed or is new.
pub async fn run(app: App) {
    let mut pauses = time::interval(PAUSE);
    pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Vec::new();
    loop {
        pauses.tick().await;
        let app = app.clone();
        let recovered = tokio::task::spawn_blocking(move || app.0.config.workspace.recover()).await;
        match recovered {
            Ok(recovered) => log(recovered, &mut told),
            Err(error) => tracing::error!(%error, "recovery broke off"),
        }
    }
}

/// What stays is told once, not every hour.
fn log(recovered: Result<Done, ErrorBody>, told: &mut Vec<String>) {
    match recovered {
        Ok(Done::Recovered {
            repaired,
            removed,
            left,
            ..
        }) => {
            if !repaired.is_empty() || !removed.is_empty() {
                tracing::info!(?repaired, ?removed, "recovered what interrupted work left");
            }
            if !left.is_empty() && *told != left {
                tracing::warn!(?left, "recovery could not finish");
            }
            *told = left;
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(code = error.code.info().slug, "{}", error.error),
    }
}
