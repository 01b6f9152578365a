// SPDX-License-Identifier: GPL-2.0

//! Committed bindings as data, for those who hold them against the compiler.
//!
//! What is written is told as it is written: nothing is resolved, and what has
//! no form here is told as `unknown`, so that nobody passes over it.

use quote::ToTokens;
use serde::Serialize;
use syn::spanned::Spanned;

use crate::compare::{print, strip};

/// A type as Rust writes it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Type {
    /// The last part of a path: `u64`, `c_void`, `kdma_device`; `()` and `!` besides.
    Name {
        name: String,
    },
    Pointer {
        mutable: bool,
        to: Box<Type>,
    },
    Array {
        of: Box<Type>,
        length: String,
    },
    /// A pointer to a function, null or not.
    Function {
        abi: String,
        parameters: Vec<Type>,
        returns: Box<Type>,
        variadic: bool,
    },
    Unknown {
        text: String,
    },
}

/// A field of a struct or union, or a parameter.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) of: Type,
    pub(crate) line: usize,
}

/// What stands in the file, in its order.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "item", rename_all = "lowercase")]
pub(crate) enum Item {
    /// `symbol` is what it links to.
    Function {
        name: String,
        symbol: String,
        abi: String,
        parameters: Vec<Named>,
        returns: Type,
        variadic: bool,
        line: usize,
        text: String,
    },
    /// A constant, or a variant of an enum. `value` is as written, without its suffix.
    Constant {
        name: String,
        #[serde(rename = "type")]
        of: Type,
        value: String,
        line: usize,
        text: String,
    },
    /// A struct or a union. `repr`: what stands in `#[repr()]`.
    Record {
        name: String,
        union: bool,
        repr: Vec<String>,
        fields: Vec<Named>,
        line: usize,
        text: String,
    },
    Enum {
        name: String,
        repr: Vec<String>,
        line: usize,
        text: String,
    },
    Alias {
        name: String,
        #[serde(rename = "type")]
        of: Type,
        line: usize,
        text: String,
    },
    Unknown {
        name: String,
        line: usize,
    },
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

fn line(spanned: &impl Spanned) -> usize {
    spanned.span().start().line
}

fn returned(output: &syn::ReturnType) -> Type {
    match output {
        syn::ReturnType::Default => Type::Name {
            name: "()".to_owned(),
        },
        syn::ReturnType::Type(_, of) => type_of(of),
    }
}

fn abi_of(abi: Option<&syn::Abi>) -> String {
    match abi {
        None => "Rust".to_owned(),
        Some(abi) => abi
            .name
            .as_ref()
            .map_or_else(|| "C".to_owned(), syn::LitStr::value),
    }
}

fn path_type(path: &syn::TypePath) -> Type {
    let unknown = || Type::Unknown { text: text(path) };
    let Some(last) = path.path.segments.last() else {
        return unknown();
    };
    match &last.arguments {
        syn::PathArguments::None => Type::Name {
            name: last.ident.to_string(),
        },
        // A pointer to a function that may be null.
        syn::PathArguments::AngleBracketed(arguments) if last.ident == "Option" => {
            match arguments.args.first() {
                Some(syn::GenericArgument::Type(inner @ syn::Type::BareFn(_))) => type_of(inner),
                _ => unknown(),
            }
        }
        _ => unknown(),
    }
}

fn type_of(of: &syn::Type) -> Type {
    match of {
        syn::Type::Path(path) => path_type(path),
        syn::Type::Ptr(pointer) => Type::Pointer {
            mutable: pointer.mutability.is_some(),
            to: Box::new(type_of(&pointer.elem)),
        },
        syn::Type::Array(array) => Type::Array {
            of: Box::new(type_of(&array.elem)),
            length: value(&array.len),
        },
        syn::Type::BareFn(function) => Type::Function {
            abi: abi_of(function.abi.as_ref()),
            parameters: function.inputs.iter().map(|p| type_of(&p.ty)).collect(),
            returns: Box::new(returned(&function.output)),
            variadic: function.variadic.is_some(),
        },
        syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Type::Name {
            name: "()".to_owned(),
        },
        syn::Type::Never(_) => Type::Name {
            name: "!".to_owned(),
        },
        syn::Type::Paren(inner) => type_of(&inner.elem),
        _ => Type::Unknown { text: text(of) },
    }
}

/// An integer in decimal where it is one; otherwise what is written.
fn value(expression: &syn::Expr) -> String {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) => number.base10_digits().to_owned(),
        syn::Expr::Unary(syn::ExprUnary {
            op: syn::UnOp::Neg(_),
            expr,
            ..
        }) => format!("-{}", value(expr)),
        syn::Expr::Paren(inner) => value(&inner.expr),
        _ => text(expression),
    }
}

