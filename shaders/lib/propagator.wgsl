//! Exact integration of a leaky membrane with exponential and alpha-shaped currents over one step.
//!
//! Rotter & Diesmann (1999), doi:10.1007/s004220050570. `derive` runs in double precision on the host. With
//! x = h (1 / tau_syn - 1 / tau_m) the entries have no singularity at tau_syn = tau_m.

/// exp(-h / tau) - 1: added to 1, it takes a variable one step on; kept apart, it keeps its digits in f32.
fn decay(tau: f32, h: f32) -> f32 {
    return exp(-h / tau) - 1.0;
}

/// Integral of exp(-x w) over w in 0..1.
fn phi_1(x: f32) -> f32 {
    // below 1e-3 the series is exact to 1e-14, above it the quotient to 1e-13
    if (abs(x) < 1e-3) {
        return 1.0 - x / 2.0 + x * x / 6.0 - x * x * x / 24.0;
    }
    return (1.0 - exp(-x)) / x;
}

/// Integral of w exp(-x w) over w in 0..1.
fn phi_2(x: f32) -> f32 {
    // below 0.02 the series is exact to 1e-14, above it the quotient to 3e-13
    if (abs(x) < 0.02) {
        return 0.5 - x * (1.0 / 3.0 - x * (0.125 - x * (1.0 / 30.0 - x * (1.0 / 144.0 - x / 840.0))));
    }
    return (1.0 - (1.0 + x) * exp(-x)) / (x * x);
}

/// Potential from a constant current.
fn from_constant(tau_m: f32, C_m: f32, h: f32) -> f32 {
    return -tau_m / C_m * decay(tau_m, h);
}

/// Potential from a current that decays with tau_syn.
fn from_exponential(tau_syn: f32, tau_m: f32, C_m: f32, h: f32) -> f32 {
    return h / C_m * exp(-h / tau_m) * phi_1(h / tau_syn - h / tau_m);
}

/// Potential from the derivative variable of an alpha-shaped current.
fn from_alpha(tau_syn: f32, tau_m: f32, C_m: f32, h: f32) -> f32 {
    return h * h / C_m * exp(-h / tau_m) * phi_2(h / tau_syn - h / tau_m);
}
