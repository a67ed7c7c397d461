//! Adaptive Runge-Kutta-Fehlberg integration of a model's `derivative` over one step.
//!
//! Every element has a step size of its own.

#import lib/ode/fehlberg

/// Integrates over `dt`, each step with an error of at most `tolerance`, beginning with step size `h`.
fn rkf45(p: Params, d: Derived, s: State, dt: f32, tolerance: f32, h: f32) -> Integrated {
    var now = s;
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
        let factor = change_of_step(attempt.error, tolerance);
        if (attempt.error <= tolerance || step <= 1e-3 * dt) {
            now = shifted(now, 1.0, attempt.change);
            rest = select(rest - step, 0.0, whole);
            // a step that was cut short by the end says nothing against a larger one
            next_h = select(step * factor, max(next_h, step * factor), whole);
        } else {
            next_h = step * factor;
        }
    }
    return Integrated(now, next_h);
}
