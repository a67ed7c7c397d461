//! The same network larger or smaller: how benchmarks keep their dynamics over sizes.

use super::Network;
use super::rule::Rule;
use crate::model::instance::Kind;

impl Network {
    /// Gives every neuron `degrees` times the partners of the network as it was described, where populations already
    /// have `sizes` times the neurons. Numbers of partners are rounded down, totals to the nearest.
    pub(crate) fn grow(&mut self, sizes: f64, degrees: f64) {
        // 1e-9: 0.1 * 50 in binary may come out below 5
        let partners = |n: u32| (f64::from(n) * degrees + 1e-9) as u32;
        let chance = |p: f64| (p * degrees / sizes).min(1.0);
        for projection in &mut self.projections {
            let rule = &mut projection.connectivity.rule;
            *rule = match rule {
                Rule::FixedIndegree(n) => Rule::FixedIndegree(partners(*n)),
                Rule::FixedOutdegree(n) => Rule::FixedOutdegree(partners(*n)),
                Rule::FixedTotalNumber(n) => {
                    Rule::FixedTotalNumber((*n as f64 * sizes * degrees).round() as u64)
                }
                Rule::FixedProb(p) => Rule::FixedProb(chance(*p)),
                Rule::PairwiseBernoulli(p) => Rule::PairwiseBernoulli(chance(*p)),
                Rule::SymmetricPairwiseBernoulli(p) => Rule::SymmetricPairwiseBernoulli(chance(*p)),
                Rule::PairwisePoisson(mean) => Rule::PairwisePoisson(*mean * degrees / sizes),
                Rule::OneToOne | Rule::AllToAll | Rule::Edges(_) => continue,
            };
        }
    }

    /// Multiplies all weights.
    pub(crate) fn scale_weights(&mut self, factor: f64) {
        for projection in &mut self.projections {
            projection.weight = projection.weight.clone().times(factor);
        }
    }

    /// Multiplies a parameter wherever it was set.
    pub(crate) fn scale_parameter(&mut self, name: &str, factor: f64) {
        let key = (Kind::Param, name.to_string());
        for population in &mut self.populations {
            if let Some(value) = population.settings.values.get_mut(&key) {
                *value = value.clone().times(factor);
            }
        }
    }

    /// Records nothing.
    pub(crate) fn forget_records(&mut self) {
        self.records.clear();
    }
}

#[cfg(test)]
mod tests {
    use crate::model::placeholder;
    use crate::network::Network;
    use crate::network::rule::{Rule, all_to_all, fixed_indegree, fixed_total_number, pairwise_bernoulli};
    use crate::unit::{Hz, ms, pA};

    #[test]
    fn partners_and_totals_follow_the_factors() {
        let mut network = Network::new(0.1 * ms).expect("a time");
        let cells = network.population("cells", 1000, placeholder::neuron()).expect("a population");
        let noise =
            network.population("noise", 1, placeholder::noise().set("rate", 8.0 * Hz)).expect("a population");
        for rule in [fixed_indegree(50), fixed_total_number(1000), pairwise_bernoulli(0.2)] {
            network.project(&cells, &cells, rule).weight(2.0 * pA).build().expect("a projection");
        }
        network.project(&noise, &cells, all_to_all()).weight(1.0 * pA).build().expect("a projection");
        network.grow(2.0, 0.1);
        network.scale_weights(0.5);
        network.scale_parameter("rate", 3.0);
        let rules = network.projections().iter().map(|projection| projection.connectivity.rule.clone());
        let expected = [
            Rule::FixedIndegree(5),
            Rule::FixedTotalNumber(200),
            Rule::PairwiseBernoulli(0.2 * 0.1 / 2.0),
            Rule::AllToAll,
        ];
        assert_eq!(rules.collect::<Vec<_>>(), expected);
        assert_eq!(network.projections()[0].weight, crate::model::Value::Constant(1.0));
        let settings = &network.get(noise.slices()[0].population).settings;
        let rate = &settings.values[&(crate::model::instance::Kind::Param, "rate".to_string())];
        assert_eq!(*rate, crate::model::Value::Constant(24.0));
    }
}
