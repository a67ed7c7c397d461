# requirements: nest-simulator==3.10.0
"""Runs the NEST experiment files of this folder in NEST 3.10.0 and writes what they record to <case>.npz.

    python make_nest.py [case.toml ...]

The translation is generic: a model, parameter, rule or variable is passed to NEST under its own name.
"""
import sys

import nest
import numpy as np

from experiment import Experiment, case_files

RULE_ARGUMENT = dict(fixed_indegree="indegree", fixed_outdegree="outdegree", fixed_total_number="N",
                     pairwise_bernoulli="p", symmetric_pairwise_bernoulli="p", pairwise_poisson="pairwise_avg_num_conns")
# Ports that NEST knows by number only.
GLIF = {"port_1": 1, "port_2": 2, "I": 0}
PORTS = {"iaf_psc_exp": {"I": 0, "I_1": 1}, "iaf_tum_2000": {"I": 0, "I_1": 1, "TSODYKS_ex": 1, "TSODYKS_inh": 1},
         "glif_psc": GLIF, "glif_psc_double_alpha": GLIF, "glif_cond": GLIF}
RECORDERS = dict(spikes="spike_recorder", spins="spin_detector")
# What detectors have to say.
DETECTORS = dict(correlation_detector=["histogram", "count_histogram", "n_events"],
                 correlomatrix_detector=["covariance", "count_covariance", "n_events"],
                 correlospinmatrix_detector=["count_covariance"])
# Recorders pass events on with a delay: what was found at `duration` arrives a little later.
DRAIN_MS = 10.0

nest.verbosity = nest.VerbosityLevel.ERROR


def simulate(experiment, seed=1, threads=1, random_ports=None):
    """Every record of the experiment: {"<record>.times": ..., "<record>.senders": ..., "<record>.V_m": [T, N]}. Where
    there are `random_ports`, every connection draws one of that many."""
    nest.ResetKernel()
    nest.set(resolution=experiment.dt, local_num_threads=threads, rng_seed=seed)
    nodes = {name: create(experiment, name) for name in experiment.populations}
    for projection in experiment.projections:
        connect(experiment, projection, nodes, random_ports)
    recorders = {name: observe(experiment, record, nodes) for name, record in experiment.records.items()}
    nest.Simulate(experiment.duration + DRAIN_MS)

    arrays = {}
    for name, recorder in recorders.items():
        ids = [] if recorder.model in DETECTORS else node_ids(experiment, experiment.records[name]["from"], nodes)
        arrays |= {f"{name}.{k}": v for k, v in read(experiment, recorder, ids).items()}
    return arrays


def create(experiment, name):
    population = experiment.populations[name]
    said = experiment.value(population.get("params", {}) | population.get("init", {}))
    nodes = nest.Create(population["model"], experiment.size(name))
    if not said:
        return nodes
    known = nest.GetDefaults(population["model"])
    if not any(isinstance(value, list) and per_element(known, key) for key, value in said.items()):
        nodes.set(**structured({key: drawn(value) for key, value in said.items()}, known))
        return nodes
    for k, node in enumerate(nodes):
        own = {key: of_element(value, k, per_element(known, key)) for key, value in said.items()}
        node.set(**structured(own, known))
    return nodes


def of_element(value, k, per_element):
    """The value of the k-th element; where NEST's own is a list, the value of any of its entries may be a list by element."""
    if not isinstance(value, list):
        return value
    return value[k] if per_element else [entry[k] if isinstance(entry, list) else entry for entry in value]


def drawn(value):
    """A distribution in NEST's words; any other value as it is."""
    if not isinstance(value, dict):
        return value
    (name, said), = value.items()
    names = dict(uniform=("min", "max"), lognormal=("mean", "std"), exponential=("beta",)).get(name, ("mean", "std", "min", "max"))
    # bounds are low and high in a file, or the arguments stand in this order
    words = dict(low="min", high="max", mean="beta" if name == "exponential" else "mean")
    said = {words.get(k, k): v for k, v in said.items()} if isinstance(said, dict) else dict(zip(names, said))
    if name != "truncated_normal":
        return getattr(nest.random, name)(**said)
    return nest.math.redraw(nest.random.normal(mean=said["mean"], std=said["std"]), min=said["min"], max=said["max"])


def per_element(known, key):
    """Whether a list gives one value to each element: NEST's own value is no list."""
    return not isinstance(known.get(key), (list, tuple, np.ndarray))


def structured(params, known):
    """The parameters in NEST's shape: `soma_C_m` belongs to the table `soma`, `tau_sfa_1` and `tau_sfa_2` are the list `tau_sfa`."""
    out = {}
    for key, value in params.items():
        stem, _, rest = key.partition("_")
        name, _, number = key.rpartition("_")
        if key in known:
            out[key] = value
        elif isinstance(known.get(stem), dict):
            out.setdefault(stem, {})[rest] = value
        elif number.isdigit() and not per_element(known, name):
            place = int(number) - 1
            before = list(out.get(name, known[name]))
            out[name] = before[:place] + [0.0] * (place - len(before)) + [value] + before[place + 1:]
        else:
            raise KeyError(f"NEST has no {key}")
    return out


