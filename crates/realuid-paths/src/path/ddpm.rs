use std::f64::consts::FRAC_PI_2;

use candle_core::{DType, Device, Tensor};

use crate::{Coefficients, Error, GaussianPath, Interpolant, Rated, Result, TimeSpan, host};

/// Discrete variance-preserving diffusion: x_t = sqrt(abar_t) data + sqrt(1 - abar_t) noise at the
/// steps t = 0 .. N - 1, abar_t the product of 1 - beta up to and with t; 0 is next to the data.
///
/// Ho et al., arXiv 2006.11239, equation 4. Between two steps the log-SNR is linear in t (ours), so
/// that points, rates and the inverse exist at any time of [0, N - 1]; at a step the rate is that
/// towards more noise (at the last, from less). Step 0 has noise already: after it, a sampler takes
/// the predicted data.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddpm {
    /// ln(abar / (1 - abar)) of every step, strictly falling.
    log_snr: Vec<f64>,
}

impl Ddpm {
    /// beta evenly from `beta_min` to `beta_max` over `steps` steps: 1e-4, 0.02 and 1,000 in Ho et
    /// al., section 4. Fails unless they are inside (0, 1) and there are two steps.
    pub fn linear(beta_min: f64, beta_max: f64, steps: usize) -> Result<Self> {
        let slope = (beta_max - beta_min) / (steps.max(2) - 1) as f64;
        Self::from_betas((0..steps).map(|k| beta_min + slope * k as f64))
    }

    /// beta from abar = cos^2((t + s) / (1 + s) pi / 2), at most 0.999, with offset `s`: 0.008 and
    /// 1,000 steps in Nichol and Dhariwal, arXiv 2102.09672, equation 17.
    ///
    /// Fails unless the offset is finite and not negative, and there are two steps.
    pub fn cosine(offset: f64, steps: usize) -> Result<Self> {
        const LARGEST_BETA: f64 = 0.999;
        if !(offset >= 0.0 && offset.is_finite()) {
            let found = format!("offset {offset}");
            return Err(Error::argument("making a cosine schedule", "finite offset >= 0", found));
        }
        let cosine = |k: usize| {
            let share = (k as f64 / steps as f64 + offset) / (1.0 + offset);
            (share * FRAC_PI_2).cos().powi(2)
        };
        Self::from_betas((0..steps).map(|k| (1.0 - cosine(k + 1) / cosine(k)).min(LARGEST_BETA)))
    }

    /// Any schedule, as the share of variance that each step replaces with noise; at least two, each
    /// inside (0, 1).
    pub fn from_betas(betas: impl IntoIterator<Item = f64>) -> Result<Self> {
        const DOING: &str = "making a discrete schedule";
        let mut log_kept = 0.0;
        let mut log_snr = Vec::new();
        for beta in betas {
            if !(beta > 0.0 && beta < 1.0) {
                return Err(Error::argument(DOING, "every beta inside (0, 1)", beta.to_string()));
            }
            log_kept += (-beta).ln_1p();
            // 1 - abar as -expm1(ln abar): exact in the first steps too.
            log_snr.push(log_kept - (-log_kept.exp_m1()).ln());
        }
        if log_snr.len() < 2 {
            let found = log_snr.len().to_string();
            return Err(Error::argument(DOING, "at least two steps", found));
        }
        Ok(Self { log_snr })
    }

    /// How many steps N there are; native times run from 0 to N - 1.
    pub fn steps(&self) -> usize {
        self.log_snr.len()
    }

    /// The log-SNR at a time and its slope there.
    fn log_snr_at(&self, t: f64) -> Result<(f64, f64)> {
        let last = self.steps() - 1;
        if !(0.0..=last as f64).contains(&t) {
            let expected = format!("times within [0, {last}], the steps of the schedule");
            return Err(Error::argument("reading a discrete schedule", expected, t.to_string()));
        }
        let step = (t as usize).min(last - 1);
        let slope = self.log_snr[step + 1] - self.log_snr[step];
        Ok((self.log_snr[step] + slope * (t - step as f64), slope))
    }

