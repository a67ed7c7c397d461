//! A neuron of one's own, from a WGSL file, on every device there is.
//!
//! `cargo run --release --example own_model` prints the spikes that three currents cause on each device.

use synfire::unit::{ms, nA};
use synfire::{Device, Instance, Model, Network, Result, Rollout};

fn main() -> Result<()> {
    let model = Model::from_wgsl("quadratic", include_str!("../assets/quadratic.wgsl"))?;
    for device in [Device::cpu()].into_iter().chain(Device::gpu()) {
        let mut network = Network::new(0.1 * ms)?;
        let cells = Instance::new(model.clone()).input("I", vec![0.0 * nA, 0.2 * nA, 0.5 * nA]);
        let cells = network.population("cells", 3, cells)?;
        network.record_spikes("spikes", &cells)?;
        let mut rollout = Rollout::new(&network, &device)?;
        rollout.advance(500.0 * ms)?;
        let spikes = rollout.recording().spikes("spikes").expect("they are recorded");
        let count = |cell| spikes.senders.iter().filter(|sender| **sender == cell).count();
        println!("{}: {} {} {} spikes", device.name(), count(0), count(1), count(2));
    }
    Ok(())
}
