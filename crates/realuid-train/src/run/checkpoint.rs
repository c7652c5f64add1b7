use std::path::{Path, PathBuf};

use candle_core::Device;

use super::RunState;
use crate::job::Job;
use crate::model::ModelCard;
use crate::{Error, Result, files, weights};

/// Writes the job and `state` into the run folder `run` as one checkpoint: it is there whole, or not at all.
pub fn save(run: &Path, job: &dyn Job, state: &RunState) -> Result<PathBuf> {
    let folder = step_folder(run, state.step);
    files::replace_folder(&folder, |unfinished| {
        for (name, tensors) in job.tensors() {
            weights::save(unfinished, &name, &tensors)?;
        }
        weights::save_config(unfinished, job.network())?;
        job.card().save(unfinished)?;
        state.save(unfinished)
    })?;
    Ok(folder)
}

/// Restores `job` from the newest checkpoint of the run folder `run`.
pub fn load_latest(run: &Path, job: &mut dyn Job, device: &Device) -> Result<RunState> {
    let Some(folder) = checkpoint_folders(run)?.pop() else {
        return Err(Error::Folder {
            path: run.to_owned(),
            expected: "a checkpoint".into(),
            found: "none, so the run was stopped before it began".into(),
            advice: "remove the folder and start the run again with --out".into(),
        });
    };
    let (saved, expected) = (ModelCard::load(&folder)?, job.card());
    if saved != *expected {
        return Err(Error::Mismatch {
            what: "checkpoint to go on from",
            expected: format!("{expected:?}"),
            found: format!("{saved:?} in {}", folder.display()),
            advice:
                "a teacher's run goes on with `realuid teacher`, a student's with `realuid distill`"
                    .into(),
        });
    }
    let state = RunState::load(&folder)?;
    job.restore(&state.updates, &mut |name| weights::load(&folder, name, device))?;
    Ok(state)
}

/// Removes the checkpoints of `run` that need not be kept: all but the newest, the best, and the
/// last `keep` of those that `scheduled` says were due at their step.
pub fn prune(
    run: &Path,
    keep: usize,
    best: Option<u64>,
    scheduled: impl Fn(u64) -> bool,
) -> Result<()> {
    let mut folders = checkpoint_folders(run)?;
    folders.pop();
    let due = folders.iter().rev().filter(|folder| step_of(folder).is_some_and(&scheduled));
    // The newest is one of the last `keep`.
    let kept: Vec<PathBuf> = due.take(keep.saturating_sub(1)).cloned().collect();
    for folder in folders {
        if !kept.contains(&folder) && step_of(&folder) != best {
            files::remove_folder(&folder)?;
        }
    }
    Ok(())
}

/// The checkpoint folders of the run folder `run`, oldest first; none where there is no such run.
pub fn checkpoint_folders(run: &Path) -> Result<Vec<PathBuf>> {
    let folder = run.join("checkpoints");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut folders = files::entries(&folder)?;
    folders.retain(|path| step_of(path).is_some());
    Ok(folders)
}

/// The checkpoint folder for `step` in the run folder `run`.
pub fn step_folder(run: &Path, step: u64) -> PathBuf {
    run.join("checkpoints").join(format!("step-{step:09}"))
}

fn step_of(folder: &Path) -> Option<u64> {
    folder.file_name()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruning_keeps_the_newest_the_best_and_the_last_due() {
        let root = tempfile::tempdir().unwrap();
        for step in [0, 10, 13, 20, 30, 35] {
            std::fs::create_dir_all(step_folder(root.path(), step)).unwrap();
        }
        std::fs::create_dir_all(root.path().join("checkpoints/step-40.unfinished")).unwrap();
        prune(root.path(), 2, Some(10), |step| step % 10 == 0).unwrap();
        let steps: Vec<u64> =
            checkpoint_folders(root.path()).unwrap().iter().filter_map(|f| step_of(f)).collect();
        assert_eq!(steps, [10, 30, 35]);
    }
}
