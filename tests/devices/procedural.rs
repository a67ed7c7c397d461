//! Projections that store no synapses send what stored ones send: the same spikes and potentials, to the bit.

use crate::{Check, trials};
use libtest_mimic::{Failed, Trial};
use std::sync::Arc;
use synfire::compile::{Target, compile};
use synfire::model::Given;
use synfire::model::value::{exponential, lognormal, normal, truncated_normal, uniform};
use synfire::models::iaf_psc_exp;
use synfire::network::rule::{
    Connectivity, all_to_all, fixed_outdegree, fixed_prob, one_to_one, pairwise_bernoulli,
};
use synfire::unit::{Current, mV, ms, pA};
use synfire::{Device, Network, Recording, Rollout};

/// Whether rows are stored.
#[derive(Clone, Copy)]
enum Form {
    Stored,
    Procedural,
}

/// Neurons that a current lets fire, and one projection between slices of them.
fn network(rule: &Connectivity, weight: &Given, delay: &Given, form: Form) -> Result<Network, Failed> {
    let mut network = Network::new(0.1 * ms)?;
    let neuron = iaf_psc_exp().I_e(600.0 * pA).init_V_m(uniform(-70.0 * mV, -55.0 * mV));
    let exc = network.population("exc", 190, neuron.clone())?;
    let inh = network.population("inh", 110, neuron.tau_m(15.0 * ms))?;
    let all = &exc + &inh;
    // not in the order of the elements, and of different populations at both ends
    let (from, to) = (&inh.slice(..100)? + &exc.slice(50..)?, &exc.slice(30..)? + &inh.slice(..80)?);
    let projection = network.project(&from, &to, rule.clone()).weight(weight.clone()).delay(delay.clone());
    match form {
        Form::Stored => projection.build()?,
        Form::Procedural => projection.procedural().build()?,
    }
    network.record_spikes("spikes", &all)?;
    network.record_trace("trace", &all, &["V_m"], 1.0 * ms)?;
    Ok(network)
}

fn run(network: &Network, device: &Device, partitions: u32) -> Result<(Recording, u64), Failed> {
    let target = Target { partitions, max_block_words: device.max_block_words(), ..Target::default() };
    let program = Arc::new(compile(network, target)?);
    let mut rollout = Rollout::from_program(network, program, device)?;
    rollout.advance(40.0 * ms)?;
    let bytes = rollout.program().synapse_bytes();
    Ok((rollout.take_recording(), bytes))
}

fn values() -> [(Given, Given); 6] {
    let steps = |count: f64| Given::from(count * 0.1 * ms);
    [
        (Given::from(30.0 * pA), steps(15.0)),
        (uniform(0.0 * pA, 60.0 * pA).into(), steps(10.0)),
        (normal(-10.0 * pA, 40.0 * pA).into(), uniform(0.1 * ms, 3.0 * ms).into()),
        (lognormal::<Current>(3.0, 0.5).into(), steps(7.0)),
        (Given::from(-25.0 * pA), exponential(1.5 * ms).into()),
        (
            truncated_normal(20.0 * pA, 10.0 * pA, 5.0 * pA, 40.0 * pA).into(),
            normal(1.5 * ms, 0.7 * ms).into(),
        ),
    ]
}

fn stored_is_procedural(rule: &Connectivity, device: &Device) -> Result<(), Failed> {
    for (k, (weight, delay)) in values().iter().enumerate() {
        let (expected, stored) = run(&network(rule, weight, delay, Form::Stored)?, device, 1)?;
        if stored == 0 || expected.spikes[0].times.len() < 300 {
            return Err(format!("values {k}: too little happens to tell anything").into());
        }
        let procedural = network(rule, weight, delay, Form::Procedural)?;
        let partitions: &[u32] = if device.kind() == "cpu" { &[1, 2, 3] } else { &[1] };
        for partitions in partitions {
            let (found, bytes) = run(&procedural, device, *partitions)?;
            if bytes != 0 {
                return Err(format!("{bytes} bytes of synapses are stored").into());
            }
            if found != expected {
                return Err(format!("values {k}, {partitions} partitions: the recordings differ").into());
            }
        }
    }
    Ok(())
}

