//! Fixed sub-steps in place of adaptive steps: their order, what they find, and where they are refused.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use synfire::experiment::Experiment;
use synfire::models::{hh_psc_alpha, iaf_cond_exp, iaf_psc_exp};
use synfire::unit::{ms, pA};
use synfire::{Device, Instance, Model, Network, Recording, Rollout, model::Integrator};

/// Logistic growth at a rate of 2 per ms, from 0.1: what it is after 1 ms is known.
const GROWS: &str = "//! Grows.
#import lib/ode/rkf45
struct Params {
    /// Largest value [1] = 1, > 0
    most: f32,
}
struct State {
    /// Value [1] = 0.1
    y: f32,
}
struct Input {
    /// Spikes [1]
    spikes: f32,
}
struct Derived {
    rate: f32,
}
fn derive(p: Params) -> Derived {
    return Derived(2.0);
}
fn derivative(p: Params, d: Derived, s: State) -> State {
    return State(d.rate * s.y * (p.most - s.y));
}
fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    let after = rkf45(p, d, s, dt, 1e-7, dt);
    return State(after.s.y + x.spikes);
}";

fn grown(integrator: Integrator, device: &Device) -> Result<f64, Failed> {
    let mut network = Network::new(1.0 * ms)?;
    let cell = Instance::new(Model::from_wgsl("grows", GROWS)?).integrator(integrator);
    let cells = network.population("cells", 1, cell)?;
    network.record_trace("y", &cells, &["y"], 1.0 * ms)?;
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance_steps(1, &mut |_| {})?;
    Ok(f64::from(rollout.recording().traces[0].variables[0].1[0]))
}

/// Half the sub-step, a sixteenth of the error.
fn order(device: &Device) -> Result<(), Failed> {
    let exact = 1.0 / (1.0 + 9.0 * (-2.0f64).exp());
    let error = |integrator| grown(integrator, device).map(|y| (y - exact).abs());
    let errors = [2, 4, 8].map(|n| error(Integrator::Rk4(n)));
    let [two, four, eight] = [errors[0].clone()?, errors[1].clone()?, errors[2].clone()?];
    // 6e-8: the spacing of f32 at the result
    if !(12.0..18.0).contains(&(two / four)) || eight > four / 12.0 + 6e-8 {
        return Err(format!("errors of 2, 4 and 8 sub-steps: {two:e}, {four:e}, {eight:e}").into());
    }
    let adaptive = error(Integrator::Adaptive)?;
    if adaptive < 1e-6 { Ok(()) } else { Err(format!("the adaptive method is off by {adaptive:e}").into()) }
}

/// A reference experiment with another integrator for its neurons.
fn run(case: &str, model: &str, integrator: &str, device: &Device) -> Result<Recording, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let text = std::fs::read_to_string(folder.join(format!("{case}.toml")))?;
    let said = format!("model = \"{model}\"\n");
    let text = text.replace(&said, &format!("{said}integrator = {integrator}\n"));
    let target = tempfile::tempdir()?;
    let file = target.path().join("experiment.toml");
    std::fs::write(&file, text)?;
    let experiment = Experiment::load(&file)?;
    let mut rollout = Rollout::new(&experiment.network, device)?;
    rollout.advance(100.0 * ms)?;
    Ok(rollout.take_recording())
}

/// The same spikes as the adaptive method, potentials within these mV; the same on both devices.
fn agreement(device: &Device) -> Result<(), Failed> {
    let cases = [
        ("iaf_cond_alpha_spikes", "iaf_cond_alpha", 4, 1e-3),
        ("iaf_cond_exp_spikes", "iaf_cond_exp", 4, 1e-3),
        ("iaf_bw_2001_spikes", "iaf_bw_2001", 4, 1e-3),
        // a spike rises fast: what a sub-step misses of it shows
        ("hh_psc_alpha_spikes", "hh_psc_alpha", 16, 1e-2),
        ("aeif_cond_exp_spikes", "aeif_cond_exp", 32, 0.5),
    ];
    for (case, model, n, tolerance) in cases {
        let adaptive = run(case, model, "\"adaptive\"", device)?;
        let fixed = run(case, model, &format!("{{ rk4 = {n} }}"), device)?;
        if fixed.spikes != adaptive.spikes || fixed.spikes[0].times.is_empty() {
            return Err(format!("{case}: other spikes with {n} sub-steps").into());
        }
        let potentials = |recording: &Recording| recording.traces[0].variable("V_m").map(<[f32]>::to_vec);
        let (a, b) = (potentials(&adaptive).ok_or("V_m")?, potentials(&fixed).ok_or("V_m")?);
        let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        if off > tolerance {
            return Err(format!("{case}: potentials differ by {off} mV with {n} sub-steps").into());
        }
        let other = run(case, model, &format!("{{ rk4 = {n} }}"), &Device::cpu())?;
        let variables = |recording: &Recording| recording.traces[0].variables.clone();
        // below 2^-95 a device may round to 0
        let pairs = variables(&fixed).into_iter().zip(variables(&other));
        let differs = |a: &f32, b: &f32| a != b && a.abs().max(b.abs()) > 3e-29;
        if pairs.into_iter().any(|((_, a), (_, b))| a.iter().zip(&b).any(|(a, b)| differs(a, b))) {
            return Err(format!("{case}: other bits than on the CPU").into());
        }
    }
    Ok(())
}

/// Two populations of one model with different integrators, and what is refused.
fn choices(device: &Device) -> Result<(), Failed> {
    let mut network = Network::new(0.1 * ms)?;
    for (name, integrator) in [("coarse", Integrator::Rk4(8)), ("fine", Integrator::Rk4(16))] {
        let cells = network.population(name, 1, hh_psc_alpha().I_e(800.0 * pA).integrator(integrator))?;
        network.record_trace(name, &cells, &["V_m"], 0.1 * ms)?;
    }
    let mut rollout = Rollout::new(&network, device)?;
    rollout.advance(20.0 * ms)?;
    let traces = &rollout.recording().traces;
    if traces[0].variables == traces[1].variables {
        return Err("two integrators find the same".into());
    }
    let refused = [
        (
            network.population("a", 1, Instance::from(iaf_psc_exp()).integrator(Integrator::Rk4(4))),
            "`iaf_psc_exp` has no equations that an integrator solves in steps",
        ),
        (
            network.population("b", 1, iaf_cond_exp().integrator(Integrator::Rk4(0))),
            "the number of sub-steps of population `b` must be in 1..=256, got 0",
        ),
    ];
    for (found, part) in refused {
        let message = found.err().map_or_else(String::new, |error| error.to_string());
        if !message.contains(part) {
            return Err(format!("`{message}` where `{part}` is right").into());
        }
    }
    Ok(())
}

pub fn all() -> Vec<Trial> {
    let all: [(&str, Check); 3] =
        [("order", Box::new(order)), ("agreement", Box::new(agreement)), ("choices", Box::new(choices))];
    all.into_iter().flat_map(|(name, check)| trials(&format!("integrators::{name}"), check)).collect()
}