def receptor(port, model):
    """NEST's number of a port; ports that are lists have these numbers as names."""
    if str(port).isdigit():
        return int(port)
    return nest.GetDefaults(model).get("receptor_types", PORTS.get(model, {}))[port]


def node_ids(experiment, said, nodes):
    return [nodes[name][i].global_id for name, i in experiment.elements(said)]


def connect(experiment, projection, nodes, random_ports=None):
    source = node_ids(experiment, projection["from"], nodes)
    target = node_ids(experiment, projection["to"], nodes)
    synapse = projection.get("synapse", "static_synapse")
    synapse = dict(model=synapse) if isinstance(synapse, str) else experiment.value(synapse)
    synapse["synapse_model"] = synapse.pop("model")
    for key in ("weight", "delay"):
        if key in projection:
            synapse[key] = drawn(experiment.value(projection[key]))
    if random_ports:
        synapse["receptor_type"] = nest.random.uniform_int(max=random_ports - 1) + 1
    if "port" in projection:
        (model,) = {experiment.populations[name]["model"] for name, _ in experiment.elements(projection["to"])}
        synapse["receptor_type"] = receptor(projection["port"], model)

    rule = projection.get("rule", "all_to_all")
    if isinstance(rule, str):
        nest.Connect(nest.NodeCollection(source), nest.NodeCollection(target), rule, synapse)
    elif "edges" in rule:
        pre, post = np.array(rule["edges"]).T
        per_edge = {k: np.broadcast_to(v, pre.shape).copy() for k, v in synapse.items() if k != "synapse_model"}
        nest.Connect(np.array(source)[pre], np.array(target)[post], "one_to_one", synapse | per_edge)
    else:
        (name, argument), = rule.items()
        nest.Connect(nest.NodeCollection(source), nest.NodeCollection(target),
                     {"rule": name, RULE_ARGUMENT[name]: argument}, synapse)


def observe(experiment, record, nodes):
    window = {key: experiment.value(record[key]) for key in ("start", "stop", "origin") if key in record}
    if str(record["what"]) in DETECTORS:
        return detector(experiment, record, nodes, window)
    ids = nest.NodeCollection(node_ids(experiment, record["from"], nodes))
    if str(record["what"]) in RECORDERS:
        # in steps: some models send a number with a spike as its place within the step
        recorder = nest.Create(RECORDERS[record["what"]], params=dict(time_in_steps=True, **window))
        nest.Connect(ids, recorder, syn_spec=dict(delay=experiment.dt))
    else:
        every = experiment.value(record.get("every", experiment.dt))
        # a recordable V_m.s is V_m_s in a file; the list g has as many recordables as the neuron has ports
        dotted = {str(r).replace(".", "_"): str(r) for r in ids[0].recordables}
        recorder = nest.Create("multimeter", params=dict(interval=every, record_from=[dotted[v] for v in record["what"]], **window))
        nest.Connect(recorder, ids, syn_spec=dict(delay=experiment.dt))
    return recorder


def detector(experiment, record, nodes, window):
    """A detector; every entry of `from` is a channel, with its weight."""
    channels = record["from"] if isinstance(record["from"], list) else [record["from"]]
    said = {key: experiment.value(record[key]) for key in ("delta_tau", "tau_max", "Tstart", "Tstop") if key in record}
    if record["what"] != "correlation_detector":
        said["N_channels"] = record.get("N_channels", len(channels))
    made = nest.Create(record["what"], params=said | window)
    for channel, source in enumerate(channels):
        weight = record.get("weight", [1.0] * len(channels))[channel]
        ids = nest.NodeCollection(sorted(node_ids(experiment, source, nodes)))
        nest.Connect(ids, made, syn_spec=dict(weight=weight, delay=experiment.dt, receptor_type=channel))
    return made


def read(experiment, recorder, ids):
    if recorder.model in DETECTORS:
        return {key: np.array(recorder.get(key)) for key in DETECTORS[recorder.model]}
    events = recorder.events
    in_steps = recorder.model in RECORDERS.values()
    times = np.round(events["times"] * (experiment.dt if in_steps else 1.0), 9)
    position = {node: i for i, node in enumerate(ids)}
    index = np.array([position[node] for node in events["senders"]], dtype=np.uint32)
    order = np.lexsort((index, times))
    order = order[times[order] < experiment.duration + experiment.dt / 2]
    if in_steps:
        state = {"state": events["state"][order]} if "state" in events else {}
        return dict(times=times[order], senders=index[order]) | state
    variables = [k for k in events if k not in ("times", "senders")]
    table = lambda variable: events[variable][order].reshape(-1, len(ids)).astype(np.float32)
    stamps = times[order].reshape(-1, len(ids))[:, 0]
    return dict(times=stamps) | {v.replace(".", "_"): table(v) for v in variables}


if __name__ == "__main__":
    for path in sys.argv[1:] or case_files("NEST"):
        experiment = Experiment(path)
        arrays = simulate(experiment)
        experiment.save(arrays)
        spikes = {k: len(v) for k, v in arrays.items() if k.endswith("senders")}
        print(f"{experiment.path.stem:24} {spikes}")
