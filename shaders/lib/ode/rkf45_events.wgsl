//! Adaptive Runge-Kutta-Fehlberg integration over one step, for models that spike and reset within a step.
//!
//! The importing model supplies, besides its `derivative`, `fn event(p: Params, d: Derived, s: State) -> State`: what
//! becomes of the state after each step that is accepted, with `spiked` set to 1 by a spike. Every element has a step
//! size of its own. Rounding is compensated: Kahan (1965), doi:10.1145/363707.363723.

#import lib/ode/fehlberg

struct Resumed {
    s: State,
    /// The step size to begin the next step with [ms]
    h: f32,
    /// What the sums have lost to rounding, to begin the next step with
    lost: State,
}

/// Integrates over `dt`, each step with an error of about `tolerance`, beginning with step size `h`.
fn rkf45_events(p: Params, d: Derived, s: State, dt: f32, tolerance: f32, h: f32, before: State) -> Resumed {
    var now = s;
    var lost = before;
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
        let attempt = fehlberg(p, d, now, step);
        // smaller where the error is 10 % above the tolerance, larger where it is below half of it
        let ratio = tolerance / max(attempt.error, 1e-20);
        let smaller = clamp(0.9 * pow(ratio, 0.2), 0.2, 1.0);
        let larger = clamp(0.9 * pow(ratio, 0.16666667), 1.0, 5.0);
        next_h = step * select(select(1.0, larger, ratio > 2.0), smaller, ratio < 0.90909091);
        if (attempt.error <= 1.1 * tolerance || step <= 1e-12 * dt) {
            let change = shifted(attempt.change, 1.0, lost);
            let sum = shifted(now, 1.0, change);
            lost = shifted(change, -1.0, shifted(sum, -1.0, now));
            now = event(p, d, sum);
            if (now.spiked != sum.spiked) {
                lost = shifted(lost, -1.0, lost);
            }
            rest = select(rest - step, 0.0, whole);
        }
    }
    return Resumed(now, next_h, lost);
}
