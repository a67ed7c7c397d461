//! Lists the WGSL files and writes a typed builder for every model, from its tags.

#![allow(dead_code, reason = "the reflection has more to say than the builders need")]

#[path = "../src/unit"]
mod unit {
    pub mod table;
}
#[path = "../src/model"]
mod model {
    pub mod reflect;
    pub mod tag;
}

use model::reflect::{self, Member};
use model::tag::TagUnit;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

const MODEL_FOLDERS: [&str; 5] = ["neuron", "synapse", "output", "plasticity", "generator"];

fn main() {
    println!("cargo:rerun-if-changed=shaders");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("shaders");
    let mut files = vec![];
    collect(&root, &root, &mut files);
    files.sort();
    let library = |path: &str| fs::read_to_string(root.join(path).with_extension("wgsl")).ok();
    let mut out = String::from("static FILES: &[File] = &[\n");
    for (folder, stem) in &files {
        let path = root.join(folder).join(stem).with_extension("wgsl");
        writeln!(out, "    ({folder:?}, {stem:?}, include_str!({path:?})),").expect("a string takes it");
    }
    out.push_str("];\n");
    for (folder, stem) in files.iter().filter(|(folder, _)| MODEL_FOLDERS.contains(&folder.as_str())) {
        let path = root.join(folder).join(stem).with_extension("wgsl");
        let text = fs::read_to_string(&path).expect("the file was just listed");
        let own_lines = text.lines().count();
        let reflected = reflect::assemble(&text, &library)
            .and_then(|whole| Ok((whole.clone(), reflect::reflect(&whole, own_lines)?)));
        match reflected {
            Ok((whole, reflection)) => {
                write_builder(&mut out, stem, &reflection, whole.contains("\nconst SUBSTEPS"));
            }
            Err(fault) => {
                println!("cargo:error={}:{}: {}", path.display(), fault.line, fault.message);
                std::process::exit(1);
            }
        }
    }
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("catalogue.rs");
    fs::write(target, out).expect("OUT_DIR is writable");
}

/// Every WGSL file below `folder`, as folder relative to the root and stem.
fn collect(root: &Path, folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("shaders is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, out);
        } else if path.extension().is_some_and(|extension| extension == "wgsl") {
            let relative = folder.strip_prefix(root).expect("it is below the root");
            let stem = path.file_stem().expect("a file has a stem").to_string_lossy().into_owned();
            out.push((relative.to_string_lossy().replace('\\', "/"), stem));
        }
    }
}

fn write_builder(out: &mut String, name: &str, reflection: &reflect::Reflection, integrates: bool) {
    let ty: String = name.split('_').map(capital).collect();
    let document = &reflection.title;
    write!(
        out,
        r#"
/// {document}. Set parameters with the methods, then give it to a network.
#[derive(Clone, Debug)]
pub struct {ty}(Instance);
/// {document}, with the defaults of its parameters.
pub fn {name}() -> {ty} {{
    {ty}(Instance::new(find({name:?}).expect("the catalogue has its own models")))
}}
impl From<{ty}> for Instance {{
    fn from(builder: {ty}) -> Instance {{
        builder.0
    }}
}}
#[allow(non_snake_case, reason = "parameters keep their published names")]
impl {ty} {{
"#
    )
    .expect("a string takes it");
    for member in fields(reflection.members("Params")) {
        write_setter(out, "", "set", member);
    }
    for member in reflection.members("Schedule") {
        write_column(out, member);
    }
    for member in fields(reflection.members("State")) {
        write_setter(out, "init_", "init", member);
    }
    for member in reflection
        .members("Input")
        .iter()
        .filter(|member| member.tag.as_ref().is_some_and(|tag| tag.continuous))
    {
        write_setter(out, "input_", "input", member);
    }
    if integrates {
        out.push_str(
            "    /// How the equations are integrated over a step.\n    pub fn integrator(self, integrator: Integrator) -> Self {\n        Self(self.0.integrator(integrator))\n    }\n",
        );
    }
    out.push_str("}\n");
}

/// Members with the first element only of an array: its values are set together.
fn fields(members: &[Member]) -> impl Iterator<Item = &Member> {
    members.chunk_by(|one, next| one.list.is_some() && one.list == next.list).map(|field| &field[0])
}

fn write_setter(out: &mut String, prefix: &str, method: &str, member: &Member) {
    let Some(tag) = &member.tag else { return };
    let name = member.list.as_ref().unwrap_or(&member.name);
    let (unit, argument) = match &tag.unit {
        TagUnit::Unit(unit) => (unit.symbol.to_string(), format!("impl Into<Amount<{}>>", unit.rust)),
        TagUnit::Spikes => ("1".into(), "impl Into<Amount<Dimensionless>>".into()),
        TagUnit::Output => ("unit of the output".into(), "impl Into<Given>".into()),
        TagUnit::Port => ("unit of the port".into(), "impl Into<Given>".into()),
        TagUnit::Choice(words) => (words.join(" or "), "&str".into()),
    };
    let convert = match tag.unit {
        TagUnit::Choice(_) => "Given::from(value)",
        TagUnit::Output | TagUnit::Port => "value",
        _ => "Given::from(value.into())",
    };
    let meaning = &tag.meaning;
    let each = if member.list.is_some() { ", a list" } else { "" };
    writeln!(
        out,
        "    /// {meaning} \\[{unit}\\]{each}.\n    pub fn {prefix}{name}(self, value: {argument}) -> Self {{\n        Self(self.0.{method}({name:?}, {convert}))\n    }}"
    )
    .expect("a string takes it");
}

fn write_column(out: &mut String, member: &Member) {
    let Some(tag) = &member.tag else { return };
    let (name, meaning) = (&member.name, &tag.meaning);
    let TagUnit::Unit(unit) = &tag.unit else {
        writeln!(
            out,
            "    /// {meaning} \\[unit of the port\\], one per event.\n    pub fn {name}(self, values: impl Into<Given>) -> Self {{\n        Self(self.0.set({name:?}, values))\n    }}"
        )
        .expect("a string takes it");
        return;
    };
    let (rust, symbol) = (unit.rust, unit.symbol);
    writeln!(
        out,
        "    /// {meaning} \\[{symbol}\\], one per event.\n    pub fn {name}(self, values: Vec<Quantity<{rust}>>) -> Self {{\n        Self(self.0.set({name:?}, Given::from(Amount::from(values))))\n    }}"
    )
    .expect("a string takes it");
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
