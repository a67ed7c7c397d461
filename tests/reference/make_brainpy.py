# requirements: brainpy_state==0.1.0 brainpy==2.8.2 brainstate==0.5.4 brainevent==0.2.1 braintools==0.3.0 jax==0.10.2 numba
"""Runs the BrainPy-style experiment files of this folder in brainpy.state 0.1.0 (float32) and writes what they record
to <case>.npz.

    python make_brainpy.py [case.toml ...]

One step is brainpy.state's own: the spikes that the neurons returned in the previous step go through every projection, then
the neurons decay their conductances, add the arrivals, reset and integrate. A row stamped t holds the state at the end of the
step that ends at t, and a spike stamped t is V >= V_th in that row. Measured: a spike stamped t changes g and V of its
target in the row stamped t + delay + dt.
"""
import inspect
import sys

import brainevent
import brainpy
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np

from brainpy_state._mixin import AlignPost
from experiment import BRAINPY_UNITS, Experiment, case_files

CLASSES = dict(
    if_neuron="IF", lif="LIF", lif_ref="LIFRef", alif="ALIF", exp_if="ExpIF", exp_if_ref="ExpIFRef", ad_ex_if="AdExIF",
    ad_ex_if_ref="AdExIFRef", qua_if="QuaIF", ad_qua_if="AdQuaIF", ad_qua_if_ref="AdQuaIFRef", gif="Gif", gif_ref="GifRef",
    cuba_lif="CubaLIF", coba_lif="CobaLIF", hh="HH", morris_lecar="MorrisLecar", wang_buzsaki_hh="WangBuzsakiHH",
    izhikevich_bp="Izhikevich", izhikevich_ref="IzhikevichRef", fitz_hugh_nagumo="FitzHughNagumo", hindmarsh_rose="HindmarshRose",
    ampa="AMPA", gabaa="GABAa", bio_nmda="BioNMDA", stp="STP", std="STD",
    expon="Expon", dual_expon="DualExpon", alpha="Alpha", coba="COBA", cuba="CUBA", mg_block="MgBlock",
)
# the units of the numbers that an experiment hands out
BASE = [u.ms, u.mV, u.mA, u.siemens, u.ohm, u.ufarad, 1 / u.ms, u.mV / u.ms, 1 / u.mV, u.mM, 1 / (u.mM * u.ms)]
# currents that change in time; their units, as the classes take any
INPUTS = dict(constant_input="ConstantInput", ramp_input="RampInput", sinusoidal_input="SinusoidalInput",
              step_input="StepInput", section_input="SectionInput")
INPUT_UNITS = dict(value=u.mA, values=u.mA, amplitudes=u.mA, amplitude=u.mA, bias=u.mA, c_start=u.mA, c_end=u.mA,
                   duration=u.ms, durations=u.ms, step_times=u.ms, t_start=u.ms, frequency=u.kHz)
# synapses that are kept at the source whether asked for or not
PRESYNAPTIC = {"ampa", "gabaa", "bio_nmda"}
# unit of a weight by output model: g [S] * (E - V) [mV] and g [mA] * scale are both currents in mA
WEIGHT_UNIT = dict(coba=u.siemens, mg_block=u.siemens, cuba=u.mA)
# MgBlock says neither its units nor those of its defaults
MG_BLOCK = dict(E=0.0 * u.mV, cc_Mg=1.2 * u.mM, alpha=0.062 / u.mV, beta=3.57 * u.mM, V_offset=0.0 * u.mV)
# a projection without a synapse adds to V, or to the synapse that the neuron has
JUMP_UNIT = dict(cuba_lif=u.mA, coba_lif=u.siemens, fitz_hugh_nagumo=1, hindmarsh_rose=1)
ZERO = {model: braintools.init.Constant(0.0 * unit) for model, unit in WEIGHT_UNIT.items()}


class Alpha(brainpy.state.Alpha, AlignPost):
    """brainpy.state's Alpha, which is linear as well, on the side of the target."""


def model_class(model):
    return Alpha if model == "alpha" else getattr(brainpy.state, CLASSES[model])


def base(like):
    """The unit of an experiment's numbers for quantities of this dimension."""
    unit = u.get_unit(like)
    fits = [one for one in BASE if u.get_dim(1.0 * one) == u.get_dim(1.0 * unit)]
    return fits[0] if fits else u.UNITLESS


