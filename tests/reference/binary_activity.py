# requirements: nest-simulator==3.10.0
"""How many of the neurons in noise/binary.toml are active in NEST 3.10.0 after 100 ms, and how many change within a
millisecond, over several seeds, written to noise/binary.json.

    python binary_activity.py
"""
import json

import nest
import numpy as np

import make_nest
from experiment import HERE, Experiment

SEEDS = range(1, 21)


def spread(values):
    return dict(mean=round(float(np.mean(values)), 5), sd=round(float(np.std(values, ddof=1)), 5))


path = HERE / "noise" / "binary.toml"
experiment = Experiment(path)
runs = [make_nest.simulate(experiment, seed) for seed in SEEDS]
found = {}
for record in experiment.records:
    states = [arrays[f"{record}.S"][100:] for arrays in runs]
    found[record] = dict(active=spread([state.mean() for state in states]),
                         changes=spread([np.abs(np.diff(state, axis=0)).mean() for state in states]))
    print(record, found[record])
path.with_suffix(".json").write_text(json.dumps(dict(nest=nest.__version__, seeds=len(SEEDS), found=found), indent=2) + "\n")
