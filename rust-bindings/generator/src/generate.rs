// SPDX-License-Identifier: GPL-2.0

//! From a header to the text of its bindings.
//!
//! The text is the same on every machine: the target is fixed, the only system
//! header is our own, bindgen and the formatter come from Cargo.lock, and
//! libclang is the one the harness pins.

use std::path::Path;

use bindgen::callbacks::{DeriveTrait, ImplementsTrait, IntKind, ParseCallbacks};

/// One header and the file that its bindings are committed in.
pub(crate) struct Binding {
    /// Relative to the project.
    pub(crate) header: &'static str,
    /// Relative to the project.
    pub(crate) output: &'static str,
    /// What stands at the top of the output.
    preamble: &'static str,
    /// C enumerations whose values go to a wider or narrower parameter or
    /// field than the `int` that C gives them, and that type.
    enums: &'static [(&'static str, &'static str)],
    /// Keep size and offset checks; a header of opaque types has none.
    layout_tests: bool,
}

/// All bindings there are.
pub(crate) fn bindings() -> [Binding; 2] {
    [
        Binding {
            header: "c-api/include/kdma.h",
            output: "rust-bindings/kdma-sys/src/lib.rs",
            preamble: "//! The stable C ABI over the Linux DMA API, one to one.\n\
                       //!\n\
                       //! C header: `c-api/include/kdma.h`. The crate `kdma` is the safe layer.\n\
                       #![no_std]\n\
                       #![cfg_attr(rustfmt, rustfmt_skip)]\n\
                       #![allow(clippy::all, missing_docs, non_camel_case_types)]\n",
            enums: &[("kdma_attribute", "u64"), ("kdma_attribute_set", "u64")],
            layout_tests: false,
        },
        Binding {
            header: "kmod/program.h",
            output: "rust-bindings/kdma-program/src/format.rs",
            preamble: "//! Programs, traces, and what the core lends to a driver.\n\
                       //!\n\
                       //! C header: `kmod/program.h`.\n\
                       #![cfg_attr(rustfmt, rustfmt_skip)]\n\
                       #![allow(clippy::all, missing_docs, non_camel_case_types)]\n\n\
                       use kdma_sys::{kdma_address_t, kdma_device, kdma_page};\n",
            enums: &[("kdma_completion", "u16")],
            layout_tests: true,
        },
    ]
}

/// Types of constants, and kernel-doc as Rust documentation.
#[derive(Debug)]
struct Callbacks;

impl ParseCallbacks for Callbacks {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        Some(match name {
            "KDMA_MAPPING_ERROR" => IntKind::U64,
            "KDMA_ARGUMENT_COUNT" | "KDMA_VALUE_COUNT" => IntKind::Custom {
                name: "usize",
                is_signed: false,
            },
            _ if name.ends_with("_MAGIC") => IntKind::U64,
            _ => IntKind::U32,
        })
    }

    fn blocklisted_type_implements_trait(
        &self,
        name: &str,
        _derive: DeriveTrait,
    ) -> Option<ImplementsTrait> {
        // In program.h, the one type of kdma.h that is not behind a pointer.
        (name == "kdma_address_t").then_some(ImplementsTrait::Yes)
    }

    fn process_comment(&self, comment: &str) -> Option<String> {
        Some(kernel_doc(comment))
    }
}

