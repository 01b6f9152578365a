// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust bindings of `kdma.h` and `program.h`, and says whether the
//! committed ones are what the headers make.
//!
//! ```text
//! kdma-generate-bindings generate [--project DIR]
//! kdma-generate-bindings check [--json] [--project DIR]
//! ```
//!
//! `check` writes one line for each item that differs. Exit code 0: nothing to
//! report; 1: something differs; 2: it could not be checked.

mod compare;
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use compare::Difference;
use generate::{Binding, bindings};

const USAGE: &str = "usage: kdma-generate-bindings generate|check [--json] [--project DIR]";

/// What the command line asks for.
struct Arguments {
    check: bool,
    json: bool,
    project: PathBuf,
}

fn arguments() -> Result<Arguments, String> {
    let mut words = std::env::args().skip(1);
    let check = match words.next().as_deref() {
        Some("generate") => false,
        Some("check") => true,
        _ => return Err(USAGE.to_owned()),
    };
    let mut json = false;
    // The checkout this binary was built from, unless told otherwise.
    let mut project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => json = true,
            "--project" => {
                project = words
                    .next()
                    .ok_or_else(|| "--project wants a folder".to_owned())?
                    .into();
            }
            _ => return Err(format!("{word}: not understood\n{USAGE}")),
        }
    }
    Ok(Arguments {
        check,
        json,
        project,
    })
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
    if !arguments.check {
        generate_all(&arguments.project)?;
        return Ok(true);
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
