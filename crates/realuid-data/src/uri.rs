use std::str::FromStr;

use crate::{Error, Result};

/// A data set's address in its parts: `scheme:path?name=value&name=value`.
pub(crate) struct Uri<'a> {
    whole: &'a str,
    pub(crate) scheme: &'a str,
    pub(crate) path: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Uri<'a> {
    /// Splits `whole` at its first colon, its last question mark, and every ampersand after that.
    pub(crate) fn parse(whole: &'a str) -> Result<Self> {
        let (address, query) = whole.rsplit_once('?').unwrap_or((whole, ""));
        let (scheme, path) = address.split_once(':').unwrap_or((address, ""));
        let mut uri = Self { whole, scheme, path, parameters: Vec::new() };
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(uri.error(format!("`{part}` has no value"), "name=value"));
            };
            if uri.parameters.iter().any(|&(seen, _)| seen == name) {
                return Err(uri.error(format!("`{name}` is given twice"), "it once"));
            }
            uri.parameters.push((name, value));
        }
        Ok(uri)
    }

    /// The error that this address has `problem`.
    pub(crate) fn error(&self, problem: String, expected: impl Into<String>) -> Error {
        Error::Uri { uri: self.whole.into(), problem, expected: expected.into() }
    }

    /// The path, which must not be empty; `form` shows how to write it.
    pub(crate) fn required_path(&self, form: &str) -> Result<&'a str> {
        if self.path.is_empty() {
            return Err(self.error("no path is given".into(), format!("`{form}`")));
        }
        Ok(self.path)
    }

    /// Refuses parameters other than those `known`.
    pub(crate) fn allow(&self, known: &[&str]) -> Result<()> {
        match self.parameters.iter().find(|(name, _)| !known.contains(name)) {
            None => Ok(()),
            Some((name, _)) if known.is_empty() => Err(self.error(
                format!("unknown parameter `{name}`"),
                format!("none for `{}`", self.scheme),
            )),
            Some((name, _)) => {
                Err(self.error(format!("unknown parameter `{name}`"), known.join(" or ")))
            }
        }
    }

    /// The parameter `name` as given.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|&&(key, _)| key == name).map(|&(_, value)| value)
    }

    /// The parameter `name` as a number.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let parse = |value: &str| {
            let problem = format!("`{name}={value}` is not a whole number that fits");
            value.parse().map_err(|_| self.error(problem, format!("such as `{name}=64`")))
        };
        self.text(name).map(parse).transpose()
    }
}
