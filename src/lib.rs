//! synfire
