//! What a network refuses is told in one sentence, and what monitors watch.

use synfire::model::Instance;
use synfire::models::{
    ampa, coba, constant_input, expon, gap_junction, iaf_psc_exp, lif, lif_ref, poisson_encoder,
    poisson_generator, ramp_input, stp,
};
use synfire::monitor::{Monitor, monitor};
use synfire::network::rule::{all_to_all, one_to_one};
use synfire::simulator::{Simulator, Synapse};
use synfire::unit::{Hz, S, mA, mV, ms, pA};
use synfire::{Device, Network, Result};

/// What is said of a projection between populations of these models.
fn said(describe: impl Fn(&mut Network) -> Result<()>) -> String {
    let mut network = Network::new(0.1 * ms).expect("a network");
    for (name, model) in [
        ("cells", lif().into()),
        ("nest", Instance::from(iaf_psc_exp())),
        ("noise", poisson_generator().rate(5.0 * Hz).into()),
        ("rates", poisson_encoder().into()),
        ("current", constant_input().value(3.0 * mA).into()),
    ] {
        network.population(name, 2, model).expect(name);
    }
    describe(&mut network).expect_err("it does not fit").to_string()
}

#[test]
fn elements_of_another_network_are_refused() {
    let mut other = Network::new(0.1 * ms).expect("a network");
    let foreign = other.population("cells", 2, lif()).expect("cells");
    let refused = "of another network";
    let project = said(|network| {
        let cells = network.find("cells")?;
        network.project(&foreign, &cells, all_to_all()).weight(1.0 * mV).build()
    });
    let mixed = said(|network| {
        let all = network.find("cells")? + foreign.clone();
        network.record_spikes("all", &all)
    });
    let trace = said(|network| network.record_trace("trace", &foreign, &["V"], 0.1 * ms));
    for text in [project, mixed, trace] {
        assert!(text.contains(refused), "{text}");
    }
    let mut simulator = Simulator::new(0.1 * ms).expect("a simulator");
    let own = simulator.create("cells", iaf_psc_exp(), 2).expect("cells");
    assert_eq!(simulator.node_ids(&foreign), Vec::<u64>::new());
    let connect = simulator.connect(&own, &foreign, all_to_all(), Synapse::default());
    let set = simulator.set(&foreign, "V_m", -60.0 * mV);
    let get = simulator.get(&(own.clone() + foreign), "V_m").map(|_| ());
    for result in [connect, set, get] {
        let text = result.expect_err("it is refused").to_string();
        assert!(text.contains(refused), "{text}");
    }
}

#[test]
fn a_weight_is_finite() {
    let text = said(|network| {
        let (noise, nest) = (network.find("noise")?, network.find("nest")?);
        network.project(&noise, &nest, all_to_all()).weight(f64::INFINITY * pA).build()
    });
    assert!(text.contains("finite"), "{text}");
}

#[test]
fn what_cannot_be_kept_at_the_source_is_refused() {
    let find = |network: &Network, name: &str| network.find(name).expect("it is there");
    let cases: [(String, &str); 7] = [
        (
            said(|network| {
                let cells = find(network, "cells");
                network.project(&cells, &cells, all_to_all()).output(coba()).align_pre().build()
            }),
            "no synapse to keep at its sources",
        ),
        (
            said(|network| {
                let cells = find(network, "cells");
                network.project(&cells, &cells, all_to_all()).synapse(stp()).output(coba()).build()
            }),
            "takes it as short-term plasticity",
        ),
        (
            said(|network| {
                let cells = find(network, "cells");
                let projection = network.project(&cells, &cells, all_to_all());
                projection.stp(expon()).synapse(expon()).output(coba()).build()
            }),
            "`expon` is no short-term plasticity",
        ),
        (
            said(|network| {
                let (noise, cells) = (find(network, "noise"), find(network, "cells"));
                network.project(&noise, &cells, all_to_all()).synapse(ampa()).output(coba()).build()
            }),
            "has a train of its own",
        ),
        (
            said(|network| {
                let (nest, cells) = (find(network, "nest"), find(network, "cells"));
                network.project(&nest, &cells, one_to_one()).synapse(gap_junction()).build()
            }),
            "no variable `V` in population `nest`",
        ),
        (
            said(|network| {
                let cells = find(network, "cells");
                let projection = network.project(&cells, &cells, one_to_one());
                projection.synapse(gap_junction()).output(coba()).weight(1.0 * S).build()
            }),
            "has a current of its own; leave `coba` out",
        ),
        (
            said(|network| {
                let (current, rates) = (find(network, "current"), find(network, "rates"));
                network.project(&current, &rates, all_to_all()).build()
            }),
            "takes a frequency, the generator makes a current",
        ),
    ];
    for (message, part) in cases {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn the_values_of_a_current_have_one_dimension() {
    let mut network = Network::new(0.1 * ms).expect("a network");
    let ramp = ramp_input().c_start(1.0 * mA).c_end(2.0 * mV);
    let message = network.population("ramp", 1, ramp).expect_err("two dimensions").to_string();
    assert!(message.contains("a current like the other values, got 2 mV"), "{message}");
    let ramp = ramp_input().c_start(1.0 * mA).c_end(2.0);
    let message = network.population("ramp", 1, ramp).expect_err("one has no unit").to_string();
    assert!(message.contains("a current like the other values, got 2"), "{message}");
}

fn watched() -> Network {
    let mut network = Network::new(0.1 * ms).expect("a time");
    let exc = network.population("exc", 5, lif_ref()).expect("a population");
    let inh = network.population("inh", 2, lif_ref()).expect("a population");
    let all = network.project(&exc, &(&exc + &inh), all_to_all()).name("excite").weight(0.1 * S);
    all.synapse(expon()).output(coba()).build().expect("a projection");
    network
}

#[test]
fn names_say_what_is_watched() {
    let names = ["exc.spikes", "exc[0..3].V", "exc[4] + inh.spikes", "inh.excite.g"];
    let run = watched().simulate_on(&Device::cpu(), 1.0 * ms, names).expect("it runs");
    assert_eq!(run.spikes.iter().map(|train| train.width).collect::<Vec<_>>(), [5, 3]);
    assert_eq!(run.traces.iter().map(|table| table.width).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(run.trace("exc[0..3].V").map(|table| table.times.len()), Some(10));
}

#[test]
fn says_what_is_wrong_with_a_monitor() {
    let message = |monitor: Monitor| {
        let run = watched().simulate_on(&Device::cpu(), 1.0 * ms, [monitor]);
        run.expect_err("it is wrong").to_string()
    };
    for (name, part) in [
        ("exc", "monitor `exc` names nothing to watch; expected `exc.spikes` or `exc.V`"),
        ("exx.V", "did you mean `exc`?"),
        ("exc.W", "no variable `W` in population `exc` (`lif_ref`)"),
        ("exc[0..9].V", "slice 0..9 does not fit 5 elements"),
        ("exc[0..", "names nothing to watch"),
    ] {
        let message = message(monitor(name));
        assert!(message.contains(part), "{message}");
    }
    let spikes = message(monitor("exc.spikes").every(1.0 * ms));
    assert!(spikes.contains("spikes have times of their own"), "{spikes}");
    let odd = message(monitor("exc.V").every(0.25 * ms));
    assert!(odd.contains("a multiple of dt"), "{odd}");
}
