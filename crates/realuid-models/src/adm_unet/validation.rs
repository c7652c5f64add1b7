use super::AdmUnetConfig;
use super::config::error;
use crate::Result;

/// More would overflow sizes long before memory could hold the network.
const MOST_LEVELS: usize = 16;
const MOST_CHANNELS: usize = 1 << 20;

impl AdmUnetConfig {
    /// An error that names the first field which describes no network.
    pub(crate) fn validate(&self) -> Result<()> {
        if self.dim.contains(&0) {
            return Err(error("dim", "positive sizes", format!("{:?}", self.dim)));
        }
        if !(1..=MOST_CHANNELS).contains(&self.num_channels) {
            let expected = format!("1 to {MOST_CHANNELS}");
            return Err(error("num_channels", &expected, self.num_channels.to_string()));
        }
        self.validate_channels()?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(error("dropout", "a probability in [0, 1)", self.dropout.to_string()));
        }
        if self.classes() == Some(0) {
            return Err(error("num_classes", "at least 1 where class_cond is set", "0".into()));
        }
        if self.use_fp16 {
            return Err(error("use_fp16", "false: precision is chosen elsewhere", "true".into()));
        }
        self.options().validate(self.classes())?;
        if self.learn_sigma && (self.heads > 1 || self.preconditioning.is_some()) {
            let expected =
                "false with several heads or preconditioning: a variance is no prediction";
            return Err(error("learn_sigma", expected, "true".into()));
        }
        self.validate_resolution()
    }

    fn validate_channels(&self) -> Result<()> {
        let levels = self.level_channels()?;
        let fits = |channels: usize| {
            (32..=MOST_CHANNELS).contains(&channels) && channels.is_multiple_of(32)
        };
        if !(1..=MOST_LEVELS).contains(&levels.len()) || !levels.iter().all(|&c| fits(c)) {
            return Err(error(
                "channel_mult",
                &format!(
                    "1 to {MOST_LEVELS} factors, each giving a multiple of 32 channels (the groups \
                     of the normalisation) up to {MOST_CHANNELS}"
                ),
                format!("{levels:?} channels"),
            ));
        }
        let rates = self.attention_rates()?;
        for (level, &channels) in levels.iter().enumerate() {
            let middle = level + 1 == levels.len();
            if middle || rates.contains(&(1 << level)) {
                self.heads_down(channels)?;
            }
            if rates.contains(&(1 << level)) {
                self.heads_up(channels)?;
            }
        }
        Ok(())
    }

    fn validate_resolution(&self) -> Result<()> {
        let [_, height, width] = self.dim;
        let rate = 1 << (self.level_channels()?.len() - 1);
        if height % rate != 0 || width % rate != 0 {
            return Err(error(
                "dim",
                &format!("height and width divisible by {rate}, the lowest resolution's rate"),
                format!("{height} x {width}"),
            ));
        }
        if self.adversarial_head {
            self.validate_head(height / rate, width / rate)?;
        }
        Ok(())
    }

    fn validate_head(&self, height: usize, width: usize) -> Result<()> {
        let expected = if height < 4 || width < 4 {
            "at least 4 x 4 pixels at the lowest resolution, which the head halves twice"
        } else if height < 8 && width < 8 && self.level_channels()?.last() == Some(&32) {
            "more than 32 channels where the head ends in one pixel: its normalisation of one value \
             per group would erase every feature"
        } else {
            return Ok(());
        };
        Err(error("adversarial_head", expected, format!("{height} x {width} pixels")))
    }
}
