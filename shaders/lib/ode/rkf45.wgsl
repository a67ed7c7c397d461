//! Adaptive Runge-Kutta-Fehlberg integration of a model's `derivative` over one step.
//!
//! Every element has a step size of its own.

#import lib/ode/fehlberg

struct Integrated {
    s: State,
    /// The step size to begin the next step with [ms]
    h: f32,
}

/// Integrates over `dt`, each step with an error of about `tolerance`, beginning with step size `h`; or in fixed sub-steps.
fn rkf45(p: Params, d: Derived, s: State, dt: f32, tolerance: f32, h: f32) -> Integrated {
    var now = s;
    if (SUBSTEPS > 0u) {
        for (var k = 0u; k < SUBSTEPS; k++) {
            now = shifted(now, 1.0, rk4(p, d, now, dt / f32(SUBSTEPS)));
        }
        return Integrated(now, h);
    }
    var rest = dt;
    var next_h = h;
    for (var k = 0u; k < 2000u; k++) {
        if (rest <= 0.0) {
            break;
        }
        // no step is below 1e-3 dt
        let allowed = max(next_h, 1e-3 * dt);
        let whole = allowed >= rest;
        let step = min(allowed, rest);
        let attempt = fehlberg(p, d, now, step);
        let error = largest(attempt.error) / tolerance;
        next_h = next_step(step, error);
        if (error <= 1.1 || step <= 1e-3 * dt) {
            now = shifted(now, 1.0, attempt.change);
            rest = select(rest - step, 0.0, whole);
        }
    }
    return Integrated(now, next_h);
}
