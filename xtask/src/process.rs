//! Other programs: started, streamed, and their exit codes passed on.

use std::fmt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::Context;

/// Runs `command` with this process's input and output; fails with [`Failed`] unless it exits with 0.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = describe(command);
    let status = command.status().with_context(|| format!("starting `{name}`"))?;
    check(name, status)
}

/// Runs `command` and returns what it writes to standard output; its errors go where ours go.
pub fn read(command: &mut Command) -> anyhow::Result<String> {
    let name = describe(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("starting `{name}`"))?;
    check(name.clone(), output.status)?;
    String::from_utf8(output.stdout)
        .with_context(|| format!("reading the output of `{name}`: expected UTF-8"))
}

/// Runs `command` without showing what it writes, and returns its standard output; where it fails, its
/// errors are told.
pub fn quiet(command: &mut Command) -> anyhow::Result<String> {
    let name = describe(command);
    let output = command.output().with_context(|| format!("starting `{name}`"))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    check(name.clone(), output.status)?;
    String::from_utf8(output.stdout)
        .with_context(|| format!("reading the output of `{name}`: expected UTF-8"))
}

/// The exit code that an error stands for: that of the program which failed, or 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(error.downcast_ref::<Failed>().map_or(1, |failed| failed.code))
}

/// A program ended without success.
#[derive(Debug)]
pub struct Failed {
    command: String,
    status: ExitStatus,
    code: u8,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}` ended with {}; its own message is above", self.command, self.status)
    }
}

impl std::error::Error for Failed {}

fn check(command: String, status: ExitStatus) -> anyhow::Result<()> {
    if status.success() {
        return Ok(());
    }
    // A program that a signal ended has no code.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failed { command, status, code }.into())
}

/// The command as one would type it, the program without its folder.
fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str()).to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_name_the_command_and_keep_its_code() {
        let error = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        let failed = error.downcast_ref::<Failed>().unwrap();
        assert_eq!(failed.code, 7);
        assert!(failed.to_string().starts_with("`sh -c exit 7` ended with"), "{failed}");
    }

    #[test]
    fn output_is_read() {
        assert_eq!(read(Command::new("sh").args(["-c", "echo one"])).unwrap(), "one\n");
    }
}
