use std::collections::BTreeMap;

use super::*;
use crate::Error;
use crate::network::distribution::Distribution;
use crate::network::rule::*;

mod rows;

/// `n_sources` neurons from id 0 on to `n_targets` from `target_gid` on; ring slots 0.. for both signs.
fn wiring(connectivity: Connectivity, n_sources: u32, target_gid: u32, n_targets: u32) -> Wiring {
    Wiring {
        name: "test".into(),
        connectivity,
        sources: vec![Segment { gid: 0, len: n_sources }],
        targets: vec![TargetSegment { gid: target_gid, len: n_targets, slot: [0, n_targets] }],
        weight: EdgeValue::Constant(2.0),
        delay: EdgeDelay::Constant(15),
        stream: Stream::new(7, 11),
    }
}

fn all_edges(wiring: &Wiring) -> Vec<Edge> {
    let mut edges = Vec::new();
    for_each_edge(wiring, |edge| edges.push(edge)).expect("a possible rule");
    edges
}

fn counts(keys: impl Iterator<Item = u32>, n: u32) -> Vec<u32> {
    let mut counts = vec![0; n as usize];
    keys.for_each(|key| counts[key as usize] += 1);
    counts
}

/// How often each pair of global ids is connected.
fn pairs(edges: &[Edge]) -> BTreeMap<(u32, u32), u32> {
    let mut pairs = BTreeMap::new();
    edges.iter().for_each(|edge| *pairs.entry((edge.source_gid, edge.target_gid)).or_default() += 1);
    pairs
}

