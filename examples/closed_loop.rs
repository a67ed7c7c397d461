//! A loop through the outside: a controller on the host holds the rate of a population.
//!
//! Every millisecond it looks at how many neurons have fired and adjusts the current into all of them. Half-way the noise
//! becomes weaker, and the current makes up for it. The network is built once; setting a current between two
//! calls of `simulate` rebuilds nothing.
//!
//! `cargo run --release --example closed_loop` prints rate and current every 100 ms, and what a slice takes.

use std::time::Instant;
use synfire::models::{iaf_psc_exp, poisson_generator};
use synfire::network::rule::{all_to_all, fixed_indegree};
use synfire::simulator::{Simulator, Synapse};
use synfire::unit::{Hz, kHz, ms, pA};
use synfire::{Device, Result};

/// What the controller saw and did in a slice.
pub struct Slice {
    /// Rate in Hz, smoothed.
    pub rate_hz: f64,
    /// Current in pA.
    pub current: f64,
}

/// Time constant of the smoothed rate in ms.
const SMOOTHING: f64 = 20.0;

/// Change of the current in pA for 1 Hz too few in 1 ms: slower than the smoothing, so that the loop is stable.
const GAIN: f64 = 0.04;

/// Holds the rate of `n` neurons at `wanted_hz` for twice `slices` ms, with less noise in the second half.
pub fn control(device: &Device, n: u32, wanted_hz: f64, slices: u32) -> Result<Vec<Slice>> {
    let mut sim = Simulator::on(device.clone(), 0.1 * ms)?;
    let cells = sim.create("cells", iaf_psc_exp(), n)?;
    let noise = sim.create_one(poisson_generator().rate(5.0 * kHz))?;
    sim.connect(&noise, &cells, all_to_all(), Synapse::weight(30.0 * pA))?;
    sim.connect(&cells, &cells, fixed_indegree(n / 20), Synapse::weight(-10.0 * pA).delay(1.5 * ms))?;

    let (mut rate_hz, mut current, mut seen) = (0.0, 0.0, vec![]);
    for slice in 0..2 * slices {
        if slice == slices {
            sim.set(&noise, "rate", 3000.0 * Hz)?;
        }
        let result = sim.simulate(1.0 * ms)?;
        rate_hz += (result.rate_hz(&cells) - rate_hz) / SMOOTHING;
        current += GAIN * (wanted_hz - rate_hz);
        sim.set(&cells, "I_e", current * pA)?;
        seen.push(Slice { rate_hz, current });
    }
    Ok(seen)
}

fn main() -> Result<()> {
    let device = Device::open(Default::default())?;
    let begin = Instant::now();
    let seen = control(&device, 1000, 20.0, 1000)?;
    for (k, slice) in seen.iter().enumerate().skip(99).step_by(100) {
        println!("{:5} ms {:6.1} Hz {:7.1} pA", k + 1, slice.rate_hz, slice.current);
    }
    let each = begin.elapsed().as_secs_f64() * 1e3 / seen.len() as f64;
    println!("{each:.2} ms of wall time for a slice of 1 ms, on {}", device.name());
    Ok(())
}
