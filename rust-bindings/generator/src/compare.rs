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
    /// `constant`, `field`, `function`, `layout`, `struct`, `type`, `other`; `file`
    /// and `text` are about the whole file.
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
    /// The same without the names of parameters.
    shape: String,
    /// Those, in their order.
    names: Vec<String>,
    line: usize,
}

impl Item {
    /// Do both mean the same? A parameter may have another name; the same names in
    /// another order are arguments swapped, be their types the same or not.
    fn means(&self, other: &Item) -> bool {
        let common = |one: &Item, two: &Item| -> Vec<String> {
            let has = |name: &&String| two.names.contains(name);
            one.names.iter().filter(has).cloned().collect()
        };
        self.text == other.text
            || (self.shape == other.shape && common(self, other) == common(other, self))
    }
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
        if fresh.is_some_and(|fresh| fresh.means(item)) {
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

/// Only comments, formatting, the order of items or names of parameters differ.
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
    for attribute in &file.attrs {
        if !is_documentation(attribute) {
            let text = attribute.to_token_stream().to_string();
            insert(
                &mut items,
                "other",
                &text.replace(' ', ""),
                text.clone(),
                attribute.span(),
            );
        }
    }
    for item in file.items {
        collect(&mut items, item);
    }
    Ok(items)
}

/// Adds an item and what is in it.
fn collect(items: &mut Items, item: syn::Item) {
    let span = item.span();
    match item {
        syn::Item::Const(mut constant) => {
            strip(&mut constant.attrs);
            let span = constant.ident.span();
            let name = constant.ident.to_string();
            if name == "_" {
                // The checks of a layout: the structure they check names them.
                let checks = constant.to_token_stream().to_string();
                let name = checks
                    .split("size_of :: < ")
                    .nth(1)
                    .and_then(|rest| rest.split(' ').next())
                    .unwrap_or("checks");
                insert(items, "layout", name, print(constant.clone().into()), span);
            } else {
                let text = print(constant.clone().into());
                plain(&mut constant.expr);
                let shape = print(constant.into());
                insert_shaped(items, "constant", &name, text, shape, Vec::new(), span);
            }
        }
        syn::Item::ForeignMod(module) => foreign(items, &module),
        syn::Item::Struct(structure) => fields(items, structure),
        syn::Item::Type(mut alias) => {
            strip(&mut alias.attrs);
            let span = alias.ident.span();
            let name = alias.ident.to_string();
            insert(items, "type", &name, print(alias.into()), span);
        }
        other => {
            let text = print(other);
            insert(items, "other", &text.clone(), text, span);
        }
    }
}

/// Writes a number as decimal and without suffix: its constant has a type.
fn plain(expression: &mut syn::Expr) {
    match expression {
        syn::Expr::Unary(negative) => plain(&mut negative.expr),
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) => *number = syn::LitInt::new(number.base10_digits(), number.span()),
        _ => {}
    }
}

/// The functions of a foreign module, each with the block it stands in.
fn foreign(items: &mut Items, module: &syn::ItemForeignMod) {
    for item in &module.items {
        let span = item.span();
        let mut alone = module.clone();
        strip(&mut alone.attrs);
        match item.clone() {
            syn::ForeignItem::Fn(mut function) => {
                strip(&mut function.attrs);
                let span = function.sig.ident.span();
                let name = function.sig.ident.to_string();
                let mut unnamed = alone.clone();
                alone.items = vec![function.clone().into()];
                let names = take_names(&mut function.sig);
                unnamed.items = vec![function.into()];
                let shape = print(unnamed.into());
                insert_shaped(
                    items,
                    "function",
                    &name,
                    print(alone.into()),
                    shape,
                    names,
                    span,
                );
            }
            other => {
                // What syn has no name for, such as a `safe fn`.
                let text = other.to_token_stream().to_string();
                let name = text.split(" fn ").nth(1).unwrap_or("foreign item");
                let name = name.split([' ', '(']).next().unwrap_or_default();
                let start = text.rfind(']').map_or(0, |end| end + 1);
                let text = text.get(start..).unwrap_or_default().trim().to_owned();
                insert(items, "function", name, text, span);
            }
        }
    }
}

/// The fields of a structure one by one, and their order.
fn fields(items: &mut Items, mut structure: syn::ItemStruct) {
    let span = structure.ident.span();
    strip(&mut structure.attrs);
    let name = structure.ident.to_string();
    let mut order = Vec::new();
    for field in &mut structure.fields {
        strip(&mut field.attrs);
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        let span = ident.span();
        let vis = field.vis.to_token_stream();
        let told = |ty: &syn::Type| {
            let alias: syn::ItemType = syn::parse_quote!(type T = #ty;);
            let ty = print(alias.into());
            let ty = ty.trim_start_matches("type T = ").trim_end_matches(';');
            format!("{vis} {ident}: {ty}").trim().to_owned()
        };
        let mut unnamed = field.ty.clone();
        let mut names = Vec::new();
        take_callback_names(&mut unnamed, &mut names);
        insert_shaped(
            items,
            "field",
            &format!("{name}::{ident}"),
            told(&field.ty),
            told(&unnamed),
            names,
            span,
        );
        order.push(ident.to_string());
    }
    let mut shell = structure;
    shell.fields = syn::Fields::Unit;
    shell.semi_token = Some(Default::default());
    let text = print(shell.into());
    let text = format!("{} {{ {} }}", text.trim_end_matches(';'), order.join(", "));
    insert(items, "struct", &name, text, span);
}

/// Takes the names of a function's parameters, and of those of callbacks in it.
fn take_names(signature: &mut syn::Signature) -> Vec<String> {
    let mut names = Vec::new();
    for input in &mut signature.inputs {
        if let syn::FnArg::Typed(typed) = input {
            names.push(typed.pat.to_token_stream().to_string());
            *typed.pat = syn::parse_quote!(_);
            take_callback_names(&mut typed.ty, &mut names);
        }
    }
    names
}

fn take_callback_names(ty: &mut syn::Type, names: &mut Vec<String>) {
    match ty {
        syn::Type::BareFn(function) => {
            for input in &mut function.inputs {
                if let Some((ident, _)) = input.name.take() {
                    names.push(ident.to_string());
                }
                take_callback_names(&mut input.ty, names);
            }
        }
        syn::Type::Array(array) => take_callback_names(&mut array.elem, names),
        syn::Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let syn::GenericArgument::Type(inner) = argument {
                            take_callback_names(inner, names);
                        }
                    }
                }
            }
        }
        syn::Type::Ptr(pointer) => take_callback_names(&mut pointer.elem, names),
        _ => {}
    }
}

