//! Where a model file is wrong, and how.

use std::fmt;

use naga::Span;

/// A mistake in a WGSL file, with its place: `path:line:col: message`, the source line and a caret.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Error {
    /// Name of the file, empty if the mistake has no place
    pub file: String,
    /// Line, from 1; 0 if unknown
    pub line: u32,
    /// Column, from 1
    pub column: u32,
    /// What is wrong and what would be right
    pub message: String,
    /// Text of the line
    pub source_line: String,
}

impl Error {
    /// A mistake that has no place in a file.
    pub fn new(message: impl Into<String>) -> Error {
        let (file, source_line) = (String::new(), String::new());
        Error { file, line: 0, column: 0, message: message.into(), source_line }
    }

    pub(super) fn at(file: &str, text: &str, span: Span, message: impl Into<String>) -> Error {
        let mut error = Error { file: file.to_string(), ..Error::new(message) };
        if span.is_defined() {
            let place = span.location(text);
            (error.line, error.column) = (place.line_number, place.line_position);
            let line = text.lines().nth(error.line.saturating_sub(1) as usize);
            error.source_line = line.unwrap_or_default().to_string();
        }
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            return f.write_str(&self.message);
        }
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message);
        }
        let column = self.column.saturating_sub(1) as usize;
        // Keep tabs, so that the caret stands below its column whatever their width.
        let pad: String =
            self.source_line.chars().take(column).map(|c| if c == '\t' { c } else { ' ' }).collect();
        write!(
            f,
            "{}:{}:{}: {}\n  | {}\n  | {pad}^",
            self.file, self.line, self.column, self.message, self.source_line
        )
    }
}

impl std::error::Error for Error {}
