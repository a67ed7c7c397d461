# requirements: numpy, and for live comparison those of make_nest.py or make_brainpy.py
"""Runs a synfire binary on every case of this folder and compares it with the reference simulator where that is installed,
otherwise with the committed npz. Prints a table; exits with 1 when a case does not hold.

    python compare_live.py target/release/synfire [--device cpu] [--device gpu] [--every-step] [--at-least 2000] [case ...]
"""
import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiment import BRAINPY_UNITS, HERE, NEST_UNITS, Experiment, case_files

VOICES = {"NEST": ("nest", "make_nest", NEST_UNITS), "brainpy.state": ("brainpy_state", "make_brainpy", BRAINPY_UNITS)}
TOLERANCE = 1e-3  # mV, the bound of the design on |dV|; for currents in pA and conductances in S it is relative
# Cases whose first line says "outside spikes" are of differential equations in which a spike grows from small differences.
# Their spikes may be off by a step, and their values by 5e-3 and by what they change by in a hundredth of a step, around a spike
# in a tenth. In the step before and after a spike they are not compared.
OUTSIDE = 5e-3
PART_OF_STEP = 0.01
AROUND_MS = 2.0
PART_AROUND = 0.1


def reference(experiment, package, maker):
    """The arrays of the reference, and where they come from."""
    if importlib.util.find_spec(package):
        return importlib.import_module(maker).simulate(experiment), "live"
    return dict(np.load(experiment.path.with_suffix(".npz"))), "npz"


def run_synfire(binary, experiment, device):
    """What synfire wrote, as one dictionary with the keys of the reference."""
    with tempfile.TemporaryDirectory() as out:
        command = [binary, "run", experiment.path, "--device", device, "--out", out]
        command += ["--duration", f"{experiment.duration} ms"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"exit code {done.returncode}")
        return {f"{name}.{key}": values for name in experiment.records
                for key, values in np.load(Path(out) / f"{name}.npz").items()}


def compare(experiment, ours, theirs):
    """The error of every array: {"<record>.<variable>": error}, infinite where it is missing or not of the same shape."""
    def of(key, expected):
        if key not in ours or ours[key].shape != expected.shape:
            return np.inf
        if not key.endswith((".times", ".senders")):
            return error(key, ours[key], expected, slack(experiment, key, ours, theirs))
        record = key.rpartition(".")[0]
        steps = 1 if outside_spikes(experiment) else 0
        return 0.0 if spikes_hold(experiment, record, ours, theirs, steps) else np.inf
    return {key: of(key, expected) for key, expected in theirs.items()}


def spikes_hold(experiment, record, ours, theirs, steps):
    """Whether every train has as many spikes, each at most `steps` off. Of a trace: whether its rows are of the same times."""
    trains = [by_element(experiment, record, arrays) for arrays in (ours, theirs)]
    return all(a.shape == b.shape and np.abs(a - b).max(initial=0) <= steps for a, b in zip(*trains))


def by_element(experiment, record, arrays):
    """The steps of each element's spikes; of a trace, those of its rows."""
    steps = np.rint(arrays[f"{record}.times"] / experiment.dt)
    if f"{record}.senders" not in arrays:
        return [steps]
    senders = arrays[f"{record}.senders"]
    return [np.sort(steps[senders == k]) for k in range(len(experiment.elements(experiment.records[record]["from"])))]


def slack(experiment, key, ours, theirs):
    """What each value of a trace may be off besides."""
    if not outside_spikes(experiment):
        return 0.0
    record = key.rpartition(".")[0]
    rows = by_element(experiment, record, theirs)[0]
    in_a_step = change(theirs[key]) / (rows[1] - rows[0])
    allowed = PART_OF_STEP * in_a_step
    for column, element in enumerate(experiment.elements(experiment.records[record]["from"])):
        away = np.array([distance(rows, spikes_of(experiment, element, arrays)) for arrays in (ours, theirs)]).min(axis=0)
        around = away <= round(AROUND_MS / experiment.dt)
        allowed[around, column] = PART_AROUND * in_a_step[around, column]
        allowed[away <= 1, column] = np.inf
    return allowed


def spikes_of(experiment, element, arrays):
    """The steps of the spikes of an element, as far as they are recorded."""
    found = [by_element(experiment, name, arrays)[experiment.elements(record["from"]).index(element)]
             for name, record in experiment.records.items()
             if record["what"] == "spikes" and element in experiment.elements(record["from"])]
    return found[0] if found else np.array([])


