//! Spikes within a step of adaptive integration.
//!
//! The importing model supplies, besides its `derivative`, `fn event(p: Params, d: Derived, s: State) -> State`: what
//! becomes of the state after each step that is accepted, with `spiked` set to 1 by a spike.

#import lib/ode/compensated

/// What becomes of a state after a step that is accepted.
fn reacted(p: Params, d: Derived, after: Sum) -> Sum {
    var next = Sum(event(p, d, after.s), after.lost);
    if (next.s.spiked != after.s.spiked) {
        next.lost = shifted(next.lost, -1.0, next.lost);
    }
    return next;
}