def quantity(value, like):
    """The numbers of an experiment in the unit of `like`; words stay."""
    if isinstance(value, (str, bool)):
        return value == "true" if value in ("true", "false") else value
    if base(like) is u.UNITLESS:
        return jnp.asarray(value, jnp.float32)
    unit = u.get_unit(like)
    factor = float(u.get_magnitude((1.0 * base(like)) / (1.0 * unit)))
    return jnp.asarray(np.asarray(value, np.float64) * factor, jnp.float32) * unit


def numbers(like):
    """A quantity as the numbers of an experiment."""
    return u.get_magnitude(like / (1.0 * base(like))) if base(like) is not u.UNITLESS else like


def arguments(function, said):
    """The values that were said, in the units of the function's defaults."""
    known = inspect.signature(function).parameters
    return {name: quantity(value, known[name].default) for name, value in said.items()}


class Net(brainstate.nn.Module):
    def __init__(self, experiment, rng):
        super().__init__()
        self.experiment = experiment
        said = experiment.populations.items()
        self.pulses = {name: pulses(experiment, name) for name, p in said if p["model"] == "spike_generator"}
        self.inputs = [self.input(p) for p in experiment.projections if self.model_of(p["from"]) in INPUTS]
        cells = [name for name, p in said if name not in self.pulses and p["model"] not in INPUTS]
        self.populations = {name: population(experiment, name) for name in cells}
        self.drive = {name: self.current(name) for name in self.populations}
        self.spikes = {name: brainstate.ShortTermState(jnp.zeros(experiment.size(name))) for name in experiment.populations}
        synaptic = [p for p in experiment.projections if self.model_of(p["from"]) not in INPUTS]
        self.projections = [self.project(p, rng) for p in synaptic]

    def model_of(self, said):
        return self.experiment.populations[self.experiment.elements(said)[0][0]]["model"]

    def input(self, said):
        """A current, its target and the elements that it enters."""
        source = self.experiment.populations[self.experiment.elements(said["from"])[0][0]]
        arguments = {name: jnp.asarray(value, jnp.float32) * INPUT_UNITS[name]
                     for name, value in self.experiment.value(source["params"]).items()}
        elements = self.experiment.elements(said["to"])
        module = getattr(brainpy.state, INPUTS[source["model"]])(len(elements), **arguments)
        return module, elements[0][0], np.array([i for _, i in elements])

    def driven(self, name):
        """The current into a population in this step."""
        drive = self.drive[name]
        for module, target, elements in self.inputs:
            if target == name:
                # the classes take any unit: here all are mA, and models in other units take the numbers as they are
                unit = base(self.drive[name])
                current = module() if unit is u.mA else module() / u.mA * (1 if unit is u.UNITLESS else unit)
                drive = u.math.zeros(self.experiment.size(name)) * u.get_unit(current) + drive
                drive = drive.at[elements].add(current)
        return drive

    def current(self, name):
        default = inspect.signature(self.populations[name].update).parameters["x"].default
        return quantity(self.experiment.value(self.experiment.populations[name].get("input", {}).get("I", 0.0)), default)

    def project(self, said, rng):
        """The projection and its source (a population or a slice of one)."""
        experiment = self.experiment
        pre, post = experiment.elements(said["from"]), experiment.elements(said["to"])
        (source, first), (target, offset) = pre[0], post[0]
        neurons, n_pre, n_post = self.populations[target], len(pre), experiment.size(target)
        edges = connections(said, n_pre, len(post), rng)
        weight = np.broadcast_to(experiment.value(said["weight"]), len(edges))
        delay = experiment.value(said["delay"]) if "delay" in said else 0.0
        graded = "stp" in said or said.get("align_pre") or delay_is_split(delay, experiment.dt)
        graded = graded or isinstance(said.get("synapse"), dict) and said["synapse"]["model"] in PRESYNAPTIC
        sparse = lambda unit: Sparse(edges + (0, offset), weight, n_pre, n_post, unit, binary=not graded)
        if "synapse" not in said:
            # a step lies between the spike and the jump: a delay of dt is none to brainpy.state
            assert round(delay / experiment.dt) == 1, "jumps are translated for a delay of dt"
            comm = sparse(JUMP_UNIT.get(experiment.populations[target]["model"], u.mV))
            return brainpy.state.DeltaProj(comm=comm, post=neurons), source, slice(first, first + n_pre)
        if said["synapse"] == "gap_junction":
            return self.gap(said, edges, weight, source, target), source, slice(first, first + n_pre)
        output, synapse = experiment.value(said["output"]), experiment.value(said["synapse"])
        model = output.pop("model")
        stp = experiment.value(said["stp"]) if "stp" in said else None
        if stp:
            kind = model_class(stp.pop("model"))
            stp = kind(n_pre, **arguments(kind.__init__, stp))
        if said.get("align_pre") or synapse["model"] in PRESYNAPTIC:
            kind = model_class(synapse.pop("model"))
            # the open fraction is a number, the weight has the unit of the conductance
            own = {"g_initializer": braintools.init.Constant(0.0)}
            synapse = kind(n_pre, **own, **arguments(kind.__init__, synapse))
            out = self.output(model, output, target)()
            return AtSource(stp, synapse, sparse(WEIGHT_UNIT[model]), out, neurons), source, slice(first, first + n_pre)
        kind = model_class(synapse.pop("model"))
        synapse = kind.desc(n_post, g_initializer=ZERO[model], **arguments(kind.__init__, synapse))
        out = self.output(model, output, target)
        if np.ndim(delay) and len(delay) != n_pre:
            # one delay for each source: those of its edges
            delay = np.array([np.asarray(delay)[edges[:, 0] == k][0] if (edges[:, 0] == k).any() else 0.0 for k in range(n_pre)])
        projection = brainpy.state.AlignPostProj(*([Release(stp)] if stp else []), comm=sparse(WEIGHT_UNIT[model]), syn=synapse,
                                                 out=out, post=neurons, delay=delay * u.ms if np.any(delay) else None)
        return projection, source, slice(first, first + n_pre)

    def output(self, model, output, target):
        """The output of a projection, to be made."""
        if model == "cuba":
            # the current in the unit that the neuron takes: 1 mA counts as 1
            return brainpy.state.CUBA.desc(scale=output.get("scale", 1.0) * u.get_unit(base(self.drive[target])) / u.mA)
        if model == "mg_block":
            return brainpy.state.MgBlock.desc(**MG_BLOCK | {k: v * u.get_unit(MG_BLOCK[k]) for k, v in output.items()})
        return brainpy.state.COBA.desc(E=output.get("E", 0.0) * u.mV)

    def gap(self, said, edges, weight, source, target):
        pre, post = self.populations[source], self.populations[target]
        connection = lambda *_: (jnp.asarray(edges[:, 0]), jnp.asarray(edges[:, 1]))
        weight = jnp.asarray(weight, jnp.float32) * u.siemens
        if "weight_back" not in said:
            return Gap(brainpy.state.SymmetryGapJunction((pre, post), "V", connection, weight))
        back = np.broadcast_to(self.experiment.value(said["weight_back"]), len(edges))
        # what enters the target, then what enters the source
        both = u.math.stack([weight, jnp.asarray(back, jnp.float32) * u.siemens], axis=1)
        return Gap(brainpy.state.AsymmetryGapJunction(pre, "V", post, "V", connection, both))

    def update(self, step):
        """Every state and the spikes at the end of the step."""
        with brainstate.environ.context(t=step * self.experiment.dt * u.ms):
            for projection, source, part in self.projections:
                projection(self.spikes[source].value[part])
            for name, pulse in self.pulses.items():
                self.spikes[name].value = pulse[step + 1]
            for name, p in self.populations.items():
                self.spikes[name].value = p(self.driven(name)).astype(jnp.float32)
            states = {name: own_states(p) for name, p in self.populations.items()}
            synapses = [of_projection(projection) for projection, *_ in self.projections]
            return states, {name: spikes.value for name, spikes in self.spikes.items()}, synapses


