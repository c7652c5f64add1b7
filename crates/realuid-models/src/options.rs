use crate::{EdmPreconditioning, Error, Result};

/// What every architecture can be asked for besides its sizes; fields of its configuration, all
/// left out by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkOptions {
    /// Scales around the network that make its forward pass the denoiser of a variance-exploding
    /// path; `None` for the bare network.
    pub preconditioning: Option<EdmPreconditioning>,
    /// The time that the network is given (c_noise under preconditioning) is divided by this before
    /// it is embedded; 1 takes it as it is.
    ///
    /// A perceptron wants times of about 1: 1000 for the integer steps of a discrete diffusion. The
    /// ADM UNet has frequencies from 1 down to 1/10000 radians, made for the steps 0 to 999, which
    /// it takes as they are, as it does the times in [0, 1] of torchcfm and the c_noise of EDM;
    /// 0.001 stretches times in [0, 1] to what most published diffusion networks see.
    pub time_unit: f64,
    /// Whether the network is given the source end beside x, for bridges: [`Condition::source`],
    /// joined to x along the first data axis.
    ///
    /// [`Condition::source`]: crate::Condition::source
    pub source_condition: bool,
    /// Channels (first data axis) of the noise that a generator is given beside x,
    /// [`Condition::noise`], joined after the source end; 0 for none. See
    /// [`widen_parameters`](crate::widen_parameters) for a start from a network without.
    ///
    /// [`Condition::noise`]: crate::Condition::noise
    pub noise_channels: usize,
    /// Number of predictions side by side along the first data axis of the output, [B, heads x C, ..].
    pub heads: usize,
    /// Whether there is a class for "no class", the one after the last; for classifier-free
    /// guidance ([`Guided`](crate::Guided)). The table of class vectors then has one row more, as
    /// that of DiT and SiT has (`LabelEmbedder`). torchcfm's has none: there the number of classes
    /// is one more than the data's, and the last is left to the user.
    pub null_class: bool,
}

/// More would overflow sizes long before memory could hold the network.
const MOST: usize = 1 << 20;

impl NetworkOptions {
    /// An error that names the first field which asks for nothing a network can do; `classes` is
    /// the number of classes it has.
    pub(crate) fn validate(&self, classes: Option<usize>) -> Result<()> {
        let error = |field, expected: &str, found: String| {
            Err(Error::Config { field, expected: expected.into(), found })
        };
        if let Some(preconditioning) = self.preconditioning {
            preconditioning.validate()?;
        }
        if !positive(self.time_unit) {
            return error("time_unit", "a finite number above 0", self.time_unit.to_string());
        }
        if self.noise_channels > MOST {
            let found = self.noise_channels.to_string();
            return error("noise_channels", &format!("at most {MOST}"), found);
        }
        if !(1..=MOST).contains(&self.heads) {
            return error("heads", &format!("1 to {MOST}"), self.heads.to_string());
        }
        if self.heads > 1 && self.preconditioning.is_some() {
            let expected = "1 under preconditioning, whose scales are those of one denoiser";
            return error("heads", expected, self.heads.to_string());
        }
        if self.null_class && classes.is_none() {
            return error("null_class", "false in a network without classes", "true".into());
        }
        Ok(())
    }

    /// Channels of the first layer's input, for samples of `channels`.
    pub(crate) fn input_channels(&self, channels: usize) -> usize {
        self.input_blocks(channels).iter().sum()
    }

    /// Channels of the sample, the source end and the noise in the first layer's input, in order.
    pub(crate) fn input_blocks(&self, channels: usize) -> [usize; 3] {
        [channels, if self.source_condition { channels } else { 0 }, self.noise_channels]
    }

    /// Rows of the table of class vectors.
    pub(crate) fn class_rows(&self, classes: Option<usize>) -> Option<usize> {
        classes.map(|count| count + usize::from(self.null_class))
    }
}

pub(crate) fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}
