# requirements: brainpy_state==0.1.0 brainpy==2.8.2 brainstate==0.5.4 brainevent==0.2.1 braintools==0.3.0 jax==0.10.2 numba
"""Runs the BrainPy-style experiment files of this folder in brainpy.state 0.1.0 (float32) and writes what they record
to <case>.npz.

    python make_brainpy.py [case.toml ...]

One step is brainpy.state's own: the spikes of V at the end of the previous step go through every AlignPostProj, then the
neurons decay their conductances, add the arrivals, reset and integrate. A row stamped t holds the state at the end of the
step that ends at t, and a spike stamped t is V >= V_th in that row. Measured: a spike stamped t changes g and V of its
target in the row stamped t + delay + dt.
"""
import sys

import brainevent
import brainpy
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np

from experiment import BRAINPY_UNITS, Experiment, case_files

MODELS = dict(lif=brainpy.state.LIF, lif_ref=brainpy.state.LIFRef)
PARAMETER_UNIT = dict(R=u.ohm, tau=u.ms, tau_ref=u.ms, V_th=u.mV, V_reset=u.mV, V_rest=u.mV)
# unit of a weight by output model: g [S] * (E - V) [mV] and g [mA] * scale are both currents in mA
WEIGHT_UNIT = dict(coba=u.siemens, cuba=u.mA)
ZERO = {model: braintools.init.Constant(0.0 * unit) for model, unit in WEIGHT_UNIT.items()}


class Net(brainstate.nn.Module):
    def __init__(self, experiment, rng):
        super().__init__()
        self.experiment = experiment
        self.populations = {name: population(experiment, name) for name in experiment.populations}
        self.inputs = {name: jnp.asarray(experiment.value(p.get("input", {}).get("I", 0.0)), jnp.float32) * u.mA
                       for name, p in experiment.populations.items()}
        self.projections = [self.project(p, rng) for p in experiment.projections]

    def project(self, said, rng):
        """The projection, its source (a population or a slice of one) and the unit of its weights and g."""
        pre, post = self.experiment.elements(said["from"]), self.experiment.elements(said["to"])
        (source, first), (target, offset) = pre[0], post[0]
        n_pre, n_post = len(pre), self.experiment.size(target)
        output = self.experiment.value(said["output"])
        model = output.pop("model")
        edges = connections(said, n_pre, len(post), rng)
        weight = np.broadcast_to(self.experiment.value(said["weight"]), len(edges))
        comm = Sparse(edges + (0, offset), weight, n_pre, n_post, WEIGHT_UNIT[model])
        tau = self.experiment.value(said["synapse"]["tau"]) * u.ms
        synapse = brainpy.state.Expon.desc(n_post, tau=tau, g_initializer=ZERO[model])
        out = (brainpy.state.COBA.desc(E=output["E"] * u.mV) if model == "coba"
               else brainpy.state.CUBA.desc(scale=output.get("scale", 1.0)))
        delay = self.experiment.value(said["delay"]) * u.ms if "delay" in said else None
        projection = brainpy.state.AlignPostProj(comm=comm, syn=synapse, out=out, post=self.populations[target], delay=delay)
        return projection, source, slice(first, first + n_pre), WEIGHT_UNIT[model]

    def update(self, step):
        with brainstate.environ.context(t=step * self.experiment.dt * u.ms):
            spikes = {name: p.get_spike() for name, p in self.populations.items()}
            for projection, source, part, _ in self.projections:
                projection(spikes[source][part])
            for name, p in self.populations.items():
                p(self.inputs[name])
            V = {name: p.V.value.to_decimal(u.mV) for name, p in self.populations.items()}
            spikes = {name: p.get_spike() for name, p in self.populations.items()}
            g = [projection.syn.g.value.to_decimal(unit) for projection, *_, unit in self.projections]
        return V, spikes, g


