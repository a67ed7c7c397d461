//! Packets of spikes, normally distributed around given times; all targets of an element have the same ones.
//!
//!     `activity` spikes at t + sdev N(0, 1) for each t of pulse_times, at the end of the step after theirs
//!
//! Spikes are drawn before the run, anew for every seed, trial and element. Of these, the ones sent from start on and before
//! stop are kept; NEST rounds this window to whole multiples of the network's smallest delay.
//! Diesmann, Gewaltig & Aertsen (1999), doi:10.1038/990101. NEST: pulsepacket_generator; spikes equal for sdev = 0,
//! elsewhere over 20 seeds variation of intervals and autocorrelation agree within a standard deviation of its seeds.

#import lib/clock
#import lib/normal

struct Params {
    /// Spikes of a packet [1] = 0, >= 0
    activity: u32,
    /// Standard deviation of the times in a packet [ms] = 0, >= 0
    sdev: f32,
    /// Begin, relative to origin [ms] = 0
    start: f32,
    /// End, relative to origin [ms] = inf, >= start
    stop: f32,
    /// Offset of begin and end [ms] = 0
    origin: f32,
}

struct Schedule {
    /// Centres of the packets [ms]
    pulse_times: f32,
}

fn copies(p: Params) -> u32 {
    return p.activity;
}

/// When a spike is sent.
fn moment(p: Params, e: Schedule, stream: Stream, dt: f32) -> f32 {
    let time = e.pulse_times + p.sdev * normal(words(stream, 0u).x);
    // 1e-6 of a step: what decimal input loses
    return (ceil(time / dt - 1e-6) + 1.0) * dt;
}

fn count(p: Params, e: Schedule) -> f32 {
    // a spike at the end of the step before `start` is in; 1e-4 is what decimal input loses
    let after_start = e.pulse_times > p.origin + p.start - 1e-4;
    let before_stop = e.pulse_times < p.origin + p.stop - 1e-4;
    return select(0.0, 1.0, after_start && before_stop);
}

/// What arrives, for a weight of 1.
fn event(p: Params, e: Schedule) -> f32 {
    return count(p, e);
}