fn insert(items: &mut Items, kind: &str, name: &str, text: String, span: proc_macro2::Span) {
    insert_shaped(items, kind, name, text.clone(), text, Vec::new(), span);
}

fn insert_shaped(
    items: &mut Items,
    kind: &str,
    name: &str,
    text: String,
    shape: String,
    names: Vec<String>,
    span: proc_macro2::Span,
) {
    let mut key = (kind.to_owned(), name.to_owned());
    let mut count = 1;
    while items.contains_key(&key) {
        count += 1;
        key.1 = format!("{name}#{count}");
    }
    let line = span.start().line;
    items.insert(
        key,
        Item {
            text,
            shape,
            names,
            line,
        },
    );
}

/// An item as people write it, on one line.
pub(crate) fn print(item: syn::Item) -> String {
    let text = prettyplease::unparse(&syn::File {
        shebang: None,
        attrs: Vec::new(),
        items: vec![item],
    });
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("( ", "(")
        .replace(", )", ")")
}

fn is_documentation(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("doc")
}

pub(crate) fn strip(attributes: &mut Vec<syn::Attribute>) {
    attributes.retain(|attribute| !is_documentation(attribute));
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str = r#"
/** Documentation. */
pub const LIMIT: u64 = 8;
pub type address = u64;
#[repr(C)]
pub struct slot {
    pub first: u32,
    pub second: u32,
}
unsafe extern "C" {
    /** Documentation. */
    pub fn sync(device: *mut device, offset: u64, size: u64) -> i32;
}
"#;

    /// Kind, name, change and line of each difference.
    fn differences(committed: &str) -> Vec<(String, String, String, usize)> {
        compare("file", committed, FRESH)
            .expect("both texts parse")
            .into_iter()
            .map(|d| (d.kind, d.name, d.change, d.line))
            .collect()
    }

    #[track_caller]
    fn assert_one(from: &str, to: &str, kind: &str, name: &str, change: &str, line: usize) {
        assert!(FRESH.contains(from));
        let expected = (kind.to_owned(), name.to_owned(), change.to_owned(), line);
        assert_eq!(differences(&FRESH.replacen(from, to, 1)), [expected]);
    }

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(differences(FRESH), []);
    }

    #[test]
    fn swapped_parameters_of_one_type_name_the_function() {
        let swapped = "size: u64, offset: u64";
        assert_one(
            "offset: u64, size: u64",
            swapped,
            "function",
            "sync",
            "changed",
            12,
        );
    }

    #[test]
    fn a_renamed_parameter_means_the_same() {
        assert_one("offset: u64", "start: u64", "text", "file", "changed", 12);
    }

    #[test]
    fn values_types_and_fields() {
        assert_one("= 8", "= 9", "constant", "LIMIT", "changed", 3);
        assert_one(
            "address = u64",
            "address = u32",
            "type",
            "address",
            "changed",
            4,
        );
        assert_one(
            "first: u32",
            "first: u64",
            "field",
            "slot::first",
            "changed",
            7,
        );
        assert_one("-> i32", "-> u32", "function", "sync", "changed", 12);
        assert_one("\"C\"", "\"system\"", "function", "sync", "changed", 12);
        assert_one("repr(C)", "repr(C, packed)", "struct", "slot", "changed", 6);
    }

    #[test]
    fn the_order_of_fields() {
        let text = FRESH.replace("first", "ONE").replace("second", "first");
        let text = text.replace("ONE", "second");
        assert_eq!(differences(&text)[0].1, "slot");
    }

    #[test]
    fn items_that_come_and_go() {
        assert_one(
            "pub const LIMIT: u64 = 8;",
            "",
            "constant",
            "LIMIT",
            "missing",
            3,
        );
        let more = format!("{FRESH}pub const OTHER: u64 = 1;\n");
        assert_eq!(differences(&more)[0].2, "unexpected");
    }

    #[test]
    fn comments_and_formatting_are_one_difference() {
        assert_one("Documentation", "Words", "text", "file", "changed", 2);
        assert_one("u64 = 8", "u64=8", "text", "file", "changed", 3);
        assert_one("= 8", "= 0x8", "text", "file", "changed", 3);
    }

    #[test]
    fn what_is_not_rust_is_a_difference() {
        assert_eq!(differences("}")[0].0, "file");
    }
}
