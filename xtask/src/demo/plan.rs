//! What the two demos differ in.

use anyhow::Context;

use super::measurement::Judge;
use crate::cargo::root;

/// Settings that turn RealUID into the data-free UID: generated samples alone.
pub const WITHOUT_DATA: [&str; 6] = [
    "--set",
    "distill.objective.alpha=1",
    "--set",
    "distill.objective.beta=1",
    "--set",
    "distill.objective.gamma=1",
];

/// A demo.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Name of its folder below `runs`.
    pub name: &'static str,
    /// Its recipe, from the root.
    pub recipe: &'static str,
    /// The distance that decides whether a student is good enough.
    pub judge: Judge,
}

impl Plan {
    /// The embedded digits.
    pub fn digits() -> Self {
        Self { name: "demo-digits", recipe: "configs/digits.toml", judge: Judge::Frechet }
    }

    /// Points in the plane, whose shape two moments do not tell: there the Frechet distance cannot
    /// judge.
    pub fn toy() -> Self {
        Self { name: "demo-toy", recipe: "configs/toy.toml", judge: Judge::SlicedWasserstein }
    }

    /// The recipe's own data, to measure against.
    pub fn data(&self) -> anyhow::Result<String> {
        let file = root().join(self.recipe);
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("reading the recipe {}", file.display()))?;
        uri(&text).map(str::to_owned).with_context(|| {
            format!("{}: expected a line `uri = \"...\"`, found none", self.recipe)
        })
    }
}

/// The address of the data in the text of a recipe.
pub fn uri(recipe: &str) -> Option<&str> {
    let value = recipe.lines().find_map(|line| line.strip_prefix("uri = \""))?;
    value.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_there_and_name_their_data() {
        assert_eq!(Plan::digits().data().unwrap(), "digits");
        assert!(Plan::toy().data().unwrap().starts_with("toy:"));
        assert_eq!(uri("# uri\n[data]\nuri = \"a:b\" # c\n"), Some("a:b"));
        assert_eq!(uri("[data]\n"), None);
    }
}
