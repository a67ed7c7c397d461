# requirements: nest-simulator==3.10.0
"""What NEST 3.10.0 makes of the random experiments in noise/*.toml over several seeds, written to noise/*.json: mean and
standard deviation over seeds of rate, variation of intervals, autocorrelation and the correlation of two trains. With a
synfire binary, compares it with what is written there instead.

    python make_bands.py [--compare target/release/synfire [--device cpu] [--seeds 20]] [escape ...]

Of the spikes in a record: `rate_hz` of a train; `cv`, the coefficient of variation of all intervals; with spikes counted in bins
of 5 ms, `autocorrelation` of the trains at 1 to 10 bins and `pairs`, the correlation of neighbouring trains. Of a trace after
100 ms: `mean`, `deviation`, `change` from row to row, and `autocorrelation` at 1 to 10 rows. Correlations are relative to the
variance over all trains.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiment import HERE, Experiment

BIN_MS = 5.0
LAGS = range(1, 11)
TRANSIENT_MS = 100.0
# enough for the mean to be known to a fifth of what seeds differ by
SEEDS = 20


def autocorrelation(values):
    """Of rows in time with a column for each element, at LAGS rows."""
    off = values - values.mean()
    products = [(off[:-k] * off[k:]).mean() for k in LAGS]
    return np.array(products) / (off**2).mean()


def of_spikes(times, senders, size, duration):
    order = np.lexsort((times, senders))
    intervals = np.diff(times[order])[np.diff(senders[order].astype(int)) == 0]
    # the end of a step belongs to it: times are stamps
    bins = np.ceil(times / BIN_MS - 1e-6).astype(int) - 1
    counts = np.zeros((round(duration / BIN_MS), size))
    np.add.at(counts, (bins, senders), 1.0)
    off = counts - counts.mean()
    return dict(rate_hz=len(times) / size / duration * 1e3, cv=intervals.std() / intervals.mean(),
                pairs=(off[:, :-1] * off[:, 1:]).mean() / (off**2).mean(), autocorrelation=autocorrelation(counts))


def of_trace(times, values):
    late = values[times > TRANSIENT_MS].astype(float)
    return dict(mean=late.mean(), deviation=late.std(), change=np.abs(np.diff(late, axis=0)).mean(),
                autocorrelation=autocorrelation(late))


def measures(experiment, arrays, record):
    said = experiment.records[record]
    if said["what"] == "spikes":
        size = len(experiment.elements(said["from"]))
        return of_spikes(arrays[f"{record}.times"], arrays[f"{record}.senders"], size, experiment.duration)
    (variable,) = said["what"]
    return of_trace(arrays[f"{record}.times"], arrays[f"{record}.{variable}"])


def spread(values):
    rounded = lambda x: np.vectorize(lambda v: float(f"{v:.4g}"))(x).tolist()
    return dict(mean=rounded(np.mean(values, axis=0)), sd=rounded(np.std(values, axis=0, ddof=1)))


def found(experiment, simulate, seeds):
    """Every measure of every record over seeds."""
    runs = []
    for seed in range(1, seeds + 1):
        arrays = simulate(experiment, seed)
        runs.append({record: measures(experiment, arrays, record) for record in experiment.records})
    return {record: {what: spread([run[record][what] for run in runs]) for what in runs[0][record]}
            for record in experiment.records}


def synfire(binary, device):
    def simulate(experiment, seed):
        with tempfile.TemporaryDirectory() as out:
            command = [binary, "run", experiment.path, "--device", device, "--seed", str(seed), "--out", out]
            subprocess.run(command, check=True, capture_output=True)
            return {f"{name}.{key}": values for name in experiment.records
                    for key, values in np.load(Path(out) / f"{name}.npz").items()}
    return simulate


def compare(name, ours, theirs, seeds):
    """How far our means lie from NEST's: in percent, in standard deviations of NEST's seeds, and the farthest lag."""
    for record, all_measures in theirs["found"].items():
        for what, band in all_measures.items():
            mean, sd = np.array(band["mean"]), np.maximum(np.array(band["sd"]), 1e-12)
            off = (np.array(ours[record][what]["mean"]) - mean) / sd
            k = np.abs(off).argmax() if off.ndim else ()
            error = np.sqrt(1 / seeds + 1 / theirs["seeds"])
            print(f"{name:14} {record:16} {what:16} NEST {mean[k]:10.4g} ± {sd[k]:9.3g}  "
                  f"off {off[k]:6.2f} sd = {off[k] / error:5.1f} errors of the means {'' if abs(off[k]) < 1.96 else 'OUTSIDE'}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", help="default: all")
    p.add_argument("--compare", metavar="BINARY")
    p.add_argument("--device", default="cpu")
    p.add_argument("--seeds", type=int, default=SEEDS)
    a = p.parse_args()
    for name in a.names or sorted(path.stem for path in (HERE / "noise").glob("*.toml")):
        experiment = Experiment(HERE / "noise" / f"{name}.toml")
        path = experiment.path.with_suffix(".json")
        if a.compare:
            compare(name, found(experiment, synfire(a.compare, a.device), a.seeds), json.loads(path.read_text()), a.seeds)
            continue
        import make_nest
        table = found(experiment, make_nest.simulate, a.seeds)
        path.write_text(json.dumps(dict(nest=make_nest.nest.__version__, seeds=a.seeds, found=table), indent=1) + "\n")
        print(path.name, file=sys.stderr)


if __name__ == "__main__":
    main()
