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
# Recorders pass events on with a delay: what was found at `duration` arrives a little later.
DRAIN_MS = 10.0

nest.verbosity = nest.VerbosityLevel.ERROR


def simulate(experiment, seed=1, threads=1):
    """Every record of the experiment: {"<record>.times": ..., "<record>.senders": ..., "<record>.V_m": [T, N]}."""
    nest.ResetKernel()
    nest.set(resolution=experiment.dt, local_num_threads=threads, rng_seed=seed)
    nodes = {name: create(experiment, name) for name in experiment.populations}
    for projection in experiment.projections:
        connect(experiment, projection, nodes)
    recorders = {name: observe(experiment, record, nodes) for name, record in experiment.records.items()}
    nest.Simulate(experiment.duration + DRAIN_MS)

    arrays = {}
    for name, recorder in recorders.items():
        ids = node_ids(experiment, experiment.records[name]["from"], nodes)
        arrays |= {f"{name}.{k}": v for k, v in read(experiment, recorder, ids).items()}
    return arrays


def create(experiment, name):
    population = experiment.populations[name]
    params = experiment.value(population.get("params", {}) | population.get("init", {}))
    return nest.Create(population["model"], experiment.size(name), params=params)


def node_ids(experiment, said, nodes):
    return [nodes[name][i].global_id for name, i in experiment.elements(said)]


def connect(experiment, projection, nodes):
    source = node_ids(experiment, projection["from"], nodes)
    target = node_ids(experiment, projection["to"], nodes)
    synapse = projection.get("synapse", "static_synapse")
    synapse = dict(model=synapse) if isinstance(synapse, str) else experiment.value(synapse)
    synapse["synapse_model"] = synapse.pop("model")
    for key, parameter in dict(weight="weight", delay="delay", port="receptor_type").items():
        if key in projection:
            synapse[parameter] = experiment.value(projection[key])

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
    ids = nest.NodeCollection(node_ids(experiment, record["from"], nodes))
    if record["what"] == "spikes":
        recorder = nest.Create("spike_recorder")
        nest.Connect(ids, recorder, syn_spec=dict(delay=experiment.dt))
    else:
        every = experiment.value(record.get("every", experiment.dt))
        recorder = nest.Create("multimeter", params=dict(interval=every, record_from=record["what"]))
        nest.Connect(recorder, ids, syn_spec=dict(delay=experiment.dt))
    return recorder


def read(experiment, recorder, ids):
    events = recorder.events
    within = events["times"] < experiment.duration + experiment.dt / 2
    position = {node: i for i, node in enumerate(ids)}
    index = np.array([position[node] for node in events["senders"]], dtype=np.uint32)
    order = np.lexsort((index, events["times"]))
    order = order[within[order]]
    if recorder.model == "spike_recorder":
        return dict(times=events["times"][order], senders=index[order])
    times = events["times"][order].reshape(-1, len(ids))[:, 0]
    variables = [k for k in events if k not in ("times", "senders")]
    return dict(times=times) | {v: events[v][order].reshape(-1, len(ids)).astype(np.float32) for v in variables}


if __name__ == "__main__":
    for path in sys.argv[1:] or case_files("NEST"):
        experiment = Experiment(path)
        arrays = simulate(experiment)
        experiment.save(arrays)
        spikes = {k: len(v) for k, v in arrays.items() if k.endswith("senders")}
        print(f"{experiment.path.stem:24} {spikes}")