class Sparse(brainstate.nn.Module):
    """Spikes times a sparse weight matrix."""

    def __init__(self, edges, weight, n_pre, n_post, unit):
        super().__init__()
        self.in_size, self.out_size = n_pre, n_post
        order = np.argsort(edges[:, 0], kind="stable")
        rows = np.concatenate([[0], np.bincount(edges[:, 0], minlength=n_pre).cumsum()])
        data = jnp.asarray(np.asarray(weight)[order], jnp.float32) * unit
        self.matrix = brainevent.CSR((data, jnp.asarray(edges[order, 1], jnp.int32), jnp.asarray(rows, jnp.int32)),
                                     shape=(n_pre, n_post))

    def update(self, spikes):
        return brainevent.BinaryArray(spikes) @ self.matrix


def connections(said, n_pre, n_post, rng):
    """The (source, target) pairs of a rule."""
    rule = said.get("rule", "all_to_all")
    if rule == "all_to_all":
        return np.stack(np.divmod(np.arange(n_pre * n_post), n_post), axis=1)
    (name, argument), = rule.items()
    if name == "edges":
        return np.array(argument)
    if name == "fixed_outdegree":
        return np.stack([np.repeat(np.arange(n_pre), argument), rng.integers(n_post, size=n_pre * argument)], axis=1)
    if name == "fixed_indegree":
        return np.stack([rng.integers(n_pre, size=n_post * argument), np.repeat(np.arange(n_post), argument)], axis=1)
    raise ValueError(f"rule `{name}` is not translated")


def population(experiment, name):
    said = experiment.populations[name]
    params = experiment.value(said.get("params", {}))
    if "tau_ref" in params:
        # brainpy.state compares float32 times, so t - t_last < tau_ref holds a step longer where rounding says so.
        # Half a step less makes every refractory time the exact number of steps that tau_ref is.
        params["tau_ref"] = np.asarray(params["tau_ref"]) - experiment.dt / 2
    reset = params.pop("spk_reset", "soft")
    return MODELS[said["model"]](experiment.size(name), spk_reset=reset,
                                 **{k: jnp.asarray(v, jnp.float32) * PARAMETER_UNIT[k] for k, v in params.items()})


def set_initial_voltage(net, rng):
    for name, said in net.experiment.populations.items():
        V = net.experiment.value(said.get("init", {}).get("V", 0.0))
        if isinstance(V, dict):
            V = rng.normal(*V["normal"], net.experiment.size(name))
        neurons = net.populations[name]
        neurons.V.value = jnp.broadcast_to(jnp.asarray(V, jnp.float32), neurons.varshape) * u.mV


def run(experiment, seed=1):
    """V and spikes by population, g by projection, each [T, N], at the end of every step."""
    rng = np.random.default_rng(seed)
    with brainstate.environ.context(dt=experiment.dt * u.ms):
        net = Net(experiment, rng)
        brainstate.nn.init_all_states(net)
        set_initial_voltage(net, rng)
        return brainstate.transform.for_loop(net.update, np.arange(experiment.steps))


def simulate(experiment):
    """Every record of the experiment: {"<record>.times": ..., "<record>.senders": ..., "<record>.V": [T, N]}."""
    V, spikes, g = run(experiment)
    variables = {"V": V} | {f"{said['name']}.g": {experiment.elements(said["to"])[0][0]: g[i]}
                            for i, said in enumerate(experiment.projections) if "name" in said}
    stamps = (np.arange(experiment.steps) + 1) * experiment.dt
    arrays = {}
    for name, record in experiment.records.items():
        elements = experiment.elements(record["from"])
        columns = lambda of: np.stack([np.asarray(of[population][:, i]) for population, i in elements], axis=1)
        if record["what"] == "spikes":
            rows, senders = np.nonzero(columns(spikes))
            arrays |= {f"{name}.times": stamps[rows], f"{name}.senders": senders.astype(np.uint32)}
        else:
            arrays[f"{name}.times"] = stamps
            arrays |= {f"{name}.{what}": columns(variables[what]).astype(np.float32) for what in record["what"]}
    return arrays


if __name__ == "__main__":
    for path in sys.argv[1:] or case_files("brainpy.state"):
        experiment = Experiment(path, BRAINPY_UNITS)
        arrays = simulate(experiment)
        experiment.save(arrays)
        print(f"{experiment.path.stem:24}", {k: len(v) for k, v in arrays.items() if k.endswith("senders")})
