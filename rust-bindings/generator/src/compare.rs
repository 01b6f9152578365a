// SPDX-License-Identifier: GPL-2.0

//! Two texts of bindings compared by meaning, item by item.
//!
//! A difference names the function, constant or type, so that a reader knows
//! what moved without reading a diff of generated code.

use std::collections::BTreeMap;
use std::fmt;

use quote::ToTokens;
use serde::Serialize;
use syn::spanned::Spanned;

/// One item that differs, or the file as a whole.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// `constant`, `function`, `type`, `struct`, `other`, `file` or `text`.
    pub(crate) kind: String,
    /// Of the item; the file's path for `file` and `text`.
    pub(crate) name: String,
    /// `missing` (from the committed text), `unexpected` (in it), `changed`.
    pub(crate) change: String,
    /// What is committed; empty if missing.
    pub(crate) committed: String,
    /// What the header makes; empty if unexpected.
    pub(crate) fresh: String,
    /// The committed file, relative to the project.
    pub(crate) file: String,
    /// In the committed file; in the fresh text where the item is missing.
    pub(crate) line: usize,
}

impl Difference {
    /// The whole file is not there.
    pub(crate) fn missing_file(file: &str) -> Self {
        Difference {
            kind: "file".to_owned(),
            name: file.to_owned(),
            change: "missing".to_owned(),
            committed: String::new(),
            fresh: String::new(),
            file: file.to_owned(),
            line: 1,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} {} {}",
            self.file, self.line, self.kind, self.name, self.change
        )?;
        if !self.committed.is_empty() {
            write!(f, "\n  committed: {}", self.committed)?;
        }
        if !self.fresh.is_empty() {
            write!(f, "\n  header:    {}", self.fresh)?;
        }
        Ok(())
    }
}

/// An item without comments and formatting.
struct Item {
    text: String,
    line: usize,
}

/// Items by kind and name. Unnamed ones count up.
type Items = BTreeMap<(String, String), Item>;

/// All differences between two texts; the fresh one comes from the header.
pub(crate) fn compare(file: &str, committed: &str, fresh: &str) -> Result<Vec<Difference>, String> {
    if committed == fresh {
        return Ok(Vec::new());
    }
    let theirs = items(fresh).map_err(|error| format!("{file}, fresh: {error}"))?;
    let ours = match items(committed) {
        Ok(items) => items,
        // What does not parse is no binding at all: a difference, not a failure.
        Err(error) => {
            return Ok(vec![Difference {
                kind: "file".to_owned(),
                name: file.to_owned(),
                change: "changed".to_owned(),
                committed: format!("not Rust: {error}"),
                fresh: "bindings".to_owned(),
                file: file.to_owned(),
                line: error.span().start().line,
            }]);
        }
    };
    let mut differences = Vec::new();
    for (key, item) in &ours {
        let fresh = theirs.get(key);
        if fresh.is_some_and(|fresh| fresh.text == item.text) {
            continue;
        }
        differences.push(Difference {
            kind: key.0.clone(),
            name: key.1.clone(),
            change: if fresh.is_some() {
                "changed"
            } else {
                "unexpected"
            }
            .to_owned(),
            committed: item.text.clone(),
            fresh: fresh.map(|item| item.text.clone()).unwrap_or_default(),
            file: file.to_owned(),
            line: item.line,
        });
    }
    for (key, item) in &theirs {
        if !ours.contains_key(key) {
            differences.push(Difference {
                kind: key.0.clone(),
                name: key.1.clone(),
                change: "missing".to_owned(),
                committed: String::new(),
                fresh: item.text.clone(),
                file: file.to_owned(),
                line: item.line,
            });
        }
    }
    if differences.is_empty() {
        differences.push(text_only(file, committed, fresh));
    }
    Ok(differences)
}

/// Only comments, formatting or the order of items differ.
fn text_only(file: &str, committed: &str, fresh: &str) -> Difference {
    let same = committed
        .lines()
        .zip(fresh.lines())
        .take_while(|(ours, theirs)| ours == theirs)
        .count();
    Difference {
        kind: "text".to_owned(),
        name: file.to_owned(),
        change: "changed".to_owned(),
        committed: committed.lines().nth(same).unwrap_or_default().to_owned(),
        fresh: fresh.lines().nth(same).unwrap_or_default().to_owned(),
        file: file.to_owned(),
        line: same + 1,
    }
}

