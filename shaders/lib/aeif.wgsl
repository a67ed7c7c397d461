//! One step of an adaptive exponential neuron, for models whose State has `V_m`, `w`, what rounding lost of them, `h`,
//! `spiked` and `refractory`.

#import lib/ode/rkf45_events

/// The state at the end of the step, without what arrives then.
fn stepped(p: Params, d: Derived, s: State, dt: f32) -> State {
    var begin = s;
    begin.spiked = 0u;
    var lost: State;
    lost.V_m = s.V_lost;
    lost.w = s.w_lost;
    let after = rkf45_events(p, d, begin, dt, d.tolerance, s.h, lost);
    var next = after.s;
    next.V_lost = after.lost.V_m;
    next.w_lost = after.lost.w;
    next.h = after.h;
    next.refractory -= min(next.refractory, 1u);
    return next;
}
