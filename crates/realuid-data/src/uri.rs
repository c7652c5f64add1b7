use std::str::FromStr;

use crate::{Error, Result};

/// A data set's address in its parts: `scheme:path?name=value&name=value&source=scheme&name=value`.
///
/// The parameters before `source` are the data's, those after it the source's.
pub(crate) struct Uri<'a> {
    whole: &'a str,
    pub(crate) scheme: &'a str,
    pub(crate) path: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    /// The source's part, an address without a path.
    pub(crate) source: Option<Box<Uri<'a>>>,
}

impl<'a> Uri<'a> {
    /// Splits `whole` at its first colon, its last question mark, and every ampersand after that.
    pub(crate) fn parse(whole: &'a str) -> Result<Self> {
        let (address, query) = whole.rsplit_once('?').unwrap_or((whole, ""));
        let (scheme, path) = address.split_once(':').unwrap_or((address, ""));
        let bare = |scheme, path| Self { whole, scheme, path, parameters: vec![], source: None };
        let mut data = bare(scheme, path);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(data.error(format!("`{part}` has no value"), "name=value"));
            };
            match &mut data.source {
                None if name == "source" => data.source = Some(Box::new(bare(value, ""))),
                None => data.push(name, value)?,
                Some(source) => source.push(name, value)?,
            }
        }
        Ok(data)
    }

    fn push(&mut self, name: &'a str, value: &'a str) -> Result<()> {
        if self.text(name).is_some() {
            return Err(self.error(format!("`{name}` is given twice"), "it once"));
        }
        self.parameters.push((name, value));
        Ok(())
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
            Some((name, _)) => Err(self.error(
                format!("unknown parameter `{name}`"),
                format!("{} for `{}`", known.join(" or "), self.scheme),
            )),
        }
    }

    /// The parameter `name` as given.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|&&(key, _)| key == name).map(|&(_, value)| value)
    }

    /// The parameter `name` as a number; the `example` shows how to write it.
    pub(crate) fn number<T: FromStr>(&self, name: &str, example: &str) -> Result<Option<T>> {
        let parse = |value: &str| value.parse().map_err(|_| self.not_numbers(name, value, example));
        self.text(name).map(parse).transpose()
    }

    /// The parameter `name`, which must be given, as a number.
    pub(crate) fn required_number<T: FromStr>(&self, name: &str, example: &str) -> Result<T> {
        self.number(name, example)?.ok_or_else(|| {
            self.error(format!("`{name}` is not given"), format!("such as `{name}={example}`"))
        })
    }

    /// The parameter `name` as numbers with commas between them.
    pub(crate) fn numbers<T: FromStr>(&self, name: &str, example: &str) -> Result<Option<Vec<T>>> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let numbers: std::result::Result<_, T::Err> = value.split(',').map(str::parse).collect();
        numbers.map(Some).map_err(|_| self.not_numbers(name, value, example))
    }

    fn not_numbers(&self, name: &str, value: &str, example: &str) -> Error {
        let problem = format!("`{name}={value}` does not say a number that fits");
        self.error(problem, format!("numbers as in `{name}={example}`"))
    }
}