def delay_is_split(delay, dt):
    """Whether a delay lies between two steps, so that parts of spikes arrive."""
    steps = np.asarray(delay) / dt
    return bool(np.any(np.abs(steps - np.rint(steps)) > 1e-6))


def of_projection(projection):
    """The states of a projection's synapse and short-term plasticity."""
    before = projection.modules if isinstance(projection, brainpy.state.AlignPostProj) else ()
    modules = [getattr(projection, name, None) for name in ("syn", "stp")] + list(before)
    modules = [module.stp if isinstance(module, Release) else module for module in modules if module is not None]
    return {name: value for module in modules for name, value in own_states(module).items()}


def own_states(module):
    """The numbers of every state variable of a neuron or synapse."""
    return {name: numbers(state.value) for name, state in vars(module).items() if isinstance(state, brainstate.HiddenState)}


def pulses(experiment, name):
    """Spikes by time stamp and element."""
    times = experiment.value(experiment.populations[name]["params"]["spike_times"])
    rows = np.zeros((experiment.steps + 1, experiment.size(name)), np.float32)
    for i in range(experiment.size(name)):
        stamps = np.rint(np.asarray(times[i] if isinstance(times[0], list) else times) / experiment.dt).astype(int)
        rows[stamps[stamps <= experiment.steps], i] = 1
    return jnp.asarray(rows)