/// Chi-square of counts that should all be `expected`, in standard deviations from its mean.
fn deviation(counts: &[u32], expected: f64) -> f64 {
    let chi2: f64 = counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
    let freedom = counts.len() as f64 - 1.0;
    (chi2 - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn deterministic_rules_make_their_pairs() {
    let edges = all_edges(&wiring(one_to_one(), 5, 3, 5));
    assert!(
        edges
            .iter()
            .enumerate()
            .all(|(i, e)| (e.source, e.target, e.ordinal) == (i as u32, i as u32, i as u64))
    );
    assert_eq!(all_edges(&wiring(one_to_one().without_autapses(), 5, 0, 5)), []);
    let edges = all_edges(&wiring(all_to_all(), 4, 2, 3));
    assert!(edges.iter().enumerate().all(|(i, e)| (e.source, e.target) == (i as u32 / 3, i as u32 % 3)));
    assert!(edges.iter().all(|e| e.ordinal == u64::from(e.target * 4 + e.source)));
    assert_eq!((edges.len(), pairs(&edges).len()), (12, 12));
    let edges = all_edges(&wiring(all_to_all().without_autapses(), 4, 2, 3));
    assert_eq!(edges.len(), 10, "neurons 2 and 3 are on both sides");
    assert!(edges.iter().all(|e| e.ordinal == u64::from(e.target * 4 + e.source)));
}

#[test]
fn degrees_are_fixed_and_partners_uniform() {
    for connectivity in [
        fixed_indegree(40),
        fixed_indegree(40).without_autapses(),
        fixed_indegree(40).without_multapses(),
        fixed_indegree(40).without_autapses().without_multapses(),
        fixed_indegree(90).without_autapses().without_multapses(),
        fixed_indegree(100).without_multapses(),
    ] {
        let Rule::FixedIndegree(k) = connectivity.rule else { unreachable!() };
        let wiring = wiring(connectivity.clone(), 100, 0, 100);
        let edges = all_edges(&wiring);
        assert_eq!(counts(edges.iter().map(|e| e.target), 100), [k; 100]);
        let out = counts(edges.iter().map(|e| e.source), 100);
        assert!(deviation(&out, f64::from(k)) < 3.5, "{connectivity:?}");
        let pairs = pairs(&edges);
        assert_eq!(pairs.values().any(|&n| n > 1), connectivity.multapses, "{connectivity:?}");
        assert_eq!(pairs.keys().any(|(s, t)| s == t), connectivity.autapses, "{connectivity:?}");
        // the same rule the other way round
        let outward = Connectivity { rule: Rule::FixedOutdegree(k), ..connectivity };
        let edges = all_edges(&Wiring { connectivity: outward, ..wiring });
        assert_eq!(counts(edges.iter().map(|e| e.source), 100), [k; 100]);
        assert!(deviation(&counts(edges.iter().map(|e| e.target), 100), f64::from(k)) < 3.5);
    }
}

#[test]
fn an_indegree_is_drawn_from_all_sources_together() {
    let mut wiring = wiring(fixed_indegree(4), 80, 0, 1000);
    wiring.sources = vec![Segment { gid: 0, len: 80 }, Segment { gid: 2000, len: 20 }];
    let edges = all_edges(&wiring);
    assert_eq!(edges.len(), 4000);
    let second = edges.iter().filter(|e| e.source_gid >= 2000).count();
    assert!((700..900).contains(&second), "a fifth of 4000, got {second}");
}

#[test]
fn autapses_go_by_identity_and_not_by_place() {
    for connectivity in [all_to_all(), pairwise_bernoulli(1.0)] {
        let disjoint = all_edges(&wiring(connectivity.clone().without_autapses(), 5, 5, 5));
        assert_eq!(disjoint.len(), 25, "disjoint slices have no autapse");
        let overlapping = all_edges(&wiring(connectivity.without_autapses(), 5, 3, 5));
        assert_eq!(overlapping.len(), 23, "neurons 3 and 4 are on both sides");
        assert!(overlapping.iter().all(|e| e.source_gid != e.target_gid));
    }
}

#[test]
fn a_total_number_is_exact_and_uniform() {
    for connectivity in [
        fixed_total_number(6000),
        fixed_total_number(6000).without_autapses(),
        fixed_total_number(6000).without_multapses(),
        fixed_total_number(6000).without_autapses().without_multapses(),
    ] {
        let edges = all_edges(&wiring(connectivity.clone(), 100, 0, 100));
        assert_eq!(edges.len(), 6000);
        assert!(deviation(&counts(edges.iter().map(|e| e.source), 100), 60.0) < 3.5);
        assert!(deviation(&counts(edges.iter().map(|e| e.target), 100), 60.0) < 3.5);
        let pairs = pairs(&edges);
        assert_eq!(pairs.values().any(|&n| n > 1), connectivity.multapses);
        assert_eq!(pairs.keys().any(|(s, t)| s == t), connectivity.autapses);
    }
    let many = all_edges(&wiring(fixed_total_number(99_000).without_multapses(), 1000, 0, 100));
    assert_eq!(pairs(&many).len(), 99_000);
    assert_eq!(
        all_edges(&wiring(fixed_total_number(100_000).without_multapses(), 1000, 0, 100)).len(),
        100_000
    );
}

#[test]
fn bernoulli_and_poisson_have_the_right_numbers() {
    let n = 200.0 * 300.0;
    for (connectivity, mean, variance) in [
        (pairwise_bernoulli(0.1), 0.1, 0.09),
        (pairwise_bernoulli(0.7), 0.7, 0.21),
        (pairwise_bernoulli(0.0), 0.0, 0.0),
        (pairwise_bernoulli(1.0), 1.0, 0.0),
        (pairwise_poisson(0.3), 0.3, 0.3),
        (pairwise_poisson(2.0), 2.0, 2.0),
        (pairwise_poisson(0.0), 0.0, 0.0),
    ] {
        let edges = all_edges(&wiring(connectivity.clone(), 200, 200, 300));
        let error = edges.len() as f64 - n * mean;
        assert!(error.abs() <= 4.0 * (n * variance).sqrt(), "{connectivity:?}: off by {error}");
        if variance > 0.0 {
            let by_source = counts(edges.iter().map(|e| e.source), 200);
            assert!(deviation(&by_source, 300.0 * mean) < 3.5, "{connectivity:?}");
            let numbers = pairs(&edges);
            let square: f64 = numbers.values().map(|&k| f64::from(k).powi(2)).sum::<f64>() / n;
            assert!((square - mean * mean - variance).abs() < 0.05 * square, "{connectivity:?}");
        }
    }
}

#[test]
fn a_symmetric_rule_comes_with_its_way_back() {
    for (connectivity, expected) in [
        (symmetric_pairwise_bernoulli(0.2), 0.2 * 9900.0),
        (symmetric_pairwise_bernoulli(0.2).without_multapses(), 0.2 * 4950.0),
    ] {
        // both directions within one population
        let there = wiring(connectivity.clone(), 100, 0, 100);
        let back = Wiring { connectivity: connectivity.clone().mirrored(), ..there.clone() };
        let (there, back) = (all_edges(&there), all_edges(&back));
        assert!((there.len() as f64 - expected).abs() < 5.0 * expected.sqrt());
        let turned: BTreeMap<_, _> = pairs(&back).into_iter().map(|((s, t), n)| ((t, s), n)).collect();
        assert_eq!(pairs(&there), turned);
        let mut both = there;
        both.extend(back);
        assert_eq!(pairs(&both).values().any(|&n| n > 1), connectivity.multapses);
        assert!(both.iter().all(|e| e.source_gid != e.target_gid));
    }
    let error = for_each_edge(&wiring(all_to_all().mirrored(), 2, 0, 2), |_| ()).expect_err("no way back");
    assert!(error.to_string().contains("all_to_all has no way back"), "{error}");
}

#[test]
fn explicit_edges_keep_their_values() {
    let list = vec![[3, 1], [0, 0], [3, 1], [2, 0]];
    let mut wiring = wiring(edges(list.clone()), 4, 9, 2);
    wiring.weight = EdgeValue::Each(vec![1.0, -2.0, 3.0, 4.0].into());
    wiring.delay = EdgeDelay::Each(vec![5, 6, 7, 8].into());
    let mut found = all_edges(&wiring);
    found.sort_by_key(|e| e.ordinal);
    for (edge, (k, [source, target])) in found.iter().zip(list.into_iter().enumerate()) {
        assert_eq!((edge.source, edge.target, edge.ordinal), (source, target, k as u64));
        assert_eq!((edge.weight, edge.delay), ([1.0, -2.0, 3.0, 4.0][k], 5 + k as u32));
    }
}

#[test]
fn values_follow_their_distribution() {
    let mut wiring = wiring(fixed_indegree(100), 100, 100, 500);
    wiring.weight = EdgeValue::Random(Distribution::Normal { mean: -5.0, std: 2.0 });
    let delays = Distribution::TruncatedNormal { mean: 1.5, std: 0.75, low: 0.1, high: 3.0 };
    wiring.delay = EdgeDelay::Random { distribution: delays, dt: 0.1, latency: 0 };
    let edges = all_edges(&wiring);
    let n = edges.len() as f64;
    let mean = edges.iter().map(|e| e.weight).sum::<f64>() / n;
    let std = (edges.iter().map(|e| (e.weight - mean).powi(2)).sum::<f64>() / n).sqrt();
    assert!((mean + 5.0).abs() < 0.04 && (std - 2.0).abs() < 0.03, "{mean} {std}");
    assert!(edges.iter().all(|e| (1..=30).contains(&e.delay)));
    let mean = edges.iter().map(|e| f64::from(e.delay)).sum::<f64>() / n;
    assert!((mean - 15.2).abs() < 0.3, "{mean}");
    let product = edges.iter().map(|e| (e.weight + 5.0) * (f64::from(e.delay) - mean)).sum::<f64>() / n;
    assert!(product.abs() < 0.3, "weights and delays are independent: {product}");
}

#[test]
fn errors_name_the_projection() {
    let message = |wiring: &Wiring| -> String {
        let error: Error = for_each_edge(wiring, |_| ()).expect_err("impossible");
        error.to_string()
    };
    let base = wiring(fixed_indegree(100).without_multapses(), 80, 0, 5);
    assert_eq!(
        message(&base),
        "projection `test`: fixed_indegree 100 without multapses needs at least 100 sources; there are 80"
    );
    let listed = Wiring { weight: EdgeValue::Each([1.0].into()), ..wiring(fixed_indegree(1), 80, 0, 5) };
    assert_eq!(
        message(&listed),
        "projection `test`: fixed_indegree draws its edges and takes no list of weights"
    );
    let short = Wiring { delay: EdgeDelay::Each([1].into()), ..wiring(all_to_all(), 2, 0, 2) };
    assert_eq!(message(&short), "projection `test`: 4 edges need as many delays, got 1");
    let zero = Wiring { delay: EdgeDelay::Constant(0), ..wiring(all_to_all(), 2, 0, 2) };
    assert_eq!(message(&zero), "projection `test`: a delay is at least one step, got 0");
    let twice = wiring(edges(vec![[1, 1], [0, 0], [1, 1]]).without_multapses(), 2, 0, 2);
    assert_eq!(message(&twice), "projection `test`: edge 2 joins source 1 and target 1 again");
}
