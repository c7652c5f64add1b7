use std::fmt;

use candle_core::Tensor;

use crate::broadcast::{check_items, check_same_shape};
use crate::{Ends, Error, Interpolant, KnownEnd, KnownPoint, Prediction, PredictionChange, Result};

/// What a network predicts at a point: one prediction, or one and the latent beside it.
///
/// The second head is the denoiser of a stochastic interpolant (Albergo et al., arXiv 2303.08797,
/// section 2): with it, x_t and the velocity determine the ends of a path with latent, which the
/// velocity alone leaves open. The heads lie side by side along the first data axis, [B, heads x C, ..]
/// beside points [B, C, ..], so a sum over a sample's values is a sum over its heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Heads {
    main: Prediction,
    latent: bool,
}

impl Heads {
    /// The heads of `predictions` in their order; fails unless it is one prediction, or another than
    /// latent and score (which is the latent but for its scale) followed by the latent.
    pub fn new(predictions: &[Prediction]) -> Result<Self> {
        match *predictions {
            [main] => Ok(Self { main, latent: false }),
            [main, Prediction::Latent]
                if ![Prediction::Latent, Prediction::Score].contains(&main) =>
            {
                Ok(Self { main, latent: true })
            }
            _ => Err(Error::argument(
                "choosing what a network predicts",
                "one prediction, or one that is not the score followed by the latent, such as \
                 velocity and latent",
                format!("{:?}", predictions.iter().map(|p| p.name()).collect::<Vec<_>>()),
            )),
        }
    }

    /// The first prediction, which samplers follow.
    pub fn main(self) -> Prediction {
        self.main
    }

    /// Whether the latent is predicted beside the first prediction.
    pub fn with_latent(self) -> bool {
        self.latent
    }

    /// The predictions in the order in which they lie side by side.
    pub fn predictions(self) -> Vec<Prediction> {
        let beside = self.latent.then_some(Prediction::Latent);
        [Some(self.main), beside].into_iter().flatten().collect()
    }

    /// The regression targets side by side, [B, heads x C, ..], of a path with the ends `ends` at its
    /// native times `t` `[B]`; fails where one of them [does](Interpolant::target).
    pub fn target(self, path: &dyn Interpolant, ends: &Ends, t: &Tensor) -> Result<Tensor> {
        let target = |prediction| path.target(prediction, ends, t);
        side_by_side(self.predictions().into_iter().map(target).collect::<Result<_>>()?)
    }

    /// What a network said at the points `x` [B, C, ..], cut into its heads.
    fn split(self, value: &Tensor, x: &Tensor) -> Result<Vec<Tensor>> {
        const DOING: &str = "reading the heads of a prediction";
        let count = self.predictions().len();
        if count == 1 {
            check_same_shape(x, value, DOING)?;
            return Ok(vec![value.clone()]);
        }
        let mut expected = x.dims().to_vec();
        let each = *expected.get(1).unwrap_or(&0);
        if let Some(channels) = expected.get_mut(1) {
            *channels *= count;
        }
        if each == 0 || value.dims() != expected {
            return Err(Error::argument(
                DOING,
                format!("{self} side by side, [B, {count} x C, ..] at points [B, C, ..]"),
                format!("{:?} at points {:?}", value.dims(), x.dims()),
            ));
        }
        (0..count).map(|head| Ok(value.narrow(1, head * each, each)?)).collect()
    }
}

impl PredictionChange<Heads> {
    /// The heads `to` that follow from `value`, the heads `from` side by side, at the points `x`
    /// [B, C, ..] and native times `t` `[B]`; they too lie side by side.
    ///
    /// A head that is asked for is taken as it is. From one head the others follow by
    /// [`Interpolant::convert`]; beside the latent by [`Interpolant::convert_given`], which solves
    /// x = a data + b source + c latent, velocity = a' data + b' source + c' latent for the ends. What
    /// holds of the targets holds of their means given x, because all of this is linear in them.
    ///
    /// Where c' is finite that is safe up to both ends; on a stochastic interpolant
    /// data = x - c latent + (1 - t) (velocity - c' latent). Where c' is infinite (gamma = sqrt(k t (1 -
    /// t)), bridges) velocity and latent do not give the ends at the end itself, an error: the mean of
    /// c' latent has the limit -(c^2)'/2 score there, but the mean of the latent is 0 and has lost it.
    /// Inside, errors of the latent count c + (1 - t) c' times in the data, 22 times at t = 0.001 for
    /// gamma = sqrt(2 t (1 - t)) and once at t = 1/3.
    pub fn apply(
        self,
        path: &dyn Interpolant,
        value: &Tensor,
        x: &Tensor,
        t: &Tensor,
    ) -> Result<Tensor> {
        let Self { from, to } = self;
        check_items(t, x, "converting the heads of a prediction")?;
        let said = from.split(value, x)?;
        let converted = |to: Prediction| match said.as_slice() {
            [main, ..] if to == from.main => Ok(main.clone()),
            [_, latent] if to == Prediction::Latent => Ok(latent.clone()),
            [main, latent] => {
                let point = KnownPoint { x, t, known: KnownEnd::Latent(latent) };
                path.convert_given(&point, main, from.main, to)
            }
            _ => path.convert(value, from.main, to, x, t),
        };
        side_by_side(to.predictions().into_iter().map(converted).collect::<Result<_>>()?)
    }
}

impl From<Prediction> for Heads {
    fn from(main: Prediction) -> Self {
        Self { main, latent: false }
    }
}

impl fmt::Display for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.predictions().into_iter().map(Prediction::name).collect();
        f.write_str(&names.join(" and "))
    }
}

fn side_by_side(mut heads: Vec<Tensor>) -> Result<Tensor> {
    Ok(if heads.len() == 1 { heads.remove(0) } else { Tensor::cat(&heads, 1)? })
}
