//! Connection with a constant weight and delay.
//!
//! NEST: static_synapse.
