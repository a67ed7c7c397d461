//! One step of the exponential Euler method: x + dt exprel(dt J) drift, with J = d drift / d x.
//!
//! The engine replaces the body: it derives J from the expression that was given as `drift`. Here stands
//! the limit for J = 0.

#import lib/spike

fn exp_euler(x: f32, drift: f32, dt: f32) -> f32 {
    return x + dt * drift;
}

/// x itself, as a constant of the step: where a drift is to see x, but its J is not.
fn held(x: f32) -> f32 {
    return stop_gradient(x);
}
