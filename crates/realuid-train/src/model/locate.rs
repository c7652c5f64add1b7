use std::path::{Path, PathBuf};

use super::ModelCard;
use crate::run::{RunState, checkpoint_folders};
use crate::{Error, Result};

/// A model folder that was asked for by its own path or by its run's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The folder with `config.json`, `realuid.json` and the weights.
    pub folder: PathBuf,
}

/// Finds the model meant by `path`: a model or checkpoint folder itself, or a run folder, which
/// stands for its best checkpoint (by the metric of its configuration).
pub fn locate(path: &Path) -> Result<Located> {
    if ModelCard::is_in(path) {
        return Ok(Located { folder: path.to_owned() });
    }
    if let Some(latest) = checkpoint_folders(path)?.pop() {
        let best = RunState::load(&latest)?.best.map(|best| best.folder(path));
        return existing(best.unwrap_or_else(|| latest.clone()), &latest);
    }
    Err(Error::Folder {
        path: path.to_owned(),
        expected: "a run folder with checkpoints, or a model folder with realuid.json".into(),
        found: if path.exists() { "neither".into() } else { "nothing there".into() },
        advice: "give the folder that `realuid teacher` or `realuid distill` wrote with --out"
            .into(),
    })
}

/// The best checkpoint, unless somebody removed it.
fn existing(best: PathBuf, latest: &Path) -> Result<Located> {
    if ModelCard::is_in(&best) {
        return Ok(Located { folder: best });
    }
    Err(Error::Folder {
        path: best,
        expected: "the best checkpoint of the run".into(),
        found: "nothing there".into(),
        advice: format!("restore it, or name the newest one, {}", latest.display()),
    })
}
