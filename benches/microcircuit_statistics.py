# requires nest-simulator 3.10, numpy
"""Rate, irregularity and correlation of the eight populations of the cortical microcircuit, in NEST and here, over seeds.

    python benches/microcircuit_statistics.py target/release/synfire [--scale 0.1] [--seeds 5] [--sim-ms 2000]

Connections, initial potentials and noise are drawn by either simulator for itself. A line is "inside" where our mean lies
within 2 % of NEST's, or within the span of NEST's seeds."""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import nest
import numpy as np

HERE = Path(__file__).parent
sys.path += [str(HERE / "peers"), str(HERE.parent / "tests" / "reference")]

from microcircuit import NAMES, Microcircuit, experiment  # noqa: E402
from nest_pd14 import build  # noqa: E402
from spike_statistics import measure  # noqa: E402

SETTLE_MS = 300.0


def in_nest(scale, seed, end_ms):
    """Spike times and senders of each population."""
    nest.ResetKernel()
    nest.set(local_num_threads=2, resolution=0.1, rng_seed=seed)
    populations = build(Microcircuit(scale))
    recorders = [nest.Create("spike_recorder") for _ in populations]
    for population, recorder in zip(populations, recorders):
        nest.Connect(population, recorder)
    nest.Simulate(end_ms)
    events = [recorder.events for recorder in recorders]
    return [(e["times"], e["senders"] - p[0].global_id) for e, p in zip(events, populations)]


def in_synfire(binary, file, seed):
    """The same."""
    with tempfile.TemporaryDirectory() as out:
        command = [binary, "run", file, "--device", "cpu", "--seed", str(seed), "--out", out]
        subprocess.run(command, check=True, capture_output=True)
        found = [np.load(Path(out) / f"{name}.npz") for name in NAMES]
        return [(one["times"], one["senders"].astype(int)) for one in found]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("binary")
parser.add_argument("--scale", type=float, default=0.1)
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--sim-ms", type=float, default=2000.0)
a = parser.parse_args()
nest.verbosity = nest.VerbosityLevel.ERROR
window = (SETTLE_MS, SETTLE_MS + a.sim_ms)
sizes = Microcircuit(a.scale).sizes
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "microcircuit.toml"
    file.write_text(experiment(a.scale, f"{window[1]:g} ms", records=True))
    seeds = range(1, a.seeds + 1)
    theirs = [in_nest(a.scale, seed, window[1]) for seed in seeds]
    ours = [in_synfire(a.binary, file, seed) for seed in seeds]
print(f"scale {a.scale:g}, {a.seeds} seeds, {a.sim_ms:g} ms after {SETTLE_MS:g} ms: mean +- sd over seeds, NEST then synfire")
for k, name in enumerate(NAMES):
    both = [[measure(*run[k], sizes[k], window) for run in runs] for runs in (theirs, ours)]
    line = [f"{name:5}"]
    for what in ("rate_hz", "cv", "correlation"):
        peer, own = ([one[what] for one in runs if what in one] for runs in both)
        if not peer or not own:
            continue
        mean = np.mean(own)
        inside = abs(mean / np.mean(peer) - 1) <= 0.02 or min(peer) <= mean <= max(peer)
        texts = [f"{np.mean(values):.4f} +- {np.std(values, ddof=1):.4f}" for values in (peer, own)]
        line.append(f"{what} {texts[0]}, {texts[1]} {'inside' if inside else 'OUTSIDE'}")
    print(" | ".join(line))
