//! Reads a model file: documents, structs with their tags, and function signatures.
//!
//! This file stands alone: the build script compiles it too.

use super::tag::{self, Tag};
use naga::front::wgsl;
use naga::keywords::wgsl::RESERVED;
use naga::{Expression, Literal, ScalarKind, TypeInner};

/// Everything that a model file says about itself.
#[derive(Clone, Debug)]
pub struct Reflection {
    /// First line of the `//!` document, without a final period.
    pub title: String,
    /// The whole `//!` document.
    pub document: String,
    /// Structs with their tagged members, in order of appearance.
    pub structs: Vec<Struct>,
    /// Functions of the file itself, without those of its imports.
    pub functions: Vec<Function>,
    /// Constants of the model's own that are the lengths of lists: name and value.
    pub counts: Vec<(String, u32)>,
}

/// A struct of a model file: `Params`, `State`, `Input`, `Derived`, `Output`, `Schedule`.
#[derive(Clone, Debug)]
pub struct Struct {
    /// The struct's name.
    pub name: String,
    /// Its members.
    pub members: Vec<Member>,
}

/// One number of a struct: a member, or an element of a member that is an array.
#[derive(Clone, Debug)]
pub struct Member {
    /// Name, as published; the elements of `tau_syn` are `tau_syn_1`, `tau_syn_2` and so on, those of `Input` numbers.
    pub name: String,
    /// Type of the number.
    pub scalar: Scalar,
    /// The array that it is an element of.
    pub list: Option<String>,
    /// The constant that is the array's length, where the user chooses it.
    pub count: Option<String>,
    /// The tag; members of `Derived` and `Output` may go without.
    pub tag: Option<Tag>,
}

/// The types that a member may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `f32`
    F32,
    /// `i32`
    I32,
    /// `u32`
    U32,
}

/// A function's signature, by type names.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name.
    pub name: String,
    /// Name and type name of each argument.
    pub arguments: Vec<(String, String)>,
    /// Type name of the result.
    pub result: Option<String>,
}

/// A fault in a model file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Structs whose members need a tag.
const TAGGED: [&str; 5] = ["Params", "State", "Input", "Arrived", "Schedule"];

/// Splits `#import lib/…` lines off; they become comments, so that line numbers stay.
pub fn split_imports(text: &str) -> (String, Vec<String>) {
    let mut imports = vec![];
    let lines = text.lines().map(|line| match line.trim().strip_prefix("#import ") {
        Some(path) => {
            imports.push(path.trim().to_string());
            format!("//{line}")
        }
        None => line.to_string(),
    });
    let body = lines.collect::<Vec<_>>().join("\n") + "\n";
    (body, imports)
}

/// The model's text followed by its imports, each once; `library` finds a text by its path.
pub fn assemble(text: &str, library: &dyn Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let (mut whole, mut pending) = split_imports(text);
    let mut seen: Vec<String> = vec![];
    while let Some(path) = pending.pop() {
        if seen.contains(&path) {
            continue;
        }
        let line = text.lines().position(|line| line.contains(&path)).map_or(1, |k| k + 1);
        let imported =
            library(&path).ok_or(Fault { line, message: format!("no file `{path}` to import") })?;
        let (body, more) = split_imports(&imported);
        // `//!` documents are only allowed at the start of a WGSL text.
        whole.push_str(&body.replace("//!", "//"));
        pending.extend(more);
        seen.push(path);
    }
    Ok(whole)
}

