//! Looking afterwards at what is there.

use podslate_shared::{ErrorBody, ErrorCode};

use super::plan::{self, Plan};
use super::report::Outcome;
use super::send::{Sender, Sent};
use super::storage::Object;

/// Compares a new list of what is there with all that should be.
///
/// # Errors
/// Something did not arrive as it was sent.
pub async fn listed(
    sender: &Sender,
    sent: &[Sent],
    plan: &Plan,
    outcome: &mut Outcome,
) -> Result<(), ErrorBody> {
    let there = sender.storage.list_again().await?;
    let mut tags = plan.tags.clone();
    tags.extend(
        sent.iter()
            .map(|sent| (sent.file.path.clone(), sent.tag.clone())),
    );
    let by_md5 = plan::tells_md5(&there, &tags);
    let is_same = |path: &str, size: u64, told: Option<&str>| {
        let object = there.get(path);
        let tag = tags.get(path).map(String::as_str).filter(|_| by_md5);
        object.is_some_and(|object| arrived(object, size, tag, told))
    };
    let missing = sent
        .iter()
        .map(|sent| (&sent.file, sent.told.as_deref()))
        .chain(plan.same.iter().map(|file| (file, None)))
        .find(|(file, told)| !is_same(&file.path, file.size, *told));
    if let Some((file, _)) = missing {
        return Err(lost(&file.path));
    }
    outcome.unseen_folders = plan
        .folders
        .iter()
        .filter(|folder| !plan::is_there(folder, &there))
        .count();
    if outcome.unseen_folders > 0 {
        sender.progress.warning(
            "the storage does not list empty folders; they were sent, but it cannot be checked \
             that they arrived",
        );
    }
    Ok(())
}

/// Looks at the one file that was sent after all others.
///
/// # Errors
/// It did not arrive as it was sent.
pub async fn last(sender: &Sender, sent: &[Sent]) -> Result<(), ErrorBody> {
    for sent in sent {
        let object = sender.storage.look_at(&sent.file.path).await?;
        if !arrived(&object, sent.file.size, None, sent.told.as_deref()) {
            return Err(lost(&sent.file.path));
        }
    }
    Ok(())
}

/// Whether the object is what was sent: by its size and, where they are known, by the checksum
/// computed here and the one that was answered.
fn arrived(object: &Object, size: u64, tag: Option<&str>, told: Option<&str>) -> bool {
    let Some(there) = object.tag.as_deref() else {
        return object.size == size;
    };
    object.size == size
        && [tag, told]
            .into_iter()
            .flatten()
            .all(|expected| expected == there)
}

fn lost(path: &str) -> ErrorBody {
    let what = format!("`{path}` is not there as it was sent");
    ErrorBody::new(ErrorCode::StorageFailed, &what)
}
