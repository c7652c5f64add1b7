use std::sync::Arc;

use realuid_ops::{Conv2dConfig, HeadOrder};

use super::AdmUnetConfig;
use super::attention_block::AttentionBlock;
use super::residual_block::{Modulation, Resample, ResidualBlock, ResidualConfig};
use super::stage::{Layer, Stage};
use crate::Result;
use crate::layers::{Conv2d, ConvShape};
use crate::scope::Scope;

/// Walks through the network from input to output, keeping count of channels and resolution.
pub(crate) struct Layout<'a> {
    config: &'a AdmUnetConfig,
    level_channels: Vec<usize>,
    attention_rates: Vec<usize>,
    /// Channels after the last stage built.
    channels: usize,
    /// Channels of the outputs that the way up will concatenate, last in first out.
    skips: Vec<usize>,
}

impl<'a> Layout<'a> {
    pub fn new(config: &'a AdmUnetConfig) -> Result<Self> {
        Ok(Self {
            config,
            level_channels: config.level_channels()?,
            attention_rates: config.attention_rates()?,
            channels: config.options().input_channels(config.dim[0]),
            skips: Vec::new(),
        })
    }

    /// The way down: every stage's output is kept for the way up.
    pub fn input_stages(&mut self, mut scope: Scope) -> Result<Vec<Stage>> {
        let first = self.convolution(scope.at("0.0"), self.level_channels[0], 1)?;
        let mut stages = vec![Stage(vec![Layer::Convolution(first)])];
        self.skips.push(self.channels);
        for level in 0..self.level_channels.len() {
            for _ in 0..self.config.num_res_blocks {
                let heads = AdmUnetConfig::heads_down;
                let mut scope = scope.at(stages.len());
                let layers = self.level_layers(&mut scope, level, self.channels, heads)?;
                stages.push(Stage(layers));
                self.skips.push(self.channels);
            }
            if level + 1 < self.level_channels.len() {
                let index = stages.len();
                stages.push(Stage(vec![self.halve(scope.at(format_args!("{index}.0")))?]));
                self.skips.push(self.channels);
            }
        }
        Ok(stages)
    }

    /// The bottom: residual block, attention, residual block.
    pub fn middle_stage(&mut self, mut scope: Scope) -> Result<Stage> {
        let channels = self.channels;
        let heads = self.config.heads_down(channels)?;
        Ok(Stage(vec![
            self.residual(scope.at(0), channels, channels, Resample::Keep)?,
            self.attention(scope.at(1), heads)?,
            self.residual(scope.at(2), channels, channels, Resample::Keep)?,
        ]))
    }

    /// The way up: every stage takes the output of the stage below and one of the way down.
    pub fn output_stages(&mut self, mut scope: Scope) -> Result<Vec<Stage>> {
        let mut stages = Vec::with_capacity(self.skips.len());
        for level in (0..self.level_channels.len()).rev() {
            for i in 0..=self.config.num_res_blocks {
                let mut scope = scope.at(stages.len());
                let skip = self.skips.pop().expect("one skip for every stage on the way up");
                let inputs = self.channels + skip;
                let heads = AdmUnetConfig::heads_up;
                let mut layers = self.level_layers(&mut scope, level, inputs, heads)?;
                if level > 0 && i == self.config.num_res_blocks {
                    let index = layers.len();
                    layers.push(self.double(scope.at(index))?);
                }
                stages.push(Stage(layers));
            }
        }
        Ok(stages)
    }

    /// What every stage of a resolution begins with: a residual block and, where the configuration
    /// asks for it, attention with as many heads as `heads` says.
    fn level_layers(
        &mut self,
        scope: &mut Scope,
        level: usize,
        inputs: usize,
        heads: fn(&AdmUnetConfig, usize) -> Result<usize>,
    ) -> Result<Vec<Layer>> {
        let outputs = self.level_channels[level];
        let mut layers = vec![self.residual(scope.at(0), inputs, outputs, Resample::Keep)?];
        if self.attention_rates.contains(&(1 << level)) {
            let heads = heads(self.config, outputs)?;
            layers.push(self.attention(scope.at(1), heads)?);
        }
        Ok(layers)
    }

    fn residual(
        &mut self,
        scope: Scope,
        inputs: usize,
        outputs: usize,
        resample: Resample,
    ) -> Result<Layer> {
        let config = ResidualConfig {
            inputs,
            outputs,
            embedding: 4 * self.config.num_channels,
            modulation: if self.config.use_scale_shift_norm {
                Modulation::ScaleShift
            } else {
                Modulation::Add
            },
            resample,
            dropout: self.config.dropout,
        };
        self.channels = outputs;
        Ok(Layer::Residual(Arc::new(ResidualBlock::new(scope, config)?)))
    }

    fn attention(&self, scope: Scope, heads: usize) -> Result<Layer> {
        let order = if self.config.use_new_attention_order {
            HeadOrder::QueriesFirst
        } else {
            HeadOrder::HeadsFirst
        };
        Ok(Layer::Attention(Arc::new(AttentionBlock::new(scope, self.channels, heads, order)?)))
    }

    fn halve(&mut self, mut scope: Scope) -> Result<Layer> {
        let channels = self.channels;
        if self.config.resblock_updown {
            return self.residual(scope, channels, channels, Resample::Halve);
        }
        Ok(Layer::Convolution(self.convolution(scope.at("op"), channels, 2)?))
    }

    fn double(&mut self, mut scope: Scope) -> Result<Layer> {
        let channels = self.channels;
        if self.config.resblock_updown {
            return self.residual(scope, channels, channels, Resample::Double);
        }
        Ok(Layer::Upsample(self.convolution(scope.at("conv"), channels, 1)?))
    }

    fn convolution(&mut self, scope: Scope, outputs: usize, stride: usize) -> Result<Conv2d> {
        let shape = ConvShape { inputs: self.channels, outputs, kernel: 3 };
        self.channels = outputs;
        Conv2d::new(scope, shape, Conv2dConfig { stride, padding: 1 })
    }
}