/// Reads the assembled text of a model; `own_lines` is the length of the model's own part.
pub fn reflect(assembled: &str, own_lines: usize) -> Result<Reflection, Fault> {
    let mut options = wgsl::Options::new();
    options.parse_doc_comments = true;
    let module = wgsl::Frontend::new_with_options(options).parse(assembled).map_err(|error| Fault {
        line: error.location(assembled).map_or(1, |place| place.line_number as usize),
        message: error.message().to_string(),
    })?;
    let document: Vec<&str> = assembled.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let document: Vec<&str> = document.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let title = document.first().map_or("", |line| line.trim().trim_end_matches('.')).to_string();
    let counts = counts(&module, assembled, own_lines);
    let mut structs = vec![];
    for (handle, ty) in module.types.iter() {
        let (Some(name), TypeInner::Struct { members, .. }) = (&ty.name, &ty.inner) else { continue };
        let first = module.types.get_span(handle).location(assembled).line_number as usize;
        if first > own_lines {
            continue;
        }
        let place = |member: &str| {
            let declares = |line: &&str| line.trim_start().split(':').next().map(str::trim) == Some(member);
            first + assembled.lines().skip(first - 1).position(|line| declares(&line)).unwrap_or(0)
        };
        let mut out = vec![];
        for (k, member) in members.iter().enumerate() {
            let member_name = member.name.clone().unwrap_or_default();
            let line = place(&member_name);
            let (scalar, length) = scalar_of(&module, member.ty).ok_or_else(|| Fault {
                line,
                message: format!("`{member_name}` must be f32, i32, u32 or (in Derived) an array of them"),
            })?;
            let count = assembled.lines().nth(line - 1).and_then(length_of);
            let count = count.filter(|count| counts.iter().any(|(known, _)| known == count));
            if length.is_some() && count.is_none() && name != "Derived" {
                let message = format!(
                    "`{member_name}`: outside Derived the user chooses an array's length; declare `const PORTS = 1u;`, or another name, on a line of its own and write `array<f32, PORTS>`"
                );
                return Err(Fault { line, message });
            }
            let comments = module.doc_comments.as_ref().and_then(|all| all.struct_members.get(&(handle, k)));
            let tag_text = comments.map(|lines| {
                lines.iter().map(|line| line.trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ")
            });
            let tag = match tag_text {
                Some(text) if TAGGED.contains(&name.as_str()) => Some(
                    tag::parse(&text)
                        .map_err(|message| Fault { line, message: format!("`{member_name}`: {message}") })?,
                ),
                None if TAGGED.contains(&name.as_str()) => {
                    let message =
                        format!("`{member_name}` has no tag; write `/// meaning [unit] = default` above it");
                    return Err(Fault { line, message });
                }
                _ => None,
            };
            // WGSL keeps some names for itself, such as NEST's `std`: there they end in an underscore
            let plain = member_name.strip_suffix('_').filter(|name| RESERVED.contains(name));
            let member_name = plain.unwrap_or(&member_name).to_string();
            let Some(length) = length else {
                out.push(Member { name: member_name, scalar, list: None, count: None, tag });
                continue;
            };
            let name_of = |k: u32| element_name(name, &member_name, k);
            out.extend((1..=length).map(|k| Member {
                name: name_of(k),
                scalar,
                list: Some(member_name.clone()),
                count: count.map(str::to_string),
                tag: tag.clone(),
            }));
        }
        structs.push(Struct { name: name.clone(), members: out });
    }
    let functions = module.functions.iter().filter_map(|(handle, function)| {
        let line = module.functions.get_span(handle).location(assembled).line_number as usize;
        let type_name = |ty: naga::Handle<naga::Type>| type_text(&module, ty);
        (line <= own_lines).then(|| Function {
            name: function.name.clone().unwrap_or_default(),
            arguments: (function.arguments.iter())
                .map(|argument| (argument.name.clone().unwrap_or_default(), type_name(argument.ty)))
                .collect(),
            result: function.result.as_ref().map(|result| type_name(result.ty)),
        })
    });
    let functions = functions.collect();
    Ok(Reflection { title, document: document.join("\n"), structs, functions, counts })
}

/// Whole numbers that the model itself declares, each on a line of its own.
fn counts(module: &naga::Module, assembled: &str, own_lines: usize) -> Vec<(String, u32)> {
    let declared = |name: &str| {
        let mut lines = assembled.lines().take(own_lines);
        lines.any(|line| line.starts_with(&format!("const {name} =")))
    };
    let value = |constant: &naga::Constant| match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(number)) => Some(number),
        _ => None,
    };
    let all = module.constants.iter().filter_map(|(_, it)| Some((it.name.clone()?, value(it)?)));
    all.filter(|(name, _)| declared(name)).collect()
}

/// `PORTS` of the line `tau: array<f32, PORTS>,`.
fn length_of(line: &str) -> Option<&str> {
    let (_, arguments) = line.split_once("array<")?;
    Some(arguments.split_once(',')?.1.split_once('>')?.0.trim())
}

/// The name of the `k`-th element of an array, from 1. Ports have numbers; `I_syn_` gives `I_syn_1`, so that there
/// may be a member `I_syn` besides.
fn element_name(owner: &str, list: &str, k: u32) -> String {
    if owner == "Input" { k.to_string() } else { format!("{}_{k}", list.trim_end_matches('_')) }
}

fn scalar_of(module: &naga::Module, ty: naga::Handle<naga::Type>) -> Option<(Scalar, Option<u32>)> {
    match &module.types[ty].inner {
        TypeInner::Scalar(scalar) if scalar.width == 4 => match scalar.kind {
            ScalarKind::Float => Some((Scalar::F32, None)),
            ScalarKind::Sint => Some((Scalar::I32, None)),
            ScalarKind::Uint => Some((Scalar::U32, None)),
            _ => None,
        },
        TypeInner::Array { base, size: naga::ArraySize::Constant(length), .. } => scalar_of(module, *base)
            .filter(|(_, inner)| inner.is_none())
            .map(|(scalar, _)| (scalar, Some(length.get()))),
        _ => None,
    }
}

fn type_text(module: &naga::Module, ty: naga::Handle<naga::Type>) -> String {
    let ty = &module.types[ty];
    match (&ty.name, &ty.inner) {
        (Some(name), _) => name.clone(),
        (None, TypeInner::Scalar(scalar)) => match scalar.kind {
            ScalarKind::Float => "f32".into(),
            ScalarKind::Sint => "i32".into(),
            ScalarKind::Uint => "u32".into(),
            ScalarKind::Bool => "bool".into(),
            _ => "number".into(),
        },
        _ => "other".into(),
    }
}

impl Reflection {
    /// The members of the struct `name`; none where the model goes without.
    pub fn members(&self, name: &str) -> &[Member] {
        self.structs.iter().find(|found| found.name == name).map_or(&[], |found| &found.members)
    }

    /// The signature of the function `name`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}