    /// The coefficients at times on another device, computed there in f64.
    fn coefficients_there(&self, t: &Tensor) -> Result<Coefficients> {
        let last = (self.steps() - 1) as f64;
        let time = t.to_dtype(DType::F64)?.clamp(0.0, last)?;
        let step = time.floor()?.minimum(last - 1.0)?;
        let (table, index) = (table_on(&self.log_snr, t.device())?, step.to_dtype(DType::U32)?);
        let log_snr = table.index_select(&index, 0)?;
        let slope = (table.index_select(&(index + 1.0)?, 0)? - &log_snr)?;
        let log_snr = (log_snr + (&slope * (time - step)?)?)?;
        let sigmoid = |x: &Tensor| x.neg()?.exp()?.affine(1.0, 1.0)?.recip();
        let (a, b) = (sigmoid(&log_snr)?.sqrt()?, sigmoid(&log_snr.neg()?)?.sqrt()?);
        let half = (((&a * &b)? * slope)? * 0.5)?;
        let rated = |value: &Tensor, rate: Tensor| {
            let value = value.to_dtype(t.dtype())?;
            Ok::<_, Error>(Rated { value, rate: rate.to_dtype(t.dtype())? })
        };
        Coefficients::without_latent(rated(&a, (&half * &b)?)?, rated(&b, (half * &a)?.neg()?)?)
    }
}

/// `values` as a tensor on `device`, uploaded in pieces of 4 KiB: as much at once as candle can keep for
/// steps that are captured as a CUDA graph.
fn table_on(values: &[f64], device: &Device) -> Result<Tensor> {
    let pieces = values.chunks(4096 / size_of::<f64>()).map(|piece| Tensor::new(piece, device));
    Ok(Tensor::cat(&pieces.collect::<candle_core::Result<Vec<_>>>()?, 0)?)
}

impl Interpolant for Ddpm {
    /// On the CPU times outside the schedule are refused; on a GPU they are taken as its nearest end,
    /// because looking at them would wait for it.
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        if !t.device().is_cpu() {
            return self.coefficients_there(t);
        }
        let mut columns: [Vec<f64>; 4] = Default::default();
        for time in host::values(t)? {
            let (log_snr, slope) = self.log_snr_at(time)?;
            // a^2 = sigmoid(l), b^2 = sigmoid(-l), so a' = a b^2 l' / 2 and b' = -b a^2 l' / 2.
            let (a, b) = (sigmoid(log_snr).sqrt(), sigmoid(-log_snr).sqrt());
            let row = [a, 0.5 * a * b * b * slope, b, -0.5 * b * a * a * slope];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let [a, a_rate, b, b_rate] = columns.map(|column| host::tensor_like(column, t));
        Coefficients::without_latent(
            Rated { value: a?, rate: a_rate? },
            Rated { value: b?, rate: b_rate? },
        )
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: (self.steps() - 1) as f64 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for Ddpm {}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_device_computes_is_what_the_table_says() {
        let path = Ddpm::linear(1e-4, 0.02, 1000).unwrap();
        let times = [0.0, 0.5, 41.25, 998.0, 998.75, 999.0];
        let t = Tensor::new(&times, &Device::Cpu).unwrap();
        let (here, there) = (path.coefficients(&t).unwrap(), path.coefficients_there(&t).unwrap());
        let pairs = [
            (here.data, there.data),
            (here.source, there.source),
            (here.data_rate, there.data_rate),
            (here.source_rate, there.source_rate),
        ];
        for (here, there) in pairs {
            let (here, there) = (here.to_vec1::<f64>().unwrap(), there.to_vec1::<f64>().unwrap());
            for (here, there) in here.into_iter().zip(there) {
                assert!((here - there).abs() <= 1e-14 * here.abs(), "{here} is not {there}");
            }
        }
    }
}
