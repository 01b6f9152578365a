// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust bindings of `kdma.h` and `program.h`, and says whether the
//! committed ones are what the headers make.
//!
//! ```text
//! kdma-generate-bindings generate [--project DIR]
//! kdma-generate-bindings check [--json] [--project DIR]
//! kdma-generate-bindings model --json [--project DIR] [--file FILE]...
//! ```
//!
//! `check` writes one line for each item that differs. `model` tells what
//! committed bindings say, one line of JSON for each file; without `--file` those
//! of `kdma.h`. Exit code 0: nothing to report; 1: something differs; 2: it
//! could not be checked.

mod compare;
mod generate;
mod model;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use compare::Difference;
use generate::{Binding, bindings};

const USAGE: &str = "usage: kdma-generate-bindings \
                     generate|check [--json]|model --json [--file FILE]... [--project DIR]";
/// The bindings of `kdma.h`.
const BINDINGS: &str = "rust-bindings/kdma-sys/src/lib.rs";

/// Has cargo build anew when the sources differ, whatever their times say: several
/// checkouts may share one target folder.
const _SOURCES: Option<&str> = option_env!("KDMA_GENERATOR_SOURCES");

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Check,
    Generate,
    Model,
}

/// What the command line asks for.
struct Arguments {
    command: Command,
    json: bool,
    files: Vec<PathBuf>,
    project: PathBuf,
}

fn arguments() -> Result<Arguments, String> {
    let mut words = std::env::args().skip(1);
    let command = match words.next().as_deref() {
        Some("generate") => Command::Generate,
        Some("check") => Command::Check,
        Some("model") => Command::Model,
        _ => return Err(USAGE.to_owned()),
    };
    let mut json = false;
    let mut files = Vec::new();
    // The checkout this binary was built from, unless told otherwise.
    let mut project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    while let Some(word) = words.next() {
        let mut path = || {
            let given = words.next().ok_or_else(|| format!("{word} wants a path"));
            given.map(PathBuf::from)
        };
        match word.as_str() {
            "--json" => json = true,
            "--file" if command == Command::Model => files.push(path()?),
            "--project" => project = path()?,
            _ => return Err(format!("{word}: not understood\n{USAGE}")),
        }
    }
    if command == Command::Model && !json {
        return Err(format!("model has no other form than --json\n{USAGE}"));
    }
    Ok(Arguments {
        command,
        json,
        files,
        project,
    })
}

/// Tells what the given files say, or the committed bindings of `kdma.h`.
fn tell_models(arguments: &Arguments) -> Result<(), String> {
    let own = [arguments.project.join(BINDINGS)];
    let files = if arguments.files.is_empty() {
        &own[..]
    } else {
        &arguments.files
    };
    for file in files {
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{path}: {error}"))?;
        let items = model::model(&path, &text)?;
        let line = serde_json::to_string(&items).map_err(|e| e.to_string())?;
        println!("{line}");
    }
    Ok(())
}

/// Writes the bindings that are not what the headers make.
fn generate_all(project: &Path) -> Result<(), String> {
    for binding in bindings() {
        let fresh = binding.generate(project)?;
        let path = project.join(binding.output);
        if std::fs::read_to_string(&path).is_ok_and(|text| text == fresh) {
            continue;
        }
        std::fs::write(&path, fresh).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", binding.output);
    }
    Ok(())
}

/// How one committed file differs from what its header makes.
fn check_one(project: &Path, binding: &Binding) -> Result<Vec<Difference>, String> {
    let fresh = binding.generate(project)?;
    let path = project.join(binding.output);
    match std::fs::read_to_string(&path) {
        Ok(committed) => compare::compare(binding.output, &committed, &fresh),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(vec![Difference::missing_file(binding.output)])
        }
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn run() -> Result<bool, String> {
    let arguments = arguments()?;
    match arguments.command {
        Command::Generate => return generate_all(&arguments.project).map(|()| true),
        Command::Model => return tell_models(&arguments).map(|()| true),
        Command::Check => {}
    }
    let mut same = true;
    for binding in bindings() {
        for difference in check_one(&arguments.project, &binding)? {
            same = false;
            if arguments.json {
                let line = serde_json::to_string(&difference).map_err(|e| e.to_string())?;
                println!("{line}");
            } else {
                println!("{difference}");
            }
        }
    }
    Ok(same)
}

fn main() -> ExitCode {
    // bindgen panics where it finds no libclang. The message is worth reading,
    // the backtrace is not, and the exit code of a panic is not ours.
    std::panic::set_hook(Box::new(|panic| {
        let message = panic
            .payload()
            .downcast_ref::<String>()
            .map_or("gave up", String::as_str);
        eprintln!("kdma-generate-bindings: {message}");
    }));
    match std::panic::catch_unwind(run) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(message)) => {
            eprintln!("kdma-generate-bindings: {message}");
            ExitCode::from(2)
        }
        Err(_) => ExitCode::from(2),
    }
}
