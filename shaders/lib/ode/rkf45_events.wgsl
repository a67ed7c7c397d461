//! Adaptive Runge-Kutta-Fehlberg integration over one step, for models that spike and reset within a step.
//!
//! Every element has a step size of its own. The error allowed is `tolerance` for each float, and as much of what the step changes it by: where
//! the potential rises to a spike, steps are longer. Rounding is compensated.

#import lib/ode/fehlberg
#import lib/ode/compensated
#import lib/ode/event

/// Integrates over `dt`, beginning with step size `h`; or in fixed sub-steps, a spike at most after each.
fn rkf45_events(p: Params, d: Derived, s: State, dt: f32, tolerance: f32, h: f32, lost: State) -> Resumed {
    var now = Sum(s, lost);
    if (SUBSTEPS > 0u) {
        for (var k = 0u; k < SUBSTEPS; k++) {
            now = reacted(p, d, added(now, rk4(p, d, now.s, dt / f32(SUBSTEPS))));
        }
        return Resumed(now.s, h, now.lost);
    }
    var rest = dt;
    var next_h = h;
    // as many as a spike to V_peak needs; a rising exponential takes steps far below the spacing of `rest`
    for (var k = 0u; k < 20000u; k++) {
        if (rest <= 0.0) {
            break;
        }
        let allowed = max(next_h, 1e-12 * dt);
        let whole = allowed >= rest;
        let step = min(allowed, rest);
        let attempt = fehlberg(p, d, now.s, step);
        let after = added(now, attempt.change);
        let error = largest_beside(attempt.error, step, derivative(p, d, after.s)) / tolerance;
        next_h = next_step(step, error);
        if (error <= 1.1 || step <= 1e-12 * dt) {
            now = reacted(p, d, after);
            rest = select(rest - step, 0.0, whole);
        }
    }
    return Resumed(now.s, next_h, now.lost);
}
