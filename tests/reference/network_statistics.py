# requirements: nest-simulator==3.10.0 for Brunel; those of make_brainpy.py for the others
"""Rates of the networks in assets/ over several seeds, written to network_statistics.json. Run it once in each
environment: it does what the installed simulator can and keeps the rest of the file.

    python network_statistics.py
"""
import importlib.util
import json
import sys
from importlib.metadata import version

import numpy as np

from experiment import BRAINPY_UNITS, HERE, Experiment

SEEDS = range(1, 9)


def nest_rates():
    import make_nest

    return {"brunel": measure("brunel", Experiment, lambda e, seed: counts(e, make_nest.simulate(e, seed, threads=2)),
                              "nest-simulator")}


def brainpy_rates():
    import make_brainpy

    def spikes(experiment, seed):
        """Spike counts by record, without a raster of all neurons on the host for longer than one run."""
        raster = {name: np.asarray(s) != 0 for name, s in make_brainpy.run(experiment, seed)[1].items()}
        return {name: sum(int(raster[p][:, i].sum()) for p, i in experiment.elements(record["from"]))
                for name, record in experiment.records.items()}

    read = lambda path: Experiment(path, BRAINPY_UNITS)
    return {name: measure(name, read, spikes, "brainpy_state", "brainstate", "brainevent", "jax")
            for name in ("balanced", "balanced_readme", "cuba_tutorial")}


def counts(experiment, arrays):
    return {name: len(arrays[f"{name}.times"]) for name in experiment.records}


def measure(name, read, spikes, *packages):
    """Mean and standard deviation over seeds of the rate of every record [Hz], and of all its spikes."""
    experiment = read(HERE.parents[1] / "assets" / f"{name}.toml")
    by_seed = [spikes(experiment, seed) for seed in SEEDS]
    rates = {}
    for record, said in experiment.records.items():
        hz = [1e3 * s[record] / len(experiment.elements(said["from"])) / experiment.duration for s in by_seed]
        rates[record] = spread(hz)
    totals = [sum(s.values()) for s in by_seed]
    print(name, {k: v["mean"] for k, v in rates.items()}, totals, file=sys.stderr)
    return dict(versions={p: version(p) for p in packages}, seeds=len(SEEDS), duration_ms=experiment.duration,
                rates_hz=rates, spikes=spread(totals))


def spread(values):
    return dict(mean=round(float(np.mean(values)), 3), sd=round(float(np.std(values, ddof=1)), 3),
                min=round(float(min(values)), 3), max=round(float(max(values)), 3))


path = HERE / "network_statistics.json"
networks = json.loads(path.read_text()) if path.exists() else {}
networks |= nest_rates() if importlib.util.find_spec("nest") else brainpy_rates()
path.write_text(json.dumps(networks, indent=2) + "\n")
