//! Distillation of a frozen teacher into a generator of one step or a few (theory.md, section 3).

mod adversary;
mod aim;
mod draw;
mod job;
mod players;
mod replays;
mod setting;
mod start;
mod turns;

pub use adversary::Adversary;
pub use aim::Aim;
pub use draw::{Draw, Draws};
pub use job::Distill;
pub use replays::Replays;
pub use setting::{Branch, Said, Setting};
pub use turns::{Distillation, Player, Report};
