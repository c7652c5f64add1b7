use candle_core::Tensor;

use crate::error::positive;
use crate::reduce::{check_same_shape, sum_then_mean};
use crate::{Branch, Branches, Error, Loss, Objective, Result};

/// Universal inverse distillation with real data (arXiv 2509.22459), in its general delta form.
///
/// With delta = fake - teacher, y the target, and <., .> summed over all axes but the batch:
///
/// ```text
/// J = mean over generated [ -alpha |delta|^2     + 2 beta <delta, y>     - 2 gamma <delta, teacher> ]
///   + mean over real      [ -(1-alpha) |delta|^2 + 2 (1-beta) <delta, y> - 2 (1-gamma) <delta, teacher> ]
/// ```
///
/// The fake model maximises J, the generator minimises its first line. For alpha < 1 and
/// gamma = alpha this is the paper's objective up to terms that the optimised party does not see;
/// the delta form also holds at alpha = 1 with beta != 1, where the paper's divides by zero.
///
/// With p and q the marginals of x_t under generator and data, f_G the generator's marginal target
/// and an exact teacher f*, the best fake model is worth (ours)
///
/// ```text
/// max J = integral |p (beta f_G - gamma f*) + q (gamma - beta) f*|^2 / (alpha p + (1-alpha) q) dx
/// ```
///
/// which is zero exactly at the data. Where gamma = beta, real data only reweights |f_G - f*|^2, by
/// at most 1/alpha, and the loss does not depend on which prediction the networks make; where they
/// differ, the term (gamma - beta) (q - p) f* compares the marginals themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealUid {
    alpha: f64,
    beta: f64,
    gamma: f64,
    kappa: f64,
}

impl RealUid {
    /// The paper's objective: gamma = `alpha`, kappa = 1. Needs `alpha` in (0, 1] and `beta` > 0.
    pub fn new(alpha: f64, beta: f64) -> Result<Self> {
        if !(alpha > 0.0 && alpha <= 1.0) {
            return Err(Error::Coefficient {
                name: "alpha",
                expected: "0 < alpha <= 1",
                found: alpha,
            });
        }
        let beta = positive("beta", "a finite beta > 0", beta)?;
        Ok(Self { alpha, beta, gamma: alpha, kappa: 1.0 })
    }

    /// The data-free objective, alpha = beta = gamma = 1: the generator's marginal target is pulled
    /// to the teacher's.
    pub const fn uid() -> Self {
        Self { alpha: 1.0, beta: 1.0, gamma: 1.0, kappa: 1.0 }
    }

    /// The objective that moves the student from the teacher's distribution towards the data by the
    /// `fraction` (in [0, 1)) of the gap: alpha = 1/2, beta = gamma = 1 / (1 - fraction). Ours.
    pub fn correction(fraction: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(Error::Coefficient {
                name: "correction",
                expected: "0 <= correction < 1",
                found: fraction,
            });
        }
        let beta = 1.0 / (1.0 - fraction);
        Self::new(0.5, beta)?.with_gamma(beta)
    }

    /// The same with another `gamma` > 0, the weight of the teacher on the generated branch.
    pub fn with_gamma(self, gamma: f64) -> Result<Self> {
        Ok(Self { gamma: positive("gamma", "a finite gamma > 0", gamma)?, ..self })
    }

    /// The same with another `kappa` > 0, the factor of |delta|^2 in the generator's loss alone;
    /// 2 alpha of score identity distillation (arXiv 2404.04057).
    pub fn with_kappa(self, kappa: f64) -> Result<Self> {
        Ok(Self { kappa: positive("kappa", "a finite kappa > 0", kappa)?, ..self })
    }

    /// Share of the generated branch in the quadratic term.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Weight of the generated target.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Weight of the teacher on the generated branch.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Factor of the quadratic term in the generator's loss.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// Whether the fake model's loss needs the real branch: false only for alpha = beta = gamma = 1.
    #[expect(clippy::float_cmp, reason = "only coefficients of exactly 1 drop the real branch")]
    pub fn uses_data(&self) -> bool {
        [self.alpha, self.beta, self.gamma].iter().any(|coefficient| *coefficient != 1.0)
    }
}

impl Objective for RealUid {
    /// Only if gamma differs from alpha: otherwise |f - f*|^2 and <f - f*, f*> cancel but for terms
    /// that the fake model does not enter.
    #[expect(clippy::float_cmp, reason = "terms cancel only where the coefficients are the same")]
    fn fake_needs_teacher(&self) -> bool {
        self.alpha != self.gamma
    }

