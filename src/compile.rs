//! From the description to a program, in passes.
//!
//! 1. [`recipe`]: every population with its receptors and stimuli, merged over projections;
//! 2. [`compose`]: one graph for all populations that are updated alike, from the models' texts;
//! 3. [`layout`]: numbers for elements and ring slots;
//! 4. [`wire`]: rows of synapses, the window, the scale of every port;
//! 5. [`schedule`]: spikes that are known beforehand, and values that are there from the start.
//!
//! [`retune`] goes through the first two again for one kernel, when a parameter of a built network changes.
//!
//! Nothing in here knows a model by name.

mod building;
pub mod compose;
pub mod connect;
pub mod constants;
pub mod estimate;
pub mod kernel;
pub mod layout;
mod level;
pub mod recipe;
pub mod retune;
mod scale;
pub mod schedule;
mod sent;
pub mod size;
pub mod stimulus;
pub mod wire;

pub use building::Building;

use crate::error::Result;
use crate::network::Network;
use crate::program::Program;

/// What the device wants of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Threads that own a share of the targets each.
    pub partitions: u32,
    /// Most words of a block of synapses.
    pub max_block_words: u64,
    /// Longest window in steps.
    pub max_window: u32,
    /// Bytes of memory for the network.
    pub memory: u64,
    /// Most bytes of a buffer that a kernel sees at once; none where a device works in the memory that networks are built
    /// in.
    pub max_buffer: Option<u64>,
    /// Bytes of a core's cache, where rows are to be sorted by delay if a partition's ring exceeds it by far.
    pub cache: Option<u64>,
}

impl Default for Target {
    fn default() -> Self {
        Target {
            partitions: 1,
            max_block_words: 1 << 29,
            max_window: crate::program::MAX_WINDOW,
            memory: u64::MAX,
            max_buffer: None,
            cache: None,
        }
    }
}

/// Compiles a network.
///
/// # Errors
/// A model that cannot be lowered, a bound that a drawn value breaks, a network that is too large.
pub fn compile(network: &Network, target: Target) -> Result<Program> {
    compile_watched(network, target, &Building::default())
}

/// Compiles a network and tells how far that has come.
///
/// # Errors
/// What [`compile`] reports.
pub fn compile_watched(network: &Network, target: Target, building: &Building) -> Result<Program> {
    network.check_trials()?;
    size::check_network(network, target)?;
    let recipes = recipe::recipes(network)?;
    layout::check_elements(network, &recipes)?;
    let groups = compose::groups(network, &recipes)?;
    let estimate = estimate::Estimate::new(network, &recipes, &groups, target);
    estimate.check()?;
    building.expect(estimate.draws);
    let mut layout = layout::layout(network, &recipes, groups, target.partitions)?;
    let wired = wire::wire(network, &recipes, &mut layout, (target, building))?;
    let events = schedule::events(network, &recipes, &layout)?;
    let (events, mut initial) = events;
    initial.extend(sent::at_start(network, &recipes, &mut layout)?);
    Ok(Program {
        dt_ms: network.dt_ms(),
        seed: network.seed(),
        trials: network.trials(),
        window: wired.window,
        shortest: wired.shortest,
        depth: wired.depth,
        slots: layout.slots * network.trials().len() as u32,
        elements: layout.elements,
        kernels: layout.kernels,
        ports: wired.ports,
        partitions: layout.partitions,
        layout: wired.layout,
        projections: wired.sources,
        blocks: wired.blocks,
        procedural: wired.procedural,
        events,
        initial,
        traces: layout.traces,
        populations: layout.populations,
        synapses: wired.synapses,
        places: layout.places,
        loads: wired.loads,
    })
}