class AtSource(brainstate.nn.Module):
    """A synapse kept at the source, as align_pre_projection has it, which needs a current population."""

    def __init__(self, stp, syn, comm, out, post):
        super().__init__()
        self.stp, self.syn = stp, syn
        self.projection = brainpy.state.CurrentProj(comm=comm, out=out, post=post)

    def update(self, spikes):
        self.projection(self.syn(self.stp(spikes) if self.stp else spikes))


class Release(brainstate.nn.Module):
    """What short-term plasticity makes of spikes, as numbers."""

    def __init__(self, stp):
        super().__init__()
        self.stp = stp

    def update(self, spikes):
        return self.stp(spikes)


class Gap(brainstate.nn.Module):
    """A gap junction that ignores the spikes it is given."""

    def __init__(self, junction):
        super().__init__()
        self.junction = junction

    def update(self, spikes):
        self.junction()


class Sparse(brainstate.nn.Module):
    """Spikes times a sparse weight matrix."""

    def __init__(self, edges, weight, n_pre, n_post, unit, binary):
        super().__init__()
        self.binary = binary
        self.in_size, self.out_size = n_pre, n_post
        order = np.argsort(edges[:, 0], kind="stable")
        rows = np.concatenate([[0], np.bincount(edges[:, 0], minlength=n_pre).cumsum()])
        data = jnp.asarray(np.asarray(weight)[order], jnp.float32) * unit
        self.matrix = brainevent.CSR((data, jnp.asarray(edges[order, 1], jnp.int32), jnp.asarray(rows, jnp.int32)),
                                     shape=(n_pre, n_post))

    def update(self, spikes):
        return (brainevent.BinaryArray(spikes) if self.binary else spikes) @ self.matrix


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
    kind = model_class(said["model"])
    return kind(experiment.size(name), **arguments(kind.__init__, params))


def set_initial_state(net, rng):
    """The values under `init`; what is not said begins as the class says."""
    for name, neurons in net.populations.items():
        for variable, value in net.experiment.value(net.experiment.populations[name].get("init", {})).items():
            if isinstance(value, dict):
                value = rng.normal(*value["normal"], net.experiment.size(name))
            state = getattr(neurons, variable)
            state.value = u.math.broadcast_to(quantity(value, state.value), neurons.varshape)


def run(experiment, seed=1):
    """States and spikes by population, states by projection, each [T, N], at the end of every step."""
    rng = np.random.default_rng(seed)
    with brainstate.environ.context(dt=experiment.dt * u.ms):
        net = Net(experiment, rng)
        brainstate.nn.init_all_states(net)
        set_initial_state(net, rng)
        return brainstate.transform.for_loop(net.update, np.arange(experiment.steps))


def simulate(experiment):
    """Every record of the experiment: {"<record>.times": ..., "<record>.senders": ..., "<record>.V": [T, N]}."""
    states, spikes, synapses = run(experiment)
    of_synapses = {}
    for said, of_synapse in zip(experiment.projections, synapses):
        ends = [experiment.elements(said[end])[0][0] for end in ("to", "from")]
        of_synapses |= {f"{said.get('name')}.{what}": dict.fromkeys(ends, rows) for what, rows in of_synapse.items()}
    variables = lambda what: of_synapses.get(what) or {name: own.get(what) for name, own in states.items()}
    stamps = (np.arange(experiment.steps) + 1) * experiment.dt
    arrays = {}
    for name, record in experiment.records.items():
        elements = experiment.elements(record["from"])
        columns = lambda of: np.stack([np.asarray(of[population][:, i]) for population, i in elements], axis=1)
        if record["what"] == "spikes":
            rows, senders = np.nonzero(columns(spikes))
            arrays |= {f"{name}.times": stamps[rows], f"{name}.senders": senders.astype(np.uint32)}
        else:
            every = round(experiment.value(record.get("every", experiment.dt)) / experiment.dt)
            arrays[f"{name}.times"] = stamps[every - 1::every]
            arrays |= {f"{name}.{what}": columns(variables(what)).astype(np.float32)[every - 1::every] for what in record["what"]}
    return arrays


if __name__ == "__main__":
    for path in sys.argv[1:] or case_files("brainpy.state"):
        experiment = Experiment(path, BRAINPY_UNITS)
        arrays = simulate(experiment)
        experiment.save(arrays)
        print(f"{experiment.path.stem:24}", {k: len(v) for k, v in arrays.items() if k.endswith("senders")})
