# requirements: brian2==2.9.0 numpy<2.4 (and a C++ compiler)
"""Rates of assets/coba_2005.toml and cuba_2005.toml beside Brian2, written to brian_rates.json.

The rate of one such network depends on its connections: over seeds it spreads by 7 %, however long the run. So both
simulators get the same connections and the same potentials at the start, drawn here by the rules of the file, and the
difference of a pair is what counts. Trajectories are chaotic and part within a second; rates over 10 s do not.

    python brian_rates.py path/to/synfire [seeds]
"""
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import brian2 as b2
import numpy as np

from experiment import HERE, Experiment

SECONDS = 10
SIZE = (3200, 800)
COBA = """
    dv/dt = (ge * (0*mV - v) + gi * (-80*mV - v) + (-60*mV - v) + 20*mV) / (20*ms) : volt (unless refractory)
    dge/dt = -ge / (5*ms) : 1
    dgi/dt = -gi / (10*ms) : 1
    """
CUBA = """
    dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
    dge/dt = -ge / (5*ms) : volt
    dgi/dt = -gi / (10*ms) : volt
    """
# Equations, what a spike adds, integration. The conductances are in units of the leak, 10 nS.
NETWORKS = {
    "coba_2005": (COBA, ("ge += 0.6", "gi += 6.7"), "exponential_euler"),
    "cuba_2005": (CUBA, ("ge += 1.62*mV", "gi -= 9*mV"), "exponential_euler"),
    "cuba_2005, exact": (CUBA, ("ge += 1.62*mV", "gi -= 9*mV"), "exact"),
}


def draw(experiment, seed):
    """Connections of both projections (source and target in the order of the views) and all potentials in mV."""
    rng = np.random.default_rng(seed)
    pairs = []
    for projection, sources in zip(experiment.projections, SIZE):
        connected = rng.random((sources, sum(SIZE))) < projection["rule"]["pairwise_bernoulli"]
        pairs.append(np.argwhere(connected))
    [(kind, (a, b))] = experiment.value(experiment.populations["exc"]["init"]["V"]).items()
    return pairs, getattr(rng, kind)(a, b, sum(SIZE))


def synfire(binary, experiment, pairs, potentials):
    """Rates in Hz of both populations."""
    file = json.loads(json.dumps(experiment.file)) | {"duration": f"{SECONDS} s", "record": {}}
    for projection, edges in zip(file["projection"], pairs):
        projection["rule"] = {"edges": edges.tolist()}
    for name, part in zip(("exc", "inh"), np.split(potentials, [SIZE[0]])):
        file["population"][name]["init"] = {"V": part.tolist()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.json"
        path.write_text(json.dumps(file))
        command = [binary, "run", path, "--device", "cpu", "--out", Path(folder) / "out"]
        subprocess.run(command, check=True, capture_output=True)
        rates = json.loads((Path(folder) / "out" / "summary.json").read_text())["rates_hz"]
    return rates["exc"], rates["inh"]


def brian(network, pairs, potentials):
    equations, on_pre, method = NETWORKS[network]
    with tempfile.TemporaryDirectory() as folder:
        b2.device.reinit()
        b2.set_device("cpp_standalone", directory=folder)
        b2.defaultclock.dt = 0.1 * b2.ms
        group = b2.NeuronGroup(sum(SIZE), equations, threshold="v > -50*mV", reset="v = -60*mV", method=method,
                               refractory=5 * b2.ms)
        group.v = potentials * b2.mV
        parts = group[:SIZE[0]], group[SIZE[0]:]
        synapses = [b2.Synapses(part, group, on_pre=code) for part, code in zip(parts, on_pre)]
        for projection, edges in zip(synapses, pairs):
            projection.connect(i=edges[:, 0], j=edges[:, 1])
        monitors = [b2.SpikeMonitor(part, record=False) for part in parts]
        b2.Network(group, *synapses, *monitors).run(SECONDS * b2.second)
        return tuple(int(m.num_spikes) / n / SECONDS for m, n in zip(monitors, SIZE))


def mean_and_error(values):
    return round(float(np.mean(values)), 3), round(float(np.std(values, ddof=1) / len(values) ** 0.5), 3)


def compare(network, binary, seeds):
    experiment = Experiment(HERE.parents[1] / "assets" / f"{network.split(',')[0]}.toml")
    rows = []
    for seed in range(1, seeds + 1):
        drawn = draw(experiment, seed)
        ours, theirs = synfire(binary, experiment, *drawn), brian(network, *drawn)
        rows.append((ours, theirs))
        print(f"{network:17} seed {seed}: exc {ours[0]:7.3f} {theirs[0]:7.3f}   inh {ours[1]:7.3f} {theirs[1]:7.3f} Hz",
              flush=True)
    result = {}
    for k, population in enumerate(("exc", "inh")):
        ours, theirs = (np.array([row[side][k] for row in rows]) for side in (0, 1))
        difference = mean_and_error(100 * (ours - theirs) / theirs)
        result[population] = dict(synfire_hz=mean_and_error(ours), brian2_hz=mean_and_error(theirs),
                                  difference_percent=difference)
        print(f"{network:17} {population}: synfire {ours.mean():.3f}, Brian2 {theirs.mean():.3f} Hz, "
              f"difference of a pair {difference[0]:+.2f} ± {difference[1]:.2f} %")
    return result


def main(binary, seeds=5):
    networks = {name: compare(name, binary, int(seeds)) for name in NETWORKS}
    about = dict(brian2=version("brian2"), seeds=int(seeds), seconds=SECONDS, pairs="mean, standard error")
    (HERE / "brian_rates.json").write_text(json.dumps(about | networks, indent=1) + "\n")


main(*sys.argv[1:])
