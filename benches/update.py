# requirements: nest-simulator==3.10.0
"""Updates of neurons with adaptive steps beside NEST: the files in update/, run by both in turn with the same number of threads.
Wall time of the run alone; NEST records no spikes here, only counts them.

    python benches/update.py target/release/synfire [repeats]
"""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests" / "reference"))

import nest  # noqa: E402
import make_nest  # noqa: E402
from experiment import Experiment  # noqa: E402


def run_nest(experiment, threads):
    """Seconds of the run, and the rate in Hz."""
    nest.ResetKernel()
    nest.set(resolution=experiment.dt, local_num_threads=threads, rng_seed=1)
    nodes = {name: make_nest.create(experiment, name) for name in experiment.populations}
    for projection in experiment.projections:
        make_nest.connect(experiment, projection, nodes)
    nest.Prepare()
    begin = time.perf_counter()
    nest.Run(experiment.duration)
    seconds = time.perf_counter() - begin
    return seconds, 1000.0 * nest.local_spike_counter / experiment.size("cells") / experiment.duration


def run_synfire(binary, experiment, threads):
    with tempfile.TemporaryDirectory() as out:
        command = [binary, "run", experiment.path, "--device", "cpu", "--threads", str(threads), "--out", out]
        subprocess.run(command, check=True, capture_output=True)
        summary = json.loads((Path(out) / "summary.json").read_text())
    return summary["run_s"], summary["rates_hz"]["cells"]


def main(binary, repeats=1):
    for path in sorted((HERE / "update").glob("*.toml")):
        experiment = Experiment(path)
        for threads in (1, 2):
            for _ in range(int(repeats)):
                theirs, ours = run_nest(experiment, threads), run_synfire(binary, experiment, threads)
                print(f"{path.stem:16} {threads} threads: NEST {theirs[0]:7.2f} s ({theirs[1]:.2f} Hz)   synfire {ours[0]:6.2f} s "
                      f"({ours[1]:.2f} Hz)   synfire / NEST {ours[0] / theirs[0]:.3f}", flush=True)


main(*sys.argv[1:])