    /// -J. Teacher and targets are constants here; a missing real branch is an error if
    /// [`uses_data`](RealUid::uses_data), a missing teacher if it
    /// [is needed](Objective::fake_needs_teacher).
    fn fake_loss(&self, branches: &Branches) -> Result<Loss> {
        let weight = branches.weight.as_ref();
        let generated = Line { quadratic: self.alpha, target: self.beta, teacher: self.gamma };
        let mut terms = self
            .fake_terms(&generated, &branches.generated, weight)?
            .negated("generated.quadratic", "generated.linear")?;
        match &branches.real {
            Some(real) => {
                let line = Line {
                    quadratic: 1.0 - self.alpha,
                    target: 1.0 - self.beta,
                    teacher: 1.0 - self.gamma,
                };
                let real = self.fake_terms(&line, real, weight)?;
                terms.extend(real.negated("real.quadratic", "real.linear")?);
            }
            None if self.uses_data() => {
                let Self { alpha, beta, gamma, .. } = *self;
                return Err(Error::MissingReal { alpha, beta, gamma });
            }
            None => {}
        }
        Loss::sum_of(terms)
    }

    /// The first line of J, its quadratic term times kappa. The real branch is not looked at.
    fn generator_loss(&self, branches: &Branches) -> Result<Loss> {
        let line =
            Line { quadratic: self.kappa * self.alpha, target: self.beta, teacher: self.gamma };
        let branch = &branches.generated;
        let teacher = self.teacher_of(branch, "generator loss")?;
        let Terms { quadratic, linear } = line.of(branch, teacher, branches.weight.as_ref())?;
        Loss::sum_of(vec![("generated.quadratic", quadratic), ("generated.linear", linear)])
    }
}

impl RealUid {
    /// A line of J as the fake model's step sees it: teacher and target are constants.
    fn fake_terms(&self, line: &Line, branch: &Branch, weight: Option<&Tensor>) -> Result<Terms> {
        let branch = Branch {
            // The teacher is frozen, and this step does not train what its input was made by.
            teacher: branch.teacher.as_ref().map(Tensor::detach),
            fake: branch.fake.clone(),
            // The target is a function of the generator's sample, which this step does not train.
            target: branch.target.detach(),
        };
        if self.fake_needs_teacher() {
            return line.of(&branch, self.teacher_of(&branch, "fake-model loss")?, weight);
        }
        let terms = line.without_teacher(&branch, weight)?;
        let Some(teacher) = &branch.teacher else { return Ok(terms) };
        let whole = line.of(&branch, teacher, weight)?;
        // The value of the whole line; what it adds is detached, for the fake model is not in it.
        let value_of = |term: Tensor, whole: Tensor| &term + (whole - &term)?.detach();
        Ok(Terms {
            quadratic: value_of(terms.quadratic, whole.quadratic)?,
            linear: value_of(terms.linear, whole.linear)?,
        })
    }

    fn teacher_of<'a>(&self, branch: &'a Branch, operation: &'static str) -> Result<&'a Tensor> {
        let Self { alpha, gamma, .. } = *self;
        branch.teacher.as_ref().ok_or(Error::MissingTeacher { operation, alpha, gamma })
    }
}

/// One line of J: -quadratic |delta|^2 + 2 <delta, target y - teacher f*>.
struct Line {
    quadratic: f64,
    target: f64,
    teacher: f64,
}

struct Terms {
    quadratic: Tensor,
    linear: Tensor,
}

const DOING: &str = "RealUID objective";

impl Line {
    fn of(&self, branch: &Branch, teacher: &Tensor, weight: Option<&Tensor>) -> Result<Terms> {
        let Branch { fake, target, .. } = branch;
        check_same_shape(fake, teacher, DOING)?;
        check_same_shape(fake, target, DOING)?;
        let delta = (fake - teacher)?;
        let pull = ((target * (2.0 * self.target))? - (teacher * (2.0 * self.teacher))?)?;
        let square = sum_then_mean(&delta.sqr()?, weight, DOING)?;
        Ok(Terms {
            quadratic: (square * -self.quadratic)?,
            linear: sum_then_mean(&(delta * pull)?, weight, DOING)?,
        })
    }

    /// What the fake model enters of a line whose quadratic and teacher coefficients are the same:
    /// -quadratic |f|^2 + 2 target <f, y>.
    fn without_teacher(&self, branch: &Branch, weight: Option<&Tensor>) -> Result<Terms> {
        let Branch { fake, target, .. } = branch;
        check_same_shape(fake, target, DOING)?;
        let square = sum_then_mean(&fake.sqr()?, weight, DOING)?;
        let linear = sum_then_mean(&(fake * target)?, weight, DOING)?;
        Ok(Terms {
            quadratic: (square * -self.quadratic)?,
            linear: (linear * (2.0 * self.target))?,
        })
    }
}

impl Terms {
    fn negated(
        &self,
        quadratic: &'static str,
        linear: &'static str,
    ) -> Result<Vec<(&'static str, Tensor)>> {
        Ok(vec![(quadratic, self.quadratic.neg()?), (linear, self.linear.neg()?)])
    }
}
