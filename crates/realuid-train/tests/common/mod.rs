//! Running the `realuid` command on small recipes.

#![allow(dead_code, reason = "each test file uses some of these")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A teacher and a distillation of a few dozen steps with everything switched on.
pub const RECIPE: &str = r#"
[data]
uri = "toy:moons?len=500"
workers = 2

[teacher.network]
architecture = "mlp"
data_shape = [2]
hidden = 16
blocks = 1

[teacher.optimizer]
learning_rate = 2e-3
warmup = 5
decay = "cosine"

[teacher.train]
steps = 45
batch_size = 16
accumulate = 2

[teacher.ema]
decays = [0.9, 0.99]

[teacher.output.log]
every = 1
[teacher.output.checkpoints]
every = 7
[teacher.output.samples]
every = 20
count = 20
[teacher.output.evaluation]
every = 10
samples = 100
solver = { steps = 5 }

[distill.objective]
alpha = 0.94
beta = 0.96

[distill.generator]
every = 3

[distill.generator_optimizer]
learning_rate = 1e-3
betas = [0.0, 0.999]

[distill.fake_optimizer]
learning_rate = 2e-3
betas = [0.0, 0.999]
warmup = 5

[distill.train]
steps = 45
batch_size = 16
accumulate = 2

[distill.ema]
decays = [0.9]

[distill.output.log]
every = 1
[distill.output.checkpoints]
every = 7
[distill.output.samples]
every = 20
count = 20
[distill.output.evaluation]
every = 10
samples = 100
solver = { steps = 5 }
"#;

/// A folder of its own for one test, with the recipe in it.
pub struct Workshop {
    root: tempfile::TempDir,
}

impl Workshop {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("recipe.toml"), RECIPE).unwrap();
        Self { root }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The command `realuid` with these arguments, to be run in the workshop.
    pub fn realuid(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_realuid"));
        command.args(arguments).current_dir(self.root.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `realuid`, which must succeed; what it printed.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.realuid(arguments).output().unwrap();
        assert!(output.status.success(), "realuid {arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `realuid`, which must fail; its complaint.
    #[track_caller]
    pub fn fail(&self, arguments: &[&str]) -> String {
        let output = self.realuid(arguments).output().unwrap();
        assert!(!output.status.success(), "realuid {arguments:?} succeeded");
        text(&output)
    }
}

/// Arguments split at spaces.
pub fn words(arguments: &str) -> Vec<&str> {
    arguments.split_whitespace().collect()
}

/// Every file below `folder` with its content, by relative path.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files);
    files
}

/// Panics at the first file that is not in both folders with the same bytes.
#[track_caller]
pub fn assert_same_contents(expected: &Path, found: &Path) {
    let (expected, found) = (contents(expected), contents(found));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&found), "the files differ");
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
