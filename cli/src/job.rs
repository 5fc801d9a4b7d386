//! The processes that Windows ends with this one.

use win32job::{ExtendedLimitInfo, Job, JobError};

/// Has everything that this process starts end with it, even if it is killed.
pub fn end_children_with_this_process() {
    if let Err(error) = join_new_job() {
        tracing::warn!(%error, "a pipeline could outlive this server if it is killed");
    }
}

fn join_new_job() -> Result<(), JobError> {
    let mut limits = ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    let job = Job::create_with_limit_info(&limits)?;
    job.assign_current_process()?;
    // Closed by the system when this process ends, which ends the others.
    std::mem::forget(job);
    Ok(())
}
