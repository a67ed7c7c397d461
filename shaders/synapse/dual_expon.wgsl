//! Conductance or current that rises and decays exponentially.
//!
//!     dg_rise/dt = -g_rise / tau_rise, dg_decay/dt = -g_decay / tau_decay, both += w at each spike
//!     g = amplitude scale (g_decay - g_rise)
//!
//! With normalize = true the scale makes amplitude w the peak of g after one spike, with false it is 1. Both decay
//! before the spikes of the step are added. Exchanging the time constants would give the same normalised curve, and
//! equal ones are `alpha`, so tau_rise < tau_decay is asked for. brainpy.state: DualExpon.

#import lib/exp_euler

struct Params {
    /// Decay time constant [ms] = 10, > 0
    tau_decay: f32,
    /// Rise time constant [ms] = 1, > 0, < tau_decay
    tau_rise: f32,
    /// Factor of the conductance or current [1] = 1
    amplitude: f32,
    /// Whether a spike's peak is amplitude times its weight {false | true} = true
    normalize: u32,
}

struct State {
    /// Rising part [output] = 0
    g_rise: f32,
    /// Decaying part [output] = 0
    g_decay: f32,
}

struct Input {
    /// Spikes, summed weight [output]
    spikes: f32,
}

struct Derived {
    scale: f32,
}

fn derive(p: Params) -> Derived {
    let ratio = p.tau_rise / p.tau_decay;
    let to_peak = pow(ratio, p.tau_rise / (p.tau_rise - p.tau_decay)) / (1.0 - ratio);
    return Derived(p.amplitude * select(1.0, to_peak, p.normalize == 1u));
}

fn update(p: Params, s: State, x: Input, dt: f32) -> State {
    return State(
        exp_euler(s.g_rise, -s.g_rise / p.tau_rise, dt) + x.spikes,
        exp_euler(s.g_decay, -s.g_decay / p.tau_decay, dt) + x.spikes,
    );
}

fn output(d: Derived, s: State) -> f32 {
    return d.scale * (s.g_decay - s.g_rise);
}

/// The most that one spike a step builds up, where it is kept at the source.
fn bound(p: Params, d: Derived, dt: f32) -> f32 {
    return abs(d.scale) / (1.0 - exp(-dt / p.tau_decay));
}
