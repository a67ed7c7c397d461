//! synfire
#[cfg(feature = "cli")]
pub mod cli;
pub mod compile;
pub mod device;
pub mod error;
pub mod experiment;
pub mod lane;
pub mod model;
pub mod network;
pub mod program;
pub mod random;
pub mod record;
pub mod rollout;
pub mod unit;

pub use device::Device;
pub use error::{Error, Result};
pub use model::catalogue as models;
pub use model::{Instance, Model};
pub use network::Network;
pub use record::Recording;
pub use rollout::Rollout;
