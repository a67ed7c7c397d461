//! Exponential integrate-and-fire neuron of the BrainPy family with an absolute refractory period.
//!
//!     tau dV/dt = -(V - V_rest) + delta_T exp((V - V_T) / delta_T) + R I
//!       with I the injected current and that of every synapse at V
//!
//! A spike is V >= V_th at the end of a step; the reset opens the next step, so that recordings show V above the
//! threshold. A soft reset subtracts V_th - V_reset, a hard one sets V_reset. Until tau_ref after the spike V stays
//! at the reset value and jumps are lost. Exponential Euler. The farther V_th lies above V_T, the more a step
//! overshoots it: take a hard reset. Fourcaud-Trocmé et al. (2003), doi:10.1523/JNEUROSCI.23-37-11628.2003.
//! brainpy.state: ExpIFRef.

#import lib/exp_euler
#import lib/currents
#import lib/spike
#import lib/clock

struct Params {
    /// Membrane resistance [ohm] = 1, > 0
    R: f32,
    /// Membrane time constant [ms] = 10, > 0
    tau: f32,
    /// Refractory time [ms] = 1.7, >= 0
    tau_ref: f32,
    /// Threshold [mV] = -30
    V_th: f32,
    /// Reset potential [mV] = -68, < V_th
    V_reset: f32,
    /// Resting potential [mV] = -65
    V_rest: f32,
    /// Potential at which the upswing begins [mV] = -59.9
    V_T: f32,
    /// Sharpness of the upswing [mV] = 3.48, > 0
    delta_T: f32,
    /// What a spike does to V {soft | hard} = soft
    spk_reset: u32,
}

struct State {
    /// Membrane potential [mV] = -65
    V: f32,
    /// Remaining refractory steps [1] = 0
    refractory: u32,
}

struct Input {
    /// Spikes, summed jump of the potential [mV]
    delta: f32,
    /// Injected current [mA], continuous
    I: f32,
}

struct Derived {
    held_steps: u32,
}

fn derive(p: Params, dt: f32) -> Derived {
    // the step that spikes is the first of the period
    return Derived(max(steps_to_last(p.tau_ref, dt), 1u) - 1u);
}

fn drift(p: Params, V: f32, I: f32) -> f32 {
    // 20: the limit of brainpy.state, so that no upswing overflows
    let upswing = p.delta_T * exp(min((V - p.V_T) / p.delta_T, 20.0));
    return (p.V_rest - V + upswing + p.R * I) / p.tau;
}

fn after_spike(p: Params, V: f32, fired: f32) -> f32 {
    // V - (V - V_reset), as brainpy.state has it, misses V_reset by the rounding of V where a step overshoots far
    let hard = V * (1.0 - fired) + p.V_reset * fired;
    return select(V - (p.V_th - p.V_reset) * fired, hard, p.spk_reset == 1u);
}

fn update(p: Params, d: Derived, s: State, x: Input, dt: f32) -> State {
    var next = s;
    next.V = after_spike(p, s.V, spike(threshold(p, s)));
    if (s.refractory == 0u) {
        next.V = exp_euler(next.V, drift(p, next.V, currents(x.I, next.V)), dt) + x.delta;
    } else {
        next.refractory = s.refractory - 1u;
    }
    if (next.V >= p.V_th) {
        next.refractory = d.held_steps;
    }
    return next;
}

fn threshold(p: Params, s: State) -> f32 {
    return (s.V - p.V_th) / (p.V_th - p.V_reset);
}
