//! Sums that keep what they lose to rounding: Kahan (1965), doi:10.1145/363707.363723.

#import lib/ode/fehlberg

struct Sum {
    s: State,
    /// What the sum has lost to rounding
    lost: State,
}

/// The sum with `change` added.
fn added(sum: Sum, change: State) -> Sum {
    let whole = shifted(change, 1.0, sum.lost);
    let s = shifted(sum.s, 1.0, whole);
    return Sum(s, shifted(whole, -1.0, shifted(s, -1.0, sum.s)));
}

struct Resumed {
    s: State,
    /// The step size to begin the next step with [ms]
    h: f32,
    /// What the sums have lost to rounding, to begin the next step with
    lost: State,
}
