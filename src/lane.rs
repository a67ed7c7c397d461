//! The lane graph: one WGSL text, several uses.
//!
//! # How it works
//!
//! ```text
//! WGSL file ── Source ── inline ──> Graph ──┬─ Kernel      machine code or blocks of lanes on the CPU
//!  (naga)      (parse,   (symbolic          ├─ print       WGSL statements for the GPU
//!              validate)  execution)        ├─ evaluate    f64 on the host
//!                                           └─ tangent     forward derivatives, in the same graph
//! ```
//!
//! A [`Graph`] holds pure values over *lanes* (one lane is one neuron, one synapse, …). Functions of several
//! files are [`inline`]d into the same graph with values that the caller supplies, so that a neuron, its
//! synapses and its inputs become one program. Control flow is gone: `if` is a select, short loops are
//! unrolled, and a loop whose end depends on data stays as a [`Region`].
//!
//! The lowering is at least as strict as the GPU: what it does not understand is an [`Error`] with the line.

mod bits;
mod block;
mod bound;
mod error;
mod evaluate;
mod graph;
mod isa;
mod lower;
mod math;
#[cfg(target_arch = "x86_64")]
mod native;
#[cfg(not(target_arch = "x86_64"))]
#[path = "lane/no_native.rs"]
mod native;
mod op;
mod optimise;
mod print;
mod rebuild;
mod region;
mod schedule;
mod source;
mod specialise;
mod tangent;
#[cfg(test)]
mod tests;

pub use block::{Bound, Isa, Kernel, LANES, Output, Planes, Scalars, Scratch, Uniforms};
pub use error::Error;
pub use evaluate::{Number, evaluate};
pub use graph::{Graph, Leaf, LeafId, Node, NodeId, Rate, Ty};
pub use lower::{Calls, NoCalls, Value, exp_euler, inline};
pub use op::Op;
pub use print::{Printed, print};
pub use region::{Region, RegionId};
pub use source::Source;
pub use tangent::tangent;
