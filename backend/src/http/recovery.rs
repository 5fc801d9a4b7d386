//! Recovery of the workspace when the server starts, and every hour.

use podslate_shared::{Error, ProjectName, Recovered};
use tokio::time::{self, MissedTickBehavior};

use super::app::App;
use super::limits::RECOVERY_INTERVAL;

/// Recovers the workspace again and again.
pub async fn run(app: App) {
    let mut interval = time::interval(RECOVERY_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged = Vec::new();
    loop {
        interval.tick().await;
        let config = app.config.clone();
        let recovery = tokio::task::spawn_blocking(move || config.workspace.recover());
        match recovery.await {
            Ok(recovered) => log(recovered, &mut logged),
            Err(error) => tracing::error!(%error, "recovery panicked"),
        }
    }
}

/// Logs changes, and entries that are left only once, not every hour.
fn log(recovered: Result<Recovered, Error>, logged: &mut Vec<String>) {
    match recovered {
        Ok(recovered) => {
            let repaired: Vec<_> = recovered.repaired.iter().map(ProjectName::as_str).collect();
            let (removed, left) = (recovered.removed, recovered.left);
            if !repaired.is_empty() || !removed.is_empty() {
                tracing::info!(?repaired, ?removed, "recovered from interrupted operations");
            }
            if !left.is_empty() && *logged != left {
                tracing::warn!(?left, "recovery is incomplete");
            }
            *logged = left;
        }
        Err(error) => {
            let code = error.code().as_str();
            tracing::warn!(code, %error, "recovery failed");
        }
    }
}
