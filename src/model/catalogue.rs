//! The models that synfire ships, by name, and a typed builder for each.
//!
//! The build script lists the files of `shaders/` and writes the builders from their tags, so a model has no
//! other trace in Rust than its file.

use super::{Amount, Given, Instance, Integrator, Model, Role};
use crate::error::{Error, Result};
use crate::unit::*;
use std::sync::{Arc, LazyLock};

/// A shipped file: folder, stem and text.
type File = (&'static str, &'static str, &'static str);

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

static MODELS: LazyLock<Vec<Arc<Model>>> = LazyLock::new(|| {
    let shipped = FILES.iter().filter_map(|(folder, stem, text)| {
        let (_, role) = Role::ALL.iter().find(|(name, _)| name == folder)?;
        Some(Model::with_role(stem, *role, text).expect("the build script has read every shipped model"))
    });
    shipped.collect()
});

/// Every shipped model, by role and name.
pub fn models() -> &'static [Arc<Model>] {
    &MODELS
}

/// The shipped model of this name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn find(name: &str) -> Result<Arc<Model>> {
    let found = MODELS.iter().find(|model| model.name() == name).cloned();
    found.ok_or_else(|| {
        Error::unknown("model", name, "the catalogue", MODELS.iter().map(|model| model.name()))
    })
}

/// The text of a library file, by the path that `#import` uses: `lib/propagator`.
pub fn library(path: &str) -> Option<&'static str> {
    let named = |(folder, stem, _): &&File| {
        path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) == Some(*stem)
    };
    FILES.iter().find(named).map(|(_, _, text)| *text)
}
