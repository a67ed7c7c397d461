//! A parsed and validated WGSL file.

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Function, Handle, Module, Span};

use super::error::Error;

/// One WGSL module: its name (for messages), its text and what naga made of it.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    module: Module,
    info: ModuleInfo,
}

impl Source {
    /// Parses and validates `text`; `name` is the path that messages show.
    ///
    /// # Errors
    /// What naga finds wrong, with its place.
    pub fn parse(name: &str, text: &str) -> Result<Source, Error> {
        let at =
            |span: Option<Span>, message: String| Error::at(name, text, span.unwrap_or_default(), message);
        let mut options = naga::front::wgsl::Options::new();
        options.parse_doc_comments = true;
        let module = naga::front::wgsl::Frontend::new_with_options(options).parse(text).map_err(|error| {
            let span = error.labels().next().map(|(span, _)| span);
            at(span, error.message().to_string())
        })?;
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        let info = validator.validate(&module).map_err(|error| {
            let span = error.spans().map(|(span, _)| *span).find(Span::is_defined);
            at(span, reasons(error.as_inner()))
        })?;
        Ok(Source { name: name.to_string(), text: text.to_string(), module, info })
    }

    /// The path given to [`Source::parse`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What naga parsed, with doc comments.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The function called `name`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.find(name).map(|handle| &self.module.functions[handle])
    }

    pub(super) fn find(&self, name: &str) -> Option<Handle<Function>> {
        let mut functions = self.module.functions.iter();
        functions.find(|(_, f)| f.name.as_deref() == Some(name)).map(|(handle, _)| handle)
    }

    pub(super) fn info(&self) -> &ModuleInfo {
        &self.info
    }

    pub(super) fn error(&self, span: Span, message: impl Into<String>) -> Error {
        Error::at(&self.name, &self.text, span, message)
    }
}

/// The message of an error with those of its causes.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
