use std::path::Path;

use toml::{Table, Value};

use super::Recipe;
use crate::{Error, Result};

/// Reads the TOML file `path`, applies `overrides` of the form `a.b=c` in their order, and checks the result.
///
/// The right side of an override is read as a TOML value (`3`, `1e-4`, `true`, `[0.9, 0.99]`) and,
/// where it is none, as text. A key that a recipe does not know is an error, in the file
/// and in an override alike.
pub fn load(path: &Path, overrides: &[String]) -> Result<Recipe> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    parse(&text, &path.display().to_string(), overrides)
}

/// [`load`] for a text already read; `origin` names it in errors.
pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Recipe> {
    let invalid = |e: toml::de::Error| Error::config(origin, e.to_string());
    let recipe: Recipe = if overrides.is_empty() {
        toml::from_str(text).map_err(invalid)?
    } else {
        let mut table: Table = text.parse().map_err(invalid)?;
        for change in overrides {
            apply(&mut table, change)?;
        }
        let origin = format!("{origin} with --set {}", overrides.join(" --set "));
        table.try_into().map_err(|e: toml::de::Error| Error::config(origin, e.to_string()))?
    };
    recipe.validate()?;
    Ok(recipe)
}

/// The recipe as TOML, complete with its defaults.
pub fn to_toml(recipe: &Recipe) -> Result<String> {
    toml::to_string_pretty(recipe).map_err(|e| Error::config("to be written", e.to_string()))
}

fn apply(table: &mut Table, change: &str) -> Result<()> {
    let malformed = |problem: String| Error::config(format!("--set {change}"), problem);
    let (path, value) = change
        .split_once('=')
        .ok_or_else(|| malformed("expected KEY=VALUE, found no '='; write it as a.b=c".into()))?;
    let keys: Vec<&str> = path.trim().split('.').collect();
    let (last, tables) = keys.split_last().expect("split gives at least one part");
    let mut current = table;
    for key in tables {
        let entry = current.entry(*key).or_insert_with(|| Value::Table(Table::new()));
        current = entry
            .as_table_mut()
            .ok_or_else(|| malformed(format!("expected a table at {key:?}, found a value")))?;
    }
    current.insert((*last).to_owned(), read_value(value.trim()));
    Ok(())
}

/// `text` as a TOML value, or else as a string.
fn read_value(text: &str) -> Value {
    format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Decay;

    const RECIPE: &str = r#"
        [data]
        uri = "toy:moons"
        [teacher.network]
        architecture = "mlp"
        data_shape = [2]
        hidden = 16
        blocks = 1
        [teacher.optimizer]
        learning_rate = 1e-3
        [teacher.train]
        steps = 10
        batch_size = 8
    "#;

    fn recipe(overrides: &[&str]) -> Result<Recipe> {
        let overrides: Vec<String> = overrides.iter().map(|&o| o.into()).collect();
        parse(RECIPE, "test", &overrides)
    }

    #[test]
    fn overrides_reach_any_field() {
        let changes =
            ["teacher.optimizer.decay=cosine", "teacher.ema.decays=[0.5, 0.9]", "data.uri=digits"];
        let recipe = recipe(&changes).unwrap();
        let teacher = recipe.teacher().unwrap();
        assert_eq!(teacher.optimizer.decay, Decay::Cosine);
        assert_eq!(teacher.ema.decays, [0.5, 0.9]);
        assert_eq!(recipe.data.uri, "digits");
    }

    #[test]
    fn unknown_keys_are_errors_that_name_them() {
        for key in ["teacher.optimizer.learnrate", "nonsense", "teacher.network.hiden", "data.flip"]
        {
            let message = recipe(&[&format!("{key}=1")]).unwrap_err().to_string();
            let last = key.rsplit('.').next().unwrap();
            assert!(message.contains(&format!("unknown field `{last}`")), "{message}");
        }
    }

    #[test]
    fn values_that_make_no_sense_are_errors() {
        let changes = [
            "teacher.train.steps=0",
            "teacher.optimizer.betas=[0.9, 1.0]",
            "teacher.ema.decays=[0.9, 0.9]",
            "teacher.time.distribution=never",
            "teacher.path.prediction=wish",
            "seed",
        ];
        for change in changes {
            assert!(recipe(&[change]).is_err(), "{change}");
        }
    }

    #[test]
    fn a_missing_table_is_named() {
        let message = recipe(&[]).unwrap().distill().unwrap_err().to_string();
        assert!(message.contains("[distill]"), "{message}");
    }

    #[test]
    fn the_written_file_reads_back_the_same() {
        let recipe = recipe(&[]).unwrap();
        assert_eq!(recipe, parse(&to_toml(&recipe).unwrap(), "written", &[]).unwrap());
    }
}
