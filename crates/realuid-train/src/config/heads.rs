//! `path.prediction` in a file: the name of one prediction, or a list of names.

use realuid_paths::{Heads, Prediction};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use toml::Value;

/// The heads that `value` names; an error that says what is wrong with it.
pub(super) fn read(value: Value) -> Result<Heads, String> {
    let names = match value {
        Value::Array(names) => names,
        name => vec![name],
    };
    let prediction = |name: Value| match name {
        Value::String(name) => {
            name.parse::<Prediction>().map_err(|error| format!("prediction: {error}"))
        }
        other => Err(format!("prediction: expected a name or a list of names, found {other}")),
    };
    let predictions = names.into_iter().map(prediction).collect::<Result<Vec<_>, _>>()?;
    Heads::new(&predictions).map_err(|error| format!("prediction: {error}"))
}

/// Writes one prediction as a name and several as a list, as they are read.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn write<S: Serializer>(heads: &Heads, serializer: S) -> Result<S::Ok, S::Error> {
    let predictions = heads.predictions();
    if let [one] = predictions.as_slice() {
        return one.name().serialize(serializer);
    }
    let mut list = serializer.serialize_seq(Some(predictions.len()))?;
    predictions.iter().try_for_each(|prediction| list.serialize_element(prediction.name()))?;
    list.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PathConfig;

    #[test]
    fn one_prediction_is_a_name_and_several_are_a_list() {
        let both = "name = \"stochastic-interpolant\"\ngamma = \"sin^2(pi t)\"\nprediction = [\"velocity\", \"latent\"]";
        let config: PathConfig = toml::from_str(both).unwrap();
        let expected = [Prediction::Velocity, Prediction::Latent];
        assert_eq!(config.heads().unwrap().predictions(), expected);
        let written = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<PathConfig>(&written).unwrap(), config, "{written}");
        let card = serde_json::to_string(&config).unwrap();
        assert!(card.contains(r#""prediction":["velocity","latent"]"#), "{card}");
        assert_eq!(serde_json::from_str::<PathConfig>(&card).unwrap(), config);
        let card = serde_json::to_string(&PathConfig::default()).unwrap();
        assert!(card.contains(r#""prediction":"velocity""#), "{card}");
        // A list of one is that one.
        let one: PathConfig = toml::from_str("prediction = [\"velocity\"]").unwrap();
        assert_eq!(one, PathConfig::default());
    }

    #[test]
    fn what_is_no_list_of_heads_is_refused() {
        let refused = |value: &str| {
            let read = toml::from_str::<PathConfig>(&format!("prediction = {value}"));
            read.unwrap_err().to_string()
        };
        for list in [
            "[]",
            r#"["latent", "velocity"]"#,
            r#"["score", "latent"]"#,
            r#"["velocity", "data"]"#,
            r#"["velocity", "latent", "latent"]"#,
        ] {
            assert!(refused(list).contains("velocity and latent"), "{list}: {}", refused(list));
        }
        assert!(refused(r#"["velocity", "wish"]"#).contains("\"wish\""));
        assert!(refused(r#"["velocity", 3]"#).contains("found 3"));
        let table = r#"prediction = ["velocity", "latent"]"#;
        let message = toml::from_str::<PathConfig>(table).unwrap().heads().unwrap_err().to_string();
        assert!(message.contains("without latent"), "{message}");
    }
}
