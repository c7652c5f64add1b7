use serde::Deserialize;

use super::axis::Axis;
use super::chart::{Curve, Figure, Panel};
use super::measured::read;

/// A file of `docs/measurements` that `cargo xtask table correction --points` writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measurements {
    #[expect(dead_code, reason = "for readers of the file")]
    command: String,
    classes: Vec<Class>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    /// What the law says, and what was found.
    points: Vec<[f64; 2]>,
}

/// What the law of correction says of shares that the teacher lacks, and what students had.
pub fn figure() -> anyhow::Result<Figure> {
    let panels = vec![
        panel("Eight Gaussians, one step", "correction-toy")?,
        panel("Digits, one step", "correction-digits")?,
    ];
    Ok(Figure { panels, columns: 2 })
}

fn panel(title: &str, name: &str) -> anyhow::Result<Panel> {
    let axis = |label: &str| Axis::linear(label, 0.0, 0.15, 0.05);
    let law = Curve {
        name: "the law".to_owned(),
        line: vec![[0.0, 0.0], [0.15, 0.15]],
        points: Vec::new(),
    };
    let found = read::<Measurements>(name)?.classes.into_iter();
    let found = found.map(|of| Curve { name: of.name, line: Vec::new(), points: of.points });
    Ok(Panel {
        title: title.to_owned(),
        x: axis("share by the law"),
        y: axis("share found"),
        curves: std::iter::once(law).chain(found).collect(),
    })
}
