# requires brainpy_state 0.1.0, brainpy 2.8, brainstate, brainevent, braintools, brainunit, jax, numba
"""The balanced network of brainpy.state's README on JAX: 4,000 * scale neurons with 80 targets each.

The weights are 0.6 and 6.7 S: with the mS that the README prints the network would be uncoupled. The loop is compiled and
run once for the same duration before it is measured, as part of `build_s`."""
import os
from importlib.metadata import version

from common import arguments, clock, report

a = arguments(__doc__, scale=1.0).parse_args()
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: a.threads]))
begin = clock()
import brainpy  # noqa: E402
import brainstate  # noqa: E402
import braintools  # noqa: E402
import brainunit as u  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402

brainstate.random.seed(a.seed)


class Balanced(brainstate.nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n, self.n_exc = n, 4 * n // 5
        start = braintools.init.Normal(-55.0, 2.0, unit=u.mV)
        self.cells = brainpy.state.LIFRef(n, V_rest=-60.0 * u.mV, V_th=-50.0 * u.mV, V_reset=-60.0 * u.mV,
                                          tau=20.0 * u.ms, tau_ref=5.0 * u.ms, V_initializer=start)
        self.excite = self.project(self.n_exc, 0.6, 5.0, 0.0)
        self.inhibit = self.project(n - self.n_exc, 6.7, 10.0, -80.0)

    def project(self, n_sources, weight, tau, reversal):
        comm = brainstate.nn.EventFixedProb(n_sources, self.n, conn_num=80, conn_weight=weight * u.siemens)
        syn, out = brainpy.state.Expon.desc(self.n, tau=tau * u.ms), brainpy.state.COBA.desc(E=reversal * u.mV)
        return brainpy.state.AlignPostProj(comm=comm, syn=syn, out=out, post=self.cells)

    def update(self, t):
        with brainstate.environ.context(t=t):
            spikes = self.cells.get_spike() != 0.0
            self.excite(spikes[: self.n_exc])
            self.inhibit(spikes[self.n_exc :])
            self.cells(20.0 * u.mA)
            return (self.cells.get_spike() != 0.0).sum()


net = Balanced(round(4000 * a.scale))
brainstate.nn.init_all_states(net)
steps = round(a.sim_ms / 0.1)
with brainstate.environ.context(dt=0.1 * u.ms):

    @brainstate.transform.jit
    def run(first):
        return brainstate.transform.for_loop(lambda k: net.update((first + k) * 0.1 * u.ms), np.arange(steps)).sum()

    jax.block_until_ready(run(0))
    built = clock()
    spikes = int(jax.block_until_ready(run(steps)))
    done = clock()
report("brainpy.state-" + version("brainpy_state"), "balanced", n_neurons=net.n, n_synapses=80 * net.n, sim_ms=a.sim_ms,
       build_s=built - begin, run_s=done - built, n_spikes=spikes, threads=a.threads, jax=version("jax"))
