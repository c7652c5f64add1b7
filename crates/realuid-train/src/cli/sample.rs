use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use candle_core::{DType, Device, Tensor};
use clap::{Args, ValueEnum};
use npyz::WriterBuilder;
use realuid_ops::RandomStream;

use super::model::ModelArguments;
use crate::model::{Model, SampleRequest, sources};
use crate::{files, picture, weights};

/// `realuid sample`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 64)]
    num: usize,
    /// Class of every sample; without it the classes take turns
    #[arg(long)]
    class: Option<u32>,
    /// Pairs whose source ends samples are made of, such as `digits?source=blur`, for a model of a
    /// bridge; those it was trained on if not given
    #[arg(long, value_name = "URI")]
    data: Option<String>,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Grid)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One picture of all samples: `grid.png`
    Grid,
    /// A picture of each: `000000.png` and on
    Png,
    /// One array [N, ...] of f32: `samples.npy`
    Npy,
    /// One tensor `samples` [N, ...] of f32: `samples.safetensors`
    Safetensors,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<()> {
        ensure!(self.num > 0, "--num: expected at least 1, found 0");
        let device = self.model.device()?;
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("creating {}", self.out.display()))?;
        for file in self.files() {
            ensure!(
                !file.exists(),
                "{} is there already; choose another --out or move it away",
                file.display()
            );
        }
        let model = self.model.load(&device)?;
        let (solver, times) = (self.model.solver(), self.model.times(model.card()));
        let request = SampleRequest {
            stream: RandomStream::new(self.model.seed, "sample", 0),
            count: self.num,
            batch_size: self.model.batch_size,
            solver: &solver,
            times: &times,
            sources: self.sources(&model)?,
            guidance: self.model.guidance,
            class: self.class,
        };
        let start = Instant::now();
        let samples = model.sample(&request, &device)?;
        // A GPU has not computed them before they are read.
        let data = samples.data.to_device(&Device::Cpu)?;
        let seconds = start.elapsed().as_secs_f64();
        self.write(&data)?;
        println!(
            "{} samples in {seconds:.2} s, {} evaluations each, in {}",
            self.num,
            samples.evaluations,
            self.out.display()
        );
        Ok(())
    }

    /// Source ends to make the samples of, if the model needs any.
    fn sources(&self, model: &Model) -> anyhow::Result<Option<Tensor>> {
        if model.card().source.is_noise() {
            ensure!(self.data.is_none(), "--data: expected none, for this model starts from noise");
            return Ok(None);
        }
        let uri = self.data.as_deref().unwrap_or(&model.card().data);
        Ok(Some(sources(uri, self.num)?))
    }

    fn files(&self) -> Vec<PathBuf> {
        match self.format {
            Format::Grid => vec![self.out.join("grid.png")],
            Format::Png => (0..self.num).map(|i| self.out.join(format!("{i:06}.png"))).collect(),
            Format::Npy => vec![self.out.join("samples.npy")],
            Format::Safetensors => vec![self.out.join("samples.safetensors")],
        }
    }

    fn write(&self, samples: &Tensor) -> anyhow::Result<()> {
        let files = self.files();
        match self.format {
            Format::Grid => picture::save(&files[0], samples)?,
            Format::Png => {
                for (i, file) in files.iter().enumerate() {
                    files::replace(file, &picture::single(&samples.get(i)?)?)?;
                }
            }
            Format::Npy => write_npy(&files[0], samples)?,
            Format::Safetensors => {
                let tensors = BTreeMap::from([("samples".to_owned(), samples.clone())]);
                weights::save(&self.out, "samples", &tensors)?;
            }
        }
        Ok(())
    }
}

fn write_npy(file: &Path, samples: &Tensor) -> anyhow::Result<()> {
    let shape: Vec<u64> = samples.dims().iter().map(|&d| d as u64).collect();
    let values = samples.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(&mut bytes).begin_nd()?;
    writer.extend(values)?;
    writer.finish()?;
    Ok(files::replace(file, &bytes)?)
}
