//! Adaptive Runge-Kutta-Fehlberg integration over one step that compensates rounding.
//!
//! Every element has a step size of its own. Whoever imports this supplies `fn reacted(p: Params, d: Derived, after: Sum) -> Sum`:
//! what becomes of a state after each step that is accepted.

#import lib/ode/fehlberg
#import lib/ode/compensated

/// Integrates over `dt`, each step with an error of about `tolerance`, beginning with step size `h`; or in fixed sub-steps.
fn rkf45_compensated(p: Params, d: Derived, s: State, dt: f32, tolerance: f32, h: f32, lost: State) -> Resumed {
    var now = Sum(s, lost);
    if (SUBSTEPS > 0u) {
        for (var k = 0u; k < SUBSTEPS; k++) {
            now = reacted(p, d, added(now, rk4(p, d, now.s, dt / f32(SUBSTEPS))));
        }
        return Resumed(now.s, h, now.lost);
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
        let attempt = fehlberg(p, d, now.s, step);
        let error = largest(attempt.error) / tolerance;
        next_h = next_step(step, error);
        if (error <= 1.1 || step <= 1e-3 * dt) {
            now = reacted(p, d, added(now, attempt.change));
            rest = select(rest - step, 0.0, whole);
        }
    }
    return Resumed(now.s, next_h, now.lost);
}
