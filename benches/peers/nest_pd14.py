# requires nest-simulator 3.10
"""The cortical microcircuit in NEST, with `scale` times the neurons and in-degrees."""
import math

import nest
from common import arguments, clock, report
from microcircuit import NEURON, SPREAD, V_MEAN, V_STD, Microcircuit


def build(it):
    """The populations of a microcircuit, connected and driven."""
    # a model for each kind of source: NEST counts at most 2^27 connections of a model in a thread
    kinds = [nest.CopyModel("static_synapse", name) or name for name in ("from_exc", "from_inh")]
    populations = []
    for k, size in enumerate(it.sizes):
        population = nest.Create("iaf_psc_exp", size, NEURON | dict(I_e=it.current[k]))
        population.V_m = nest.random.normal(V_MEAN[k], V_STD[k])
        noise = nest.Create("poisson_generator", params=dict(rate=it.background_hz[k]))
        nest.Connect(noise, population, "all_to_all", dict(weight=it.external_weight, delay=1.5))
        populations.append(population)
    for projection in it.projections:
        weight, delay, kind = projection["weight"], projection["delay"], projection["source"] % 2
        low, high = (-math.inf, 0.0) if kind else (0.0, math.inf)
        synapse = dict(
            synapse_model=kinds[kind],
            weight=nest.math.redraw(nest.random.normal(weight, SPREAD * abs(weight)), low, high),
            # 0.05: half a step and more count as one
            delay=nest.math.redraw(nest.random.normal(delay, delay / 2), 0.05, math.inf))
        rule = dict(rule="fixed_total_number", N=projection["n"])
        nest.Connect(populations[projection["source"]], populations[projection["target"]], rule, synapse)
    return populations


def main():
    a = arguments(__doc__, scale=0.1).parse_args()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(local_num_threads=a.threads, resolution=0.1, rng_seed=a.seed)
    begin = clock()
    it = Microcircuit(a.scale)
    build(it)
    nest.Prepare()
    nest.Run(a.warmup_ms)
    built = clock()
    nest.Run(a.sim_ms)
    done = clock()
    report("nest-" + nest.__version__, "pd14", n_neurons=it.n_neurons, n_synapses=it.n_synapses, sim_ms=a.sim_ms,
           build_s=built - begin, run_s=done - built, n_spikes=nest.local_spike_counter, threads=a.threads, scale=a.scale)


if __name__ == "__main__":
    main()
