use candle_core::Tensor;
use realuid_loss::{self as loss, Branches, Loss};
use realuid_models::Network;
use realuid_ops::Ema;

use super::{Adversary, Branch, Draw, Said, Setting};
use crate::job::Turn;
use crate::learner::{Learner, Parts};
use crate::{Error, Result};

/// The two players of RealUID and their turns.
pub struct Distillation {
    /// What they play for.
    pub setting: Setting,
    /// The adversarial baseline, if it is added.
    pub adversary: Option<Adversary>,
    /// f, which maximises the objective.
    pub fake: Learner,
    /// G, which minimises it.
    pub generator: Learner,
    /// Averages of the generator, updated on its turns.
    pub ema: Ema,
}

/// What a fake model's turn reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Report {
    /// The whole loss, for which the teacher is evaluated.
    Loss,
    /// Without the loss where the gradient [does not need](loss::Objective::fake_needs_teacher) the
    /// teacher, which then is not evaluated.
    GradientAlone,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Player {
    /// The fake model.
    Fake(Report),
    /// The generator.
    Generator,
}

/// What becomes of an update: [`Learner::update`], [`Learner::enqueue`].
type Make<R> = fn(&mut Learner, usize, Option<&mut Ema>, &Parts<'_>) -> Result<R>;

impl Distillation {
    /// One update of `player` on `draws`, whose gradients are averaged.
    pub fn turn(&mut self, player: Player, draws: &[Draw]) -> Result<Turn> {
        let mut turn = self.make(player, draws, Learner::update)?;
        turn.values.retain(|(name, _)| self.reports(player, name));
        Ok(turn)
    }

    /// The same update without waiting for a GPU, between `prepare` and `turn` of its
    /// [learner](Self::learner): what can be recorded as a graph.
    pub fn enqueue(
        &mut self,
        player: Player,
        draws: &[Draw],
    ) -> Result<Vec<(&'static str, Tensor)>> {
        let mut values = self.make(player, draws, Learner::enqueue)?;
        values.retain(|(name, _)| self.reports(player, name));
        Ok(values)
    }

    /// Who learns on the turn of `player`.
    pub fn learner(&mut self, player: Player) -> &mut Learner {
        match player {
            Player::Fake(_) => &mut self.fake,
            Player::Generator => &mut self.generator,
        }
    }

    /// Whether the turn of `player` evaluates all that its loss is made of.
    fn evaluates_whole_loss(&self, player: Player) -> bool {
        let needed = self.setting.aim.objective.fake_needs_teacher();
        player != Player::Fake(Report::GradientAlone) || needed
    }

    /// Whether the turn of `player` has a value to report under `name`.
    fn reports(&self, player: Player, name: &str) -> bool {
        matches!(name, "gradient_norm" | "learning_rate") || self.evaluates_whole_loss(player)
    }

    fn make<R>(&mut self, player: Player, draws: &[Draw], make: Make<R>) -> Result<R> {
        let whole = self.evaluates_whole_loss(player);
        let Self { setting, adversary, fake, generator, ema } = self;
        let game = Game { setting, adversary: adversary.as_ref() };
        match player {
            Player::Fake(_) => make(fake, draws.len(), None, &|fake, part| {
                game.fake_loss(fake, generator.frozen(), &draws[part], whole)
            }),
            Player::Generator => make(generator, draws.len(), Some(ema), &|generator, part| {
                game.generator_loss(generator, fake.frozen(), &draws[part])
            }),
        }
    }
}

/// What both players see.
struct Game<'a> {
    setting: &'a Setting,
    adversary: Option<&'a Adversary>,
}

impl Game<'_> {
    /// The loss of the fake model; the same gradient whether the teacher is asked for the `whole` of it
    /// or not, unless it is the teacher's part that is not finite: only the whole loss shows that.
    fn fake_loss(
        &self,
        fake: &Learner,
        generator: &dyn Network,
        draw: &Draw,
        whole: bool,
    ) -> Result<Loss> {
        let Self { setting, adversary } = *self;
        let generated = setting.generate(generator, draw)?;
        let mut points = vec![setting.branch(&generated, draw, &draw.t)?];
        if let (Some(data), true) = (&draw.data, setting.aim.uses_data) {
            points.push(setting.branch(data, draw, &draw.t)?);
        }
        let fake = setting.predict(fake.trainable(), &points, draw)?;
        let teacher = if whole { setting.teach(&points, draw)? } else { Vec::new() };
        let (generated_branch, real) = seen(setting, &points, draw, fake, teacher)?;
        let weight = setting.weight(draw)?;
        let branches = Branches { generated: generated_branch, real, weight };
        let loss = setting.aim.objective.fake_loss(&branches)?;
        match adversary {
            None => Ok(loss),
            Some(adversary) => adversary.add_critic_loss(loss, setting, &generated, draw),
        }
    }

    fn generator_loss(&self, generator: &Learner, fake: &dyn Network, draw: &Draw) -> Result<Loss> {
        let Self { setting, adversary } = *self;
        let generated = setting.generate_trainable(generator, draw)?;
        let points = vec![setting.branch(&generated, draw, &draw.t)?];
        let fake = setting.predict(fake, &points, draw)?;
        let teacher = setting.teach(&points, draw)?;
        let (generated_branch, real) = seen(setting, &points, draw, fake, teacher)?;
        let weight = setting.generator_weight(&generated_branch, draw)?;
        let branches = Branches { generated: generated_branch, real, weight };
        let loss = setting.aim.objective.generator_loss(&branches)?;
        match adversary {
            None => Ok(loss),
            Some(adversary) => adversary.add_generator_loss(loss, setting, &generated, draw),
        }
    }
}

/// What the objective sees: the generated branch, and perhaps the real one; `teacher` is empty where
/// it is not needed.
fn seen(
    setting: &Setting,
    points: &[Branch],
    draw: &Draw,
    fake: Vec<Tensor>,
    teacher: Vec<Tensor>,
) -> Result<(loss::Branch, Option<loss::Branch>)> {
    let mut teacher = teacher.into_iter();
    let mut all = points.iter().zip(fake).map(|(point, fake)| {
        let said = Said { teacher: teacher.next(), fake };
        setting.seen(point, &said, draw)
    });
    let generated = all.next().expect("a turn has generated points")?;
    Ok((generated, all.next().transpose()?))
}

impl Draw {
    /// The real data, which a part of the objective asked for by `user` cannot do without.
    pub fn data_for(&self, user: &'static str) -> Result<&Tensor> {
        self.data.as_ref().ok_or_else(|| Error::Mismatch {
            what: user,
            expected: "real data in every draw".into(),
            found: "none".into(),
            advice: "give the turn a batch of data".into(),
        })
    }
}