def distance(rows, spikes):
    """Of each row to the nearest spike, in steps."""
    if not len(spikes):
        return np.full(len(rows), np.inf)
    after = np.searchsorted(spikes, rows).clip(max=len(spikes) - 1)
    return np.minimum(np.abs(spikes[after] - rows), np.abs(rows - spikes[(after - 1).clip(min=0)]))


def in_every_step(experiment, scratch):
    """The experiment with what it records in every step."""
    path = Path(scratch) / experiment.path.name
    path.write_text(re.sub(r"(?m)^every = .*$", "", experiment.path.read_text()))
    return Experiment(path, experiment.units)


def outside_spikes(experiment):
    return "outside spikes" in experiment.path.read_text().splitlines()[0]


def change(values):
    """The larger of the changes to the row before and to the row after."""
    steps = np.abs(np.diff(values, axis=0))
    none = np.zeros_like(values[:1])
    return np.maximum(np.concatenate([none, steps]), np.concatenate([steps, none]))


def error(key, got, expected, slack):
    off = np.abs(got - expected) - slack
    largest = float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))
    return largest if key.rpartition(".")[2].startswith("V") else largest / max(1.0, float(np.abs(expected).max()))


def models(experiment):
    """The models of the populations that are recorded."""
    said = [record["from"] for record in experiment.records.values()]
    names = [experiment.populations[name]["model"] for one in said for name, _ in experiment.elements(one)]
    return ", ".join(dict.fromkeys(names))[:28]


def row(experiment, errors):
    """The columns of the table: max |dV|, spike times, worst array, those out of tolerance."""
    is_spikes = lambda key: experiment.records[key.partition(".")[0]]["what"] == "spikes"
    dv = max((e for key, e in errors.items() if key.rpartition(".")[2].startswith("V")), default=0.0)
    spikes = "DIFFER" if any(e for key, e in errors.items() if is_spikes(key)) else "equal"
    worst, largest = max(errors.items(), key=lambda pair: pair[1])
    return f"{dv:9.2e} {spikes:6} {f'{worst} {largest:.1e}':28}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("binary", type=Path)
    p.add_argument("cases", nargs="*", help="default: all")
    p.add_argument("--device", action="append", choices=["cpu", "gpu"], help="default: both")
    p.add_argument("--every-step", action="store_true", help="compare traces in every step; only cases with a live reference")
    p.add_argument("--at-least", type=float, default=0.0, metavar="MS",
                   help="run longer than the cases say; only those with a live reference")
    a = p.parse_args()

    failed = 0
    print(f"{'case':32} {'model':28} {'device':6} {'against':7} {'max |dV|':>9} {'spikes':6} {'worst':28} out of tolerance")
    with tempfile.TemporaryDirectory() as scratch:
        for voice, (package, maker, units) in VOICES.items():
            paths = [path for path in case_files(voice) if not a.cases or path.stem in a.cases]
            for path in paths:
                experiment = asked(Experiment(path, units), a, scratch)
                if experiment.is_changed and not importlib.util.find_spec(package):
                    continue
                theirs, against = reference(experiment, package, maker)
                failed += sum(holds_not(a.binary, experiment, device, theirs, against) for device in a.device or ["cpu", "gpu"])
    print(f"{failed} violations of |dV| <= {TOLERANCE} mV and equal spikes" if failed else "all hold")
    return 1 if failed else 0


def asked(experiment, a, scratch):
    """The experiment as the arguments ask for it, and whether that is another one than the committed."""
    duration = max(a.at_least, experiment.duration)
    changed = a.every_step or duration > experiment.duration
    if a.every_step:
        experiment = in_every_step(experiment, scratch)
    experiment.last(duration)
    experiment.is_changed = changed
    return experiment


def holds_not(binary, experiment, device, theirs, against):
    """Prints the row of a case on a device; whether something is out of tolerance."""
    try:
        errors = compare(experiment, run_synfire(binary, experiment, device), theirs)
        columns = row(experiment, errors)
        tolerance = OUTSIDE if outside_spikes(experiment) else TOLERANCE
        problems = [key for key, e in errors.items() if e > tolerance]
    except (RuntimeError, OSError) as e:
        columns, problems = f"{'':9} {'':6} {'':28}", [str(e)]
    name = experiment.path.stem
    print(f"{name:32} {models(experiment):28} {device:6} {against:7} {columns} {', '.join(problems)}", flush=True)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