fn reprs(attributes: &[syn::Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("repr")) {
        if let syn::Meta::List(list) = &attribute.meta {
            let words = list.tokens.to_string();
            found.extend(words.split(',').map(|w| w.replace(' ', "")));
        }
    }
    found
}

fn fields(fields: &syn::FieldsNamed) -> Vec<Named> {
    fields
        .named
        .iter()
        .map(|field| Named {
            name: field
                .ident
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            of: type_of(&field.ty),
            line: line(&field.ty),
        })
        .collect()
}

/// The name that a function is linked by, where it is not its own.
fn link_name(attributes: &[syn::Attribute]) -> Option<String> {
    let is_link_name = |a: &&syn::Attribute| a.path().is_ident("link_name");
    let meta = attributes.iter().find(is_link_name)?;
    let syn::Meta::NameValue(pair) = &meta.meta else {
        return None;
    };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(name),
            ..
        }) => Some(name.value().trim_start_matches('\u{1}').to_owned()),
        _ => None,
    }
}

/// An item without documentation, on one line.
fn printed(mut item: syn::Item) -> String {
    match &mut item {
        syn::Item::Const(found) => strip(&mut found.attrs),
        syn::Item::Type(found) => strip(&mut found.attrs),
        syn::Item::Struct(found) => {
            strip(&mut found.attrs);
            found.fields.iter_mut().for_each(|f| strip(&mut f.attrs));
        }
        syn::Item::Union(found) => {
            strip(&mut found.attrs);
            found
                .fields
                .named
                .iter_mut()
                .for_each(|f| strip(&mut f.attrs));
        }
        syn::Item::Enum(found) => {
            strip(&mut found.attrs);
            found.variants.iter_mut().for_each(|v| strip(&mut v.attrs));
        }
        _ => {}
    }
    print(item)
}

/// A foreign function as it is written, without its block unless that says more than "C".
fn printed_function(found: &syn::ForeignItemFn, block: &syn::ItemForeignMod) -> String {
    let mut alone = block.clone();
    strip(&mut alone.attrs);
    let mut own = found.clone();
    strip(&mut own.attrs);
    alone.items = vec![own.into()];
    let text = print(alone.into());
    let inner = text
        .split_once("extern \"C\" { ")
        .and_then(|(_, rest)| rest.strip_suffix(" }"));
    inner.map_or_else(|| text.clone(), ToOwned::to_owned)
}

fn function(found: &syn::ForeignItemFn, block: &syn::ItemForeignMod) -> Item {
    let signature = &found.sig;
    let parameters = signature.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => Some(Named {
            name: text(&typed.pat),
            of: type_of(&typed.ty),
            line: line(&typed.pat),
        }),
        syn::FnArg::Receiver(_) => None,
    });
    let name = signature.ident.to_string();
    Item::Function {
        symbol: link_name(&found.attrs).unwrap_or_else(|| name.clone()),
        name,
        abi: abi_of(Some(&block.abi)),
        parameters: parameters.collect(),
        returns: returned(&signature.output),
        variadic: signature.variadic.is_some(),
        line: line(&signature.ident),
        text: printed_function(found, block),
    }
}

fn enumeration(found: &syn::ItemEnum, items: &mut Vec<Item>) {
    let name = found.ident.to_string();
    items.push(Item::Enum {
        name: name.clone(),
        repr: reprs(&found.attrs),
        line: line(&found.ident),
        text: printed(found.clone().into()),
    });
    for variant in &found.variants {
        items.push(match &variant.discriminant {
            Some((_, expression)) => Item::Constant {
                name: variant.ident.to_string(),
                of: Type::Name { name: name.clone() },
                value: value(expression),
                line: line(variant),
                text: text(variant),
            },
            // Counting on from the one before is Rust's; it is not followed here.
            None => Item::Unknown {
                name: variant.ident.to_string(),
                line: line(variant),
            },
        });
    }
}

