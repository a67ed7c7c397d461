//! Sub-steps of fixed size, in place of adaptive ones: the classical Runge-Kutta method of order 4.
//!
//! Kutta (1901), Zeitschrift fuer Mathematik und Physik 46:435-453.

/// Sub-steps of a step; 0 is the adaptive method. The engine replaces the number where a population asks for another.
const SUBSTEPS = 0u;

/// What a step of size `step` adds to the state.
fn rk4(p: Params, d: Derived, s: State, step: f32) -> State {
    let k1 = derivative(p, d, s);
    let k2 = derivative(p, d, shifted(s, step * 0.5, k1));
    let k3 = derivative(p, d, shifted(s, step * 0.5, k2));
    let k4 = derivative(p, d, shifted(s, step, k3));
    let zero = shifted(k1, -1.0, k1);
    let inner = shifted(shifted(zero, step * 0.33333334, k2), step * 0.33333334, k3);
    return shifted(shifted(inner, step * 0.16666667, k1), step * 0.16666667, k4);
}
