# requirements: numpy, and for live comparison those of make_nest.py or make_brainpy.py
"""Runs a synfire binary on every case of this folder and compares it with the reference simulator where that is installed,
otherwise with the committed npz. Prints a table; exits with 1 when a case does not hold.

    python compare_live.py target/release/synfire [--device cpu] [--device gpu] [--at-least 1000] [case ...]
"""
import argparse
import importlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiment import BRAINPY_UNITS, HERE, NEST_UNITS, Experiment, case_files

VOICES = {"NEST": ("nest", "make_nest", NEST_UNITS), "brainpy.state": ("brainpy_state", "make_brainpy", BRAINPY_UNITS)}
TOLERANCE = 1e-3  # mV, the bound of the design on |dV|; for currents in pA and conductances in S it is relative
# Cases whose first line says "outside spikes" may be off by 5e-3, and by what a value changes in a hundredth of a step.
OUTSIDE = 5e-3


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
    slack = 0.01 if outside_spikes(experiment) else 0.0
    return {key: error(key.rpartition(".")[2], ours[key], expected, experiment.dt, slack) if key in ours else np.inf
            for key, expected in theirs.items()}


def outside_spikes(experiment):
    return "outside spikes" in experiment.path.read_text().splitlines()[0]


def change(values):
    """The larger of the changes to the row before and to the row after."""
    steps = np.abs(np.diff(values, axis=0))
    none = np.zeros_like(values[:1])
    return np.maximum(np.concatenate([none, steps]), np.concatenate([steps, none]))


def error(variable, got, expected, dt, slack):
    if got.shape != expected.shape:
        return np.inf
    if variable == "senders":
        return 0.0 if np.array_equal(got, expected) else np.inf
    if variable == "times":
        return 0.0 if np.array_equal(np.rint(got / dt), np.rint(expected / dt)) else np.inf
    off = np.abs(got - expected) - slack * change(expected)
    largest = float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))
    return largest if variable.startswith("V") else largest / max(1.0, float(np.abs(expected).max()))


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
    p.add_argument("--at-least", type=float, default=0.0, metavar="MS",
                   help="run longer than the cases say; only those with a live reference")
    a = p.parse_args()

    failed = 0
    print(f"{'case':32} {'model':28} {'device':6} {'against':7} {'max |dV|':>9} {'spikes':6} {'worst':28} out of tolerance")
    for voice, (package, maker, units) in VOICES.items():
        for path in case_files(voice):
            if a.cases and path.stem not in a.cases:
                continue
            experiment = Experiment(path, units)
            if a.at_least > experiment.duration:
                if not importlib.util.find_spec(package):
                    continue
                experiment.last(a.at_least)
            theirs, against = reference(experiment, package, maker)
            for device in a.device or ["cpu", "gpu"]:
                try:
                    errors = compare(experiment, run_synfire(a.binary, experiment, device), theirs)
                    columns = row(experiment, errors)
                    tolerance = OUTSIDE if outside_spikes(experiment) else TOLERANCE
                    problems = [key for key, e in errors.items() if e > tolerance]
                except (RuntimeError, OSError) as e:
                    columns, problems = f"{'':9} {'':6} {'':28}", [str(e)]
                failed += bool(problems)
                print(f"{path.stem:32} {models(experiment):28} {device:6} {against:7} {columns} {', '.join(problems)}")
    print(f"{failed} violations of |dV| <= {TOLERANCE} mV and equal spikes" if failed else "all hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
