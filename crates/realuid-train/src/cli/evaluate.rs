use std::time::Instant;

use anyhow::ensure;
use candle_core::Device;
use clap::Args;
use realuid_ops::RandomStream;
use serde::Serialize;

use super::model::ModelArguments;
use crate::class_shares::ClassShares;
use crate::evaluation::{Evaluator, Metrics, NEIGHBOURS};
use crate::model::SampleRequest;

/// `realuid evaluate`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Data to compare with, such as `digits` or `cifar10:PATH`
    #[arg(long, value_name = "URI")]
    data: String,
    /// How many samples, and at most as many examples
    #[arg(long, value_name = "N", default_value_t = 5000)]
    num: usize,
    /// Tell to which classes the samples belong: that of the nearest example
    #[arg(long)]
    classes: bool,
    /// With --classes, tell also which share of the samples is so near to the mean of a class
    #[arg(long, value_name = "DISTANCE", requires = "classes")]
    radius: Option<f64>,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    model: String,
    data: String,
    samples: usize,
    /// Network evaluations for each sample.
    evaluations: usize,
    /// Wall-clock time of sampling 1,000, in seconds.
    seconds_per_1000: f64,
    #[serde(flatten)]
    metrics: Metrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<ClassShares>,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<()> {
        ensure!(
            self.num > NEIGHBOURS,
            "--num: expected more than {NEIGHBOURS} (the neighbours of precision and recall), found {}",
            self.num
        );
        let device = self.model.device()?;
        let model = self.model.load(&device)?;
        let evaluator = Evaluator::open(&self.data, self.num, &device)?;
        evaluator.expect_shape(&model.config().data_shape())?;
        let (solver, times) = (self.model.solver(), self.model.times(model.card()));
        let request = SampleRequest {
            stream: RandomStream::new(self.model.seed, "evaluation", 0),
            count: self.num,
            batch_size: self.model.batch_size,
            solver: &solver,
            times: &times,
            sources: evaluator.sources(self.num)?,
            guidance: self.model.guidance,
            class: None,
        };
        let start = Instant::now();
        let samples = model.sample(&request, &device)?;
        // A GPU has not computed them before they are read.
        let data = samples.data.to_device(&Device::Cpu)?;
        let seconds = start.elapsed().as_secs_f64();
        let classes =
            self.classes.then(|| evaluator.class_shares(&data, self.radius)).transpose()?;
        let report = Report {
            model: self.model.model.display().to_string(),
            data: self.data,
            samples: self.num,
            evaluations: samples.evaluations,
            seconds_per_1000: 1000.0 * seconds / self.num as f64,
            metrics: evaluator.measure(&data)?,
            classes,
        };
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print(&report);
        }
        Ok(())
    }
}

fn print(report: &Report) {
    println!("{} against {}, {} samples", report.model, report.data, report.samples);
    println!("{:22}{}", "evaluations each", report.evaluations);
    println!("{:22}{:.3}", "seconds per 1,000", report.seconds_per_1000);
    for (name, value) in report.metrics.values() {
        println!("{:22}{value:.5}", name.replace('_', " "));
    }
    let Some(classes) = &report.classes else { return };
    for (class, (samples, data)) in classes.samples.iter().zip(&classes.data).enumerate() {
        println!("{:22}{samples:.5} (data {data:.5})", format!("share of class {class}"));
    }
    println!("{:22}{:.5}", "total variation", classes.total_variation);
    if let Some(near) = classes.near_class_means {
        println!("{:22}{near:.5}", "near class means");
    }
}
