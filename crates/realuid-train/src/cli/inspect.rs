use std::path::{Path, PathBuf};

use candle_core::Device;
use clap::Args;

use crate::Result;
use crate::model::{ModelCard, locate};
use crate::run::{RunState, checkpoint_folders, read_records};
use crate::weights;

/// `realuid inspect`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A run, a checkpoint or a model folder
    path: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let folder = locate(&self.path)?.folder;
        if folder != self.path {
            run(&self.path)?;
        }
        Ok(model(&folder)?)
    }
}

fn run(path: &Path) -> Result<()> {
    println!("run         {}", path.display());
    for folder in checkpoint_folders(path)? {
        let state = RunState::load(&folder)?;
        let best = state.best.filter(|best| best.step == state.step);
        let note = best.map_or(String::new(), |best| {
            format!(", best so far: {:?} {:.5}", best.metric, best.value)
        });
        println!("checkpoint  {} (step {}{note})", folder.display(), state.step);
    }
    if let Some(record) = read_records(&path.join("metrics.jsonl"))?.last() {
        println!("last record step {} {}", record.step, record.kind);
    }
    Ok(())
}

fn model(folder: &Path) -> Result<()> {
    let card = ModelCard::load(folder)?;
    let config = weights::load_config(folder)?;
    println!("model       {}", folder.display());
    println!("role        {}", card.role);
    println!("path        {:?}, predicts {}", card.path.name, card.path.prediction);
    println!("data        {}", card.data);
    println!("network     {config:?}");
    for name in weights::names(folder)? {
        let tensors = weights::load(folder, &name, &Device::Cpu)?;
        let count: usize = tensors.values().map(candle_core::Tensor::elem_count).sum();
        let note = if name == card.weights { " (used by default)" } else { "" };
        println!("weights     {name}: {} tensors, {count} values{note}", tensors.len());
    }
    Ok(())
}
