use crate::reduce::{check_same_shape, shape_error, sum_then_mean};
use crate::{Branches, Loss, Objective, Result, data_normaliser, matching_loss};

/// Distribution matching distillation (Yin et al., arXiv 2311.18828), for comparison with
/// [`RealUid`](crate::RealUid): the generator descends the Kullback-Leibler divergence from its own
/// marginals to the teacher's, by the difference of the two fields.
///
/// Every prediction must be that of the data, and the target the generated sample itself. No real
/// data enter, and the paper's regression loss on pairs of noise and sample is not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dmd;

impl Objective for Dmd {
    /// Never: the fake model only fits the generated samples.
    fn fake_needs_teacher(&self) -> bool {
        false
    }

    /// The matching loss of the fake model at the generated points (equation 6).
    fn fake_loss(&self, branches: &Branches) -> Result<Loss> {
        let branch = &branches.generated;
        // The target is a function of the generator's sample, which this step does not train.
        let target = branch.target.detach();
        let loss = matching_loss(&branch.fake, &target, branches.weight.as_ref())?;
        Loss::sum_of(vec![("generated.matching", loss)])
    }

    /// A surrogate: <fake - teacher, target> / mean|target - teacher|, all but the target constant.
    ///
    /// Its gradient to the generated sample is that of equation 7 with the normaliser of equation 8, in
    /// data predictions as the published code has it; the paper's factor alpha(t) may be put into the
    /// weight. Its value says nothing: it is not the divergence, and does not fall as training goes on.
    fn generator_loss(&self, branches: &Branches) -> Result<Loss> {
        const DOING: &str = "generator loss of distribution matching distillation";
        let branch = &branches.generated;
        let Some(teacher) = &branch.teacher else {
            return Err(shape_error(DOING, "the teacher's prediction of the data", "none"));
        };
        check_same_shape(&branch.fake, teacher, DOING)?;
        check_same_shape(&branch.fake, &branch.target, DOING)?;
        let normaliser = data_normaliser(teacher, &branch.target)?;
        let weight = match &branches.weight {
            Some(weight) => (weight * normaliser)?,
            None => normaliser,
        };
        // Detached: the direction is estimated at x_t, and the sample moves along it.
        let direction = (&branch.fake - teacher)?.detach();
        let surrogate = sum_then_mean(&(direction * &branch.target)?, Some(&weight), DOING)?;
        Loss::sum_of(vec![("generated.surrogate", surrogate)])
    }
}
