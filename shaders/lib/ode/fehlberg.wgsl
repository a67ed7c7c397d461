//! One step of the Runge-Kutta-Fehlberg method for a model's `derivative`, and the size of the next.
//!
//! The importing model supplies `fn derivative(p: Params, d: Derived, s: State) -> State`: the change of every
//! float member per ms, 0 for members that are no part of the equations. Fehlberg (1969), NASA TR R-315; the
//! fifth-order result is kept.

#import lib/ode/fixed

/// s + h k, float by float; integers stay those of s. The engine replaces the body.
fn shifted(s: State, h: f32, k: State) -> State {
    return s;
}

/// The largest size of a float of s. The engine replaces the body.
fn largest(s: State) -> f32 {
    return 0.0;
}

/// The largest size of a float of e, each divided by 1 + |h k|. The engine replaces the body.
fn largest_beside(e: State, h: f32, k: State) -> f32 {
    return 0.0;
}

struct Attempt {
    /// What the step adds to the state
    change: State,
    /// The error of that
    error: State,
}

/// A step of size `step`, and the difference of the fifth- and the fourth-order result.
fn fehlberg(p: Params, d: Derived, now: State, step: f32) -> Attempt {
    let k1 = derivative(p, d, now);
    let k2 = derivative(p, d, shifted(now, step * 0.25, k1));
    let k3 = derivative(p, d, shifted(shifted(now, step * 0.09375, k1), step * 0.28125, k2));
    let a4 = shifted(shifted(now, step * 0.8793809, k1), step * -3.2771962, k2);
    let k4 = derivative(p, d, shifted(a4, step * 3.3208921, k3));
    let a5 = shifted(shifted(now, step * 2.0324074, k1), step * -8.0, k2);
    let k5 = derivative(p, d, shifted(shifted(a5, step * 7.1734894, k3), step * -0.20589669, k4));
    let a6 = shifted(shifted(now, step * -0.2962963, k1), step * 2.0, k2);
    let b6 = shifted(shifted(a6, step * -1.3816764, k3), step * 0.45297271, k4);
    let k6 = derivative(p, d, shifted(b6, step * -0.275, k5));
    let zero = shifted(k1, -1.0, k1);
    let a = shifted(shifted(zero, step * 0.11851852, k1), step * 0.51898635, k3);
    let change = shifted(shifted(shifted(a, step * 0.50613149, k4), step * -0.18, k5), step * 0.036363636, k6);
    let e = shifted(shifted(zero, step * 0.0027777778, k1), step * -0.029941520, k3);
    let f = shifted(shifted(shifted(e, step * -0.029199894, k4), step * 0.02, k5), step * 0.036363636, k6);
    return Attempt(change, f);
}

/// The size of the step after one whose error was `error` times what is allowed. It changes by a factor of 0.2 to 5,
/// and only where the error is 10 % above what is allowed or below half of it: GNU Scientific Library, manual,
/// "Adaptive Step-size Control", which NEST uses.
fn next_step(step: f32, error: f32) -> f32 {
    let power = select(-0.2, -0.16666667, error < 0.5);
    let factor = clamp(0.9 * pow(max(error, 1e-20), power), 0.2, 5.0);
    return step * select(1.0, factor, error < 0.5 || error > 1.1);
}