/// The projection matters: without it the neurons do something else.
fn it_matters(device: &Device) -> Result<(), Failed> {
    let of = |rule: Connectivity| {
        let (weight, delay) = &values()[0];
        run(&network(&rule, weight, delay, Form::Procedural)?, device, 1)
    };
    if of(fixed_outdegree(0))?.0 == of(fixed_outdegree(20))?.0 {
        return Err("procedural edges change nothing".into());
    }
    Ok(())
}

/// Several projections, procedural and stored ones, share what a step dispatches.
fn mixed(device: &Device) -> Result<(), Failed> {
    let build = |form: Form| -> Result<Network, Failed> {
        let (weight, delay) = &values()[2];
        let mut network = network(&fixed_outdegree(20), weight, delay, form)?;
        let (exc, inh) = (network.find("exc")?, network.find("inh")?);
        network.project(&exc, &inh, fixed_outdegree(9)).weight(12.0 * pA).delay(0.9 * ms).build()?;
        let last = network.project(&exc, &exc, pairwise_bernoulli(0.2)).weight(9.0 * pA).delay(2.0 * ms);
        match form {
            Form::Stored => last.build()?,
            Form::Procedural => last.procedural().build()?,
        }
        Ok(network)
    };
    let (expected, _) = run(&build(Form::Stored)?, device, 1)?;
    let (found, _) = run(&build(Form::Procedural)?, device, 1)?;
    if found == expected { Ok(()) } else { Err("the recordings differ".into()) }
}

/// Every trial regenerates the rows of the first one, autapses left out by the neuron and not by its copy.
fn in_trials(device: &Device) -> Result<(), Failed> {
    let (weight, delay) = &values()[2];
    for rule in [fixed_outdegree(21).without_autapses(), pairwise_bernoulli(0.1).without_autapses()] {
        let build = |form: Form| -> Result<Network, Failed> {
            let mut network = network(&rule, weight, delay, form)?;
            network.set_trials(2..5)?;
            Ok(network)
        };
        let partitions = if device.kind() == "cpu" { 2 } else { 1 };
        let (expected, _) = run(&build(Form::Stored)?, device, partitions)?;
        let (found, _) = run(&build(Form::Procedural)?, device, partitions)?;
        if found != expected {
            return Err(format!("{}: the recordings differ", rule.rule.name()).into());
        }
    }
    Ok(())
}

pub fn all() -> Vec<Trial> {
    let rules = [
        ("one_to_one", one_to_one()),
        ("one_to_one_without_autapses", one_to_one().without_autapses()),
        ("all_to_all", all_to_all()),
        ("all_to_all_without_autapses", all_to_all().without_autapses()),
        ("fixed_outdegree", fixed_outdegree(21)),
        ("fixed_outdegree_without_autapses", fixed_outdegree(21).without_autapses()),
        ("fixed_outdegree_distinct", fixed_outdegree(21).without_autapses().without_multapses()),
        ("fixed_prob", fixed_prob(0.1).without_multapses()),
        ("pairwise_bernoulli", pairwise_bernoulli(0.1).without_autapses()),
        ("pairwise_bernoulli_rare", pairwise_bernoulli(0.02)),
        ("pairwise_bernoulli_certain", pairwise_bernoulli(1.0)),
    ];
    let mut all: Vec<Trial> = vec![];
    for (name, rule) in rules {
        let check: Check = Box::new(move |device| stored_is_procedural(&rule, device));
        all.extend(trials(&format!("procedural::{name}"), check));
    }
    all.extend(trials("procedural::it_matters", Box::new(it_matters)));
    all.extend(trials("procedural::mixed_with_stored", Box::new(mixed)));
    all.extend(trials("procedural::in_trials", Box::new(in_trials)));
    all
}
