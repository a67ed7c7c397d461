# requires brainpy_state 0.1.0, brainpy 2.8, brainstate, brainevent, brainunit, jax, numba
"""Brunel's network of brainpy.state's README with its Simulator on JAX: 5 * order neurons.

The first simulate() is part of `build_s`; `run_s` is a cont() of the same duration, which traces its loop again.
The rate is that of 50 recorded neurons."""
import os
from importlib.metadata import version

from common import arguments, clock, report

a = arguments(__doc__, order=400).parse_args()
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: a.threads]))
begin = clock()
import brainunit as u  # noqa: E402
from brainpy.state import (Simulator, all_to_all, fixed_indegree, iaf_psc_alpha, poisson_generator,  # noqa: E402
                           spike_recorder)

refresh = poisson_generator._refresh_timing_cache


def refresh_in_32_bits(self, dt_ms):
    """The default stop of the generator, step 2^63 - 1, does not fit the integers of JAX."""
    refresh(self, dt_ms)
    self._t_max_step = min(self._t_max_step, 2**31 - 1)


poisson_generator._refresh_timing_cache = refresh_in_32_bits
n_exc, n_inh = 4 * a.order, a.order
n, inputs = n_exc + n_inh, [n_exc // 10, n_inh // 10]
weight, delay = 20.0 * u.pA, 1.5 * u.ms
neuron = dict(C_m=250.0 * u.pF, tau_m=20.0 * u.ms, t_ref=2.0 * u.ms, E_L=0.0 * u.mV, V_reset=0.0 * u.mV, V_th=20.0 * u.mV)
sim = Simulator(dt=0.1 * u.ms)
exc, inh = sim.create(iaf_psc_alpha, n_exc, params=neuron), sim.create(iaf_psc_alpha, n_inh, params=neuron)
noise, recorder = sim.create(poisson_generator, rate=15000.0 * u.Hz), sim.create(spike_recorder)
sim.connect(noise, exc + inh, weight=weight, delay=delay, rule=all_to_all)
sim.connect(exc, exc + inh, weight=weight, delay=delay, rule=fixed_indegree(inputs[0]), comm="sparse", seed=a.seed)
sim.connect(inh, exc + inh, weight=-5.0 * weight, delay=delay, rule=fixed_indegree(inputs[1]), comm="sparse",
            seed=a.seed + 1)
sim.connect(exc[:50], recorder)
recorded = recorder.segments[0].population
sim.simulate(a.sim_ms * u.ms).n_events(recorded)
built = clock()
spikes = sim.cont(a.sim_ms * u.ms).n_events(recorded)
done = clock()
report("brainpy.state-" + version("brainpy_state"), "brunel-readme", n_neurons=n, n_synapses=n * sum(inputs),
       sim_ms=a.sim_ms, build_s=built - begin, run_s=done - built, n_spikes=spikes / 50 * n, threads=a.threads,
       jax=version("jax"))
