# requirements: nest-simulator==3.10.0
"""Rate and variation of intervals of the neurons in noise/escape.toml and noise/escape_ports.toml in NEST 3.10.0, over
several seeds, written to noise/escape.json and noise/escape_ports.json.

    python escape_noise.py [escape | escape_ports]
"""
import json
import sys

import nest
import numpy as np

import make_nest
from experiment import HERE, Experiment

# enough for the mean to be known to a fifth of what seeds differ by
SEEDS = dict(escape=range(1, 21), escape_ports=range(1, 61))


def measures(experiment, arrays, record):
    """Spikes per neuron and second, and the coefficient of variation of all intervals between spikes of a neuron."""
    times, senders = arrays[f"{record}.times"], arrays[f"{record}.senders"]
    size = len(experiment.elements(experiment.records[record]["from"]))
    order = np.lexsort((times, senders))
    intervals = np.diff(times[order])[np.diff(senders[order]) == 0]
    return len(times) / size / experiment.duration * 1e3, intervals.std() / intervals.mean()


def spread(values):
    return dict(mean=round(float(np.mean(values)), 4), sd=round(float(np.std(values, ddof=1)), 4))


for name in sys.argv[1:] or SEEDS:
    path = HERE / "noise" / f"{name}.toml"
    experiment = Experiment(path)
    runs = [make_nest.simulate(experiment, seed) for seed in SEEDS[name]]
    found = {}
    for record in experiment.records:
        rates, variations = zip(*(measures(experiment, arrays, record) for arrays in runs))
        found[record] = dict(rate_hz=spread(rates), cv=spread(variations))
        print(record, found[record], file=sys.stderr)
    path.with_suffix(".json").write_text(json.dumps(dict(nest=nest.__version__, seeds=len(SEEDS[name]), found=found), indent=2) + "\n")
