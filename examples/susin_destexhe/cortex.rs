//! The network of Susin & Destexhe (2021) that both examples run with synapses of their own.

use synfire::model::value::uniform;
use synfire::models::{ad_ex_if_ref, coba, expon, parrot_neuron, poisson_generator};
use synfire::network::rule::{all_to_all, pairwise_bernoulli};
use synfire::record::{Recording, Spectrum};
use synfire::unit::{Conductance, Frequency, Mohm, Quantity, Time, mV, ms, nS, pA};
use synfire::{Network, Result};

/// What tells the states of the network apart.
pub struct State {
    /// Decay of excitation.
    pub tau_ex: Quantity<Time>,
    /// Decay of inhibition.
    pub tau_in: Quantity<Time>,
    /// Weight of excitation within the network.
    pub excitation: Quantity<Conductance>,
    /// Weight of inhibition.
    pub inhibition: Quantity<Conductance>,
    /// Weight of what external neurons send.
    pub external: Quantity<Conductance>,
    /// Rate of an external neuron.
    pub rate: Quantity<Frequency>,
}

/// Of `size` neurons four of five are excitatory (`rs`, regular spiking), the others inhibitory (`fs`, fast spiking);
/// there are as many external as excitatory neurons. Each has 500 sources within the network on average.
pub fn network(size: u32, state: &State) -> Result<Network> {
    let mut network = Network::new(0.1 * ms)?;
    let (n_exc, n_inh) = (size * 4 / 5, size / 5);
    // C = 150 pF, g_L = 10 nS
    let cell = ad_ex_if_ref()
        .R(100.0 * Mohm)
        .tau(15.0 * ms)
        .tau_w(500.0 * ms)
        .tau_ref(5.0 * ms)
        .V_reset(-65.0 * mV)
        .V_rest(-65.0 * mV)
        .V_T(-50.0 * mV)
        .spk_reset("hard")
        .init_V(uniform(-65.0 * mV, -50.0 * mV));
    let regular = cell.clone().V_th(-40.0 * mV).delta_T(2.0 * mV).a(4.0 * nS).b(20.0 * pA);
    // the paper's spike ends at -40 mV; from -47 mV, six times delta_T above V_T, it takes a fiftieth of a step
    let fast = cell.V_th(-47.0 * mV).delta_T(0.5 * mV).a(0.0 * nS).b(0.0 * pA);
    let noise = network.population("noise", 1, poisson_generator().rate(state.rate))?;
    let external = network.population("external", n_exc, parrot_neuron())?;
    let rs = network.population("rs", n_exc, regular)?;
    let fs = network.population("fs", n_inh, fast)?;
    let (all, rule) = (&rs + &fs, pairwise_bernoulli(500.0 / f64::from(size)));
    let excite = (expon().tau(state.tau_ex), coba().E(0.0 * mV));
    let inhibit = (expon().tau(state.tau_in), coba().E(-80.0 * mV));
    network.project(&noise, &external, all_to_all()).build()?;
    for (from, weight, delay, (synapse, output)) in [
        (&external, state.external, 0.0, &excite),
        (&rs, state.excitation, 1.5, &excite),
        (&fs, state.inhibition, 1.5, &inhibit),
    ] {
        let projection = network.project(from, &all, rule.clone()).weight(weight).delay(delay * ms);
        projection.synapse(synapse.clone()).output(output.clone()).build()?;
    }
    network.record_spikes("rs", &rs)?;
    network.record_spikes("fs", &fs)?;
    Ok(network)
}

/// Spectrum of the rate of the inhibitory neurons after the first 200 ms.
pub fn spectrum(recording: &Recording) -> Spectrum {
    let spikes = recording.spikes("fs").expect("they are recorded");
    // 1 ms resolves 500 Hz; segments of 250 ms tell 4 Hz apart
    Spectrum::new(&spikes.rates_hz(200.0..recording.duration_ms, 1.0), 1.0, 250.0)
}

/// Prints rates, irregularity and the rhythm.
pub fn report(recording: &Recording) {
    for train in &recording.spikes {
        let (rate, cv) = (train.rate_hz(200.0..recording.duration_ms), train.interval_cv(4));
        let mean = cv.iter().sum::<f64>() / cv.len().max(1) as f64;
        println!("{}: {rate:.2} Hz, CV of intervals {mean:.2} ({} neurons)", train.name, cv.len());
    }
    let spectrum = spectrum(recording);
    let peak = spectrum.peak_hz(15.0..100.0).unwrap_or(0.0);
    println!("peak of the spectrum at {peak:.0} Hz, {:.0} times its median", prominence(&spectrum));
}

/// Greatest power between 15 and 100 Hz over the median of all power.
pub fn prominence(spectrum: &Spectrum) -> f64 {
    let mut all = spectrum.power.clone();
    all.sort_by(f64::total_cmp);
    let inside = spectrum.points().into_iter().filter(|(frequency, _)| (15.0..100.0).contains(frequency));
    inside.map(|(_, power)| power).fold(0.0, f64::max) / all[all.len() / 2].max(1e-12)
}