/// Kernel-doc as Markdown: `name - text` loses its name, `@name:` becomes a
/// list item, and each section a paragraph of its own.
fn kernel_doc(comment: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for raw in comment.lines() {
        let line = raw.trim();
        if lines.is_empty() {
            if line.is_empty() {
                continue;
            }
            let Some((_, text)) = line.split_once(" - ") else {
                // Not kernel-doc.
                return comment
                    .lines()
                    .map(|line| format!(" {}\n", line.trim()))
                    .collect();
            };
            let mut characters = text.chars();
            let first = characters.next().map(|c| c.to_ascii_uppercase());
            lines.push(format!(
                "{}{}.",
                first.map(String::from).unwrap_or_default(),
                characters.as_str().trim_end_matches(['.', '?'])
            ));
            lines.push(String::new());
        } else if let Some((name, text)) =
            line.strip_prefix('@').and_then(|rest| rest.split_once(':'))
        {
            lines.push(format!("* `{name}`: {}", text.trim()));
        } else if ["Context:", "Kernel:", "Return:", "Source:"]
            .iter()
            .any(|section| line.starts_with(section))
        {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            lines.push(line.to_owned());
        } else if line.is_empty() {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
        } else if lines.last().is_some_and(|last| last.starts_with("* "))
            || (raw.starts_with(char::is_whitespace)
                && lines.last().is_some_and(|last| last.starts_with("  ")))
        {
            // The rest of a list item.
            lines.push(format!("  {line}"));
        } else {
            lines.push(line.to_owned());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let mut text = String::new();
    for line in lines {
        if !line.is_empty() {
            text.push(' ');
            text.push_str(&line);
        }
        text.push('\n');
    }
    text
}

impl Binding {
    /// The text of the bindings as the header has it now.
    pub(crate) fn generate(&self, project: &Path) -> Result<String, String> {
        let header = project.join(self.header);
        if !header.is_file() {
            return Err(format!("{}: no such header", header.display()));
        }
        let name = Path::new(self.header)
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| format!("{}: has no name", self.header))?;
        let file = format!(".*/{}", name.replace('.', "\\."));
        let builder = bindgen::Builder::default()
            .header(path_text(&header)?)
            .clang_args([
                "--target=x86_64-unknown-linux-gnu",
                "-std=c11",
                "-ffreestanding",
                "-nostdinc",
                "-fparse-all-comments",
            ])
            .clang_arg(format!(
                "-I{}",
                path_text(&project.join("rust-bindings/generator/include"))?
            ))
            .clang_arg(format!("-I{}", path_text(&project.join("c-api/include"))?))
            .allowlist_file(&file)
            .allowlist_recursively(false)
            .use_core()
            .ctypes_prefix("::core::ffi")
            .default_enum_style(bindgen::EnumVariation::Consts)
            .prepend_enum_name(false)
            .derive_default(false)
            .no_copy("kdma_device|kdma_page|kdma_run")
            .no_debug("kdma_device|kdma_page")
            .layout_tests(self.layout_tests)
            .generate_comments(true)
            .generate_cstr(true)
            .disable_header_comment()
            .wrap_unsafe_ops(true)
            .rust_edition(bindgen::RustEdition::Edition2024)
            .rust_target(bindgen::RustTarget::stable(85, 0).map_err(|error| error.to_string())?)
            .formatter(bindgen::Formatter::Prettyplease)
            .parse_callbacks(Box::new(Callbacks));
        let mut text = builder
            .generate()
            .map_err(|error| format!("{}: {error}", self.header))?
            .to_string();
        for (name, wanted) in self.enums {
            text = retype(&text, name, wanted)?;
        }
        // unsigned int is another word for uint32_t, and no other binding.
        for (words, fixed) in [
            ("uint", "u32"),
            ("int", "i32"),
            ("ushort", "u16"),
            ("short", "i16"),
        ] {
            text = text.replace(&format!("::core::ffi::c_{words}"), fixed);
        }
        Ok(format!(
            "// SPDX-License-Identifier: GPL-2.0\n\
             // Generated from {} by `./kdma generate`. Do not edit.\n\n\
             {}\n{text}",
            self.header, self.preamble
        ))
    }
}

/// C leaves the type of an enumeration to the compiler; the ABI does not: it is
/// the type of the parameter or field that takes the values. An enumeration that
/// is not as wide as an int is left as it is, so that the difference is told.
fn retype(text: &str, name: &str, wanted: &str) -> Result<String, String> {
    for found in ["::core::ffi::c_int", "::core::ffi::c_uint"] {
        let old = format!("pub type {name} = {found};");
        if text.matches(&old).count() == 1 {
            return Ok(text.replace(&old, &format!("pub type {name} = {wanted};")));
        }
    }
    if text.contains(&format!("pub type {name} = ")) {
        return Ok(text.to_owned());
    }
    Err(format!("enum {name}: not found in what bindgen made"))
}

fn path_text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{}: not UTF-8", path.display()))
}