fn items(text: &str) -> Result<Items, syn::Error> {
    let mut items = Items::new();
    let file = syn::parse_file(text)?;
    for (index, attribute) in file.attrs.iter().enumerate() {
        if !is_documentation(attribute) {
            insert(
                &mut items,
                "other",
                &format!("attribute {index}"),
                attribute,
                attribute.span(),
            );
        }
    }
    for mut item in file.items {
        collect(&mut items, &mut item);
    }
    Ok(items)
}

/// Adds an item and what is in it.
fn collect(items: &mut Items, item: &mut syn::Item) {
    match item {
        syn::Item::Const(constant) => {
            strip(&mut constant.attrs);
            let name = constant.ident.to_string();
            let span = constant.span();
            if name == "_" {
                // The checks of a layout: the structure they check names them.
                let checks = constant.to_token_stream().to_string();
                let name = checks
                    .split("size_of :: < ")
                    .nth(1)
                    .and_then(|rest| rest.split(' ').next())
                    .unwrap_or("checks")
                    .to_owned();
                insert(items, "layout", &name, constant, span);
            } else {
                insert(items, "constant", &name, constant, span);
            }
        }
        syn::Item::ForeignMod(module) => {
            strip(&mut module.attrs);
            let mut shell = module.clone();
            shell.items.clear();
            for foreign in &mut module.items {
                match foreign {
                    syn::ForeignItem::Fn(function) => {
                        strip(&mut function.attrs);
                        let name = function.sig.ident.to_string();
                        let span = function.span();
                        // With the block it stands in: `unsafe extern "C"`.
                        let text =
                            format!("{} {}", shell.to_token_stream(), function.to_token_stream());
                        insert(items, "function", &name, text, span);
                    }
                    other => {
                        let span = other.span();
                        insert(items, "other", "foreign item", &*other, span);
                    }
                }
            }
        }
        syn::Item::Struct(structure) => {
            strip(&mut structure.attrs);
            for field in &mut structure.fields {
                strip(&mut field.attrs);
            }
            let name = structure.ident.to_string();
            let span = structure.span();
            insert(items, "struct", &name, structure, span);
        }
        syn::Item::Type(alias) => {
            strip(&mut alias.attrs);
            let name = alias.ident.to_string();
            let span = alias.span();
            insert(items, "type", &name, alias, span);
        }
        other => {
            let span = other.span();
            insert(items, "other", "item", other, span);
        }
    }
}

fn insert(items: &mut Items, kind: &str, name: &str, tokens: impl Text, span: proc_macro2::Span) {
    let mut name = name.to_owned();
    let mut count = 1;
    while items.contains_key(&(kind.to_owned(), name.clone())) {
        count += 1;
        let base = name.split('#').next().unwrap_or_default();
        name = format!("{base}#{count}");
    }
    items.insert(
        (kind.to_owned(), name),
        Item {
            text: tidy(&tokens.text()),
            line: span.start().line,
        },
    );
}

/// What can be written down as Rust.
trait Text {
    fn text(&self) -> String;
}

impl<T: ToTokens + ?Sized> Text for &T {
    fn text(&self) -> String {
        self.to_token_stream().to_string()
    }
}

impl<T: ToTokens + ?Sized> Text for &mut T {
    fn text(&self) -> String {
        self.to_token_stream().to_string()
    }
}

impl Text for String {
    fn text(&self) -> String {
        self.clone()
    }
}

/// The token printer puts spaces everywhere; people read this.
fn tidy(tokens: &str) -> String {
    let mut text = tokens
        .replace(" { } pub fn", " { } fn")
        .replace("unsafe extern \"C\" { } fn", "pub fn");
    for (spaced, plain) in [
        (" :: ", "::"),
        (":: core", "::core"),
        (" ,", ","),
        (" ;", ";"),
        (" : ", ": "),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("* mut ", "*mut "),
        ("* const ", "*const "),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
    ] {
        text = text.replace(spaced, plain);
    }
    text.replace("->", " -> ").replace("  ", " ")
}

fn is_documentation(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("doc")
}

fn strip(attributes: &mut Vec<syn::Attribute>) {
    attributes.retain(|attribute| !is_documentation(attribute));
}