fn unknown(tokens: &(impl ToTokens + Spanned)) -> Item {
    let mut name = text(tokens);
    name.truncate(name.char_indices().nth(60).map_or(name.len(), |(at, _)| at));
    Item::Unknown {
        name,
        line: line(tokens),
    }
}

fn add(item: &syn::Item, items: &mut Vec<Item>) {
    match item {
        // Assertions about layouts, for the Rust compiler.
        syn::Item::Const(found) if found.ident == "_" => {}
        syn::Item::Const(found) => items.push(Item::Constant {
            name: found.ident.to_string(),
            of: type_of(&found.ty),
            value: value(&found.expr),
            line: line(&found.ident),
            text: printed(item.clone()),
        }),
        syn::Item::Type(found) => items.push(Item::Alias {
            name: found.ident.to_string(),
            of: type_of(&found.ty),
            line: line(&found.ident),
            text: printed(item.clone()),
        }),
        syn::Item::Struct(found) => items.push(match &found.fields {
            syn::Fields::Named(named) => Item::Record {
                name: found.ident.to_string(),
                union: false,
                repr: reprs(&found.attrs),
                fields: fields(named),
                line: line(&found.ident),
                text: printed(item.clone()),
            },
            _ => unknown(&found.ident),
        }),
        syn::Item::Union(found) => items.push(Item::Record {
            name: found.ident.to_string(),
            union: true,
            repr: reprs(&found.attrs),
            fields: fields(&found.fields),
            line: line(&found.ident),
            text: printed(item.clone()),
        }),
        syn::Item::Enum(found) => enumeration(found, items),
        syn::Item::ForeignMod(block) => {
            for each in &block.items {
                items.push(match each {
                    syn::ForeignItem::Fn(found) => function(found, block),
                    other => unknown(other),
                });
            }
        }
        // Methods do not reach the C side. A name that is brought here is unknown
        // where it is used, unless other bindings have it.
        syn::Item::Impl(_) | syn::Item::Use(_) => {}
        other => items.push(unknown(other)),
    }
}

/// Everything in the text of a file of bindings. `path` is for messages.
pub(crate) fn model(path: &str, text: &str) -> Result<Vec<Item>, String> {
    let file = syn::parse_file(text)
        .map_err(|error| format!("{path}:{}: {error}", error.span().start().line))?;
    let mut items = Vec::new();
    for item in &file.items {
        add(item, &mut items);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_with_names_types_and_line() {
        let told = model(
            "x.rs",
            "unsafe extern \"C\" {\n    pub fn f(device: *mut d, size: u64) -> i32;\n}\n",
        );
        let Ok(
            [
                Item::Function {
                    name,
                    symbol,
                    parameters,
                    line,
                    ..
                },
            ],
        ) = told.as_deref()
        else {
            panic!("{told:?}");
        };
        assert_eq!((name.as_str(), symbol.as_str(), *line), ("f", "f", 2));
        let names: Vec<_> = parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["device", "size"]);
    }

    #[test]
    fn constants_keep_their_sign() {
        let told = model("x.rs", "pub const A: i32 = -0x2;\npub const B: u64 = 7;\n").unwrap();
        let values: Vec<_> = told
            .iter()
            .map(|item| match item {
                Item::Constant { value, .. } => value.as_str(),
                _ => "",
            })
            .collect();
        assert_eq!(values, ["-2", "7"]);
    }

    #[test]
    fn what_has_no_form_is_told_as_unknown() {
        let told = model("x.rs", "pub static A: u32 = 1;\npub struct B(u8);\n").unwrap();
        assert!(told.iter().all(|i| matches!(i, Item::Unknown { .. })));
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_file_that_does_not_parse_is_an_error_with_its_line() {
        let told = model("x.rs", "\npub fn (\n");
        assert!(told.unwrap_err().starts_with("x.rs:2:"));
    }
}
