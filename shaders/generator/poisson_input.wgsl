//! The sum of many Poisson inputs: how many of num_input trains spike in a step, an independent number for every target.
//!
//!     binomial with n = num_input, p = 1 - exp(-freq dt)
//!
//! Where n p > 5 and n (1 - p) > 5 the number is a normal one with the same mean and variance, rounded and at least 0.
//! The weight is that of one train, in the unit of the port. brainpy.state: PoissonInput, which adds to a state of the
//! target; here it arrives at a port, so that a neuron decides itself what a spike does while it is refractory.

#import lib/clock
#import lib/normal

struct Params {
    /// Number of trains [1] = 1, >= 0
    num_input: u32,
    /// Rate of each train [Hz] = 0, >= 0
    freq: f32,
}

struct Derived {
    /// 1 where the number is drawn as a normal one.
    is_normal: u32,
    mean: f32,
    deviation: f32,
    /// 1 where those that do not spike are drawn.
    is_counted_down: u32,
    /// A draw exceeds k where its word exceeds limit[k]; for means of at most 5 beyond 32 lie 1e-15 of the draws.
    limit: array<u32, 32>,
}

fn derive(p: Params, dt: f32) -> Derived {
    var d: Derived;
    let n = f32(p.num_input);
    let silent = exp(-p.freq * dt / 1000.0);
    let firing = 1.0 - silent;
    d.mean = n * firing;
    d.deviation = sqrt(n * firing * silent);
    d.is_normal = select(0u, 1u, n * firing > 5.0 && n * silent > 5.0);
    let is_rare = firing <= 0.5;
    d.is_counted_down = select(1u, 0u, is_rare);
    let q = select(silent, firing, is_rare);
    var term = pow(1.0 - q, n);
    var sum = term;
    for (var k = 0; k < 32; k++) {
        d.limit[k] = u32(max(4294967296.0 * min(sum, 1.0) - 1.0, 0.0));
        term *= max(n - f32(k), 0.0) / f32(k + 1) * q / (1.0 - q);
        sum += term;
    }
    return d;
}

fn bound(p: Params, d: Derived) -> f32 {
    return f32(p.num_input);
}

fn spikes(p: Params, d: Derived, stream: Stream) -> f32 {
    let word = word(stream, 0u);
    var count = 0u;
    for (var k = 0; k < 32; k++) {
        count += select(0u, 1u, word > d.limit[k]);
    }
    let n = p.num_input;
    let few = f32(select(min(count, n), n - min(count, n), d.is_counted_down == 1u));
    let many = clamp(round(d.mean + d.deviation * normal(word)), 0.0, f32(n));
    return select(few, many, d.is_normal == 1u);
}
