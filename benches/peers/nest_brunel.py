# requires nest-simulator 3.10
"""Brunel's network in NEST: 5 * order neurons, inputs from a tenth of them, every neuron with a Poisson train of its own.

--preset readme is the network of brainpy.state's README, --preset alpha that of NEST's example brunel_alpha_nest."""
import math

import nest
from common import arguments, clock, report

parser = arguments(__doc__, order=400, indegree=0)
parser.add_argument("--preset", choices=["readme", "alpha"], default="readme")
a = parser.parse_args()
n_exc, n_inh = 4 * a.order, a.order
c_exc, c_inh = (int(0.8 * a.indegree), int(0.2 * a.indegree)) if a.indegree else (n_exc // 10, n_inh // 10)
tau_m, c_m, v_th = 20.0, 250.0, 20.0
neuron = dict(tau_m=tau_m, C_m=c_m, V_th=v_th, t_ref=2.0, E_L=0.0, V_m=0.0, V_reset=0.0)
weight, rate = 20.0, 15000.0


def response(t, tau_syn):
    """Potential at time t after a spike of 1 pA through an alpha-shaped current."""
    b = 1 / tau_syn - 1 / tau_m
    rise = (math.exp(-t / tau_m) - math.exp(-t / tau_syn)) / b - t * math.exp(-t / tau_syn)
    return math.e / (tau_syn * c_m * b) * rise


if a.preset == "alpha":
    tau_syn = 0.5
    neuron |= dict(tau_syn_ex=tau_syn, tau_syn_in=tau_syn)
    weight = 0.1 / max(response(0.001 * k, tau_syn) for k in range(1, 10000))
    # twice the rate whose mean current holds the potential at threshold
    rate = 2 * 1000 * v_th * c_m / (weight * math.e * tau_m * tau_syn)

nest.verbosity = nest.VerbosityLevel.ERROR
nest.set(local_num_threads=a.threads, resolution=0.1, rng_seed=a.seed)
begin = clock()
exc, inh = nest.Create("iaf_psc_alpha", n_exc, neuron), nest.Create("iaf_psc_alpha", n_inh, neuron)
noise = nest.Create("poisson_generator", params=dict(rate=rate))
nest.CopyModel("static_synapse_hpc", "excite", dict(weight=weight, delay=1.5))
nest.CopyModel("static_synapse_hpc", "inhibit", dict(weight=-5.0 * weight, delay=1.5))
nest.Connect(noise, exc + inh, "all_to_all", "excite")
nest.Connect(exc, exc + inh, dict(rule="fixed_indegree", indegree=c_exc), "excite")
nest.Connect(inh, exc + inh, dict(rule="fixed_indegree", indegree=c_inh), "inhibit")
nest.Prepare()
nest.Run(a.warmup_ms)
built = clock()
nest.Run(a.sim_ms)
done = clock()
n = n_exc + n_inh
report("nest-" + nest.__version__, f"brunel-{a.preset}", n_neurons=n, n_synapses=n * (c_exc + c_inh), sim_ms=a.sim_ms,
       build_s=built - begin, run_s=done - built, n_spikes=nest.local_spike_counter, threads=a.threads)
