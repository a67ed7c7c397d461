#!/usr/bin/env python3
"""Runs a peer and `synfire bench` in turn and prints medians, their ratio and both rates.

    benches/side_by_side.py pd14 --scale 0.1 --nest /opt/nest/bin/python
    benches/side_by_side.py coba --scale 10 --brian python3 --device gpu --repeat 5 --json out.jsonl

The interpreters are those that have the peers installed (the first line of each script in `benches/peers` says what it
needs); only peers with an interpreter run. Without any, synfire runs alone. `plot_sizes.py` draws the lines of --json."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SYNFIRE = HERE.parent / "target" / "release" / "synfire"

# workload: for every peer its script with what it is called with; {scale} and {indegree} are filled in
PEERS = {
    "coba": {"brian": "brian_balanced.py --network coba --scale {scale}"},
    "cuba": {"brian": "brian_balanced.py --network cuba --scale {scale}"},
    "balanced": {"brainpy": "brainpy_balanced.py --scale {scale}"},
    "brunel-readme": {
        "nest": "nest_brunel.py --preset readme --order {scale:.0f} --indegree {indegree}",
        "brainpy": "brainpy_brunel.py --order {scale:.0f}",
    },
    "brunel-alpha": {"nest": "nest_brunel.py --preset alpha --order {scale:.0f} --indegree {indegree}"},
    "pd14": {"nest": "nest_pd14.py --scale {scale}"},
    "build": {"nest": "nest_build.py --scale {scale}"},
    "build-drawn": {"nest": "nest_build.py --scale {scale} --drawn"},
}
SCALES = {"brunel-readme": 400.0, "brunel-alpha": 400.0}


def last_line(command):
    """Runs a command and reads the line of JSON that it ends with."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(lines[-1])


def commands(a):
    """The command of synfire, then those of the peers that can run, by name."""
    ours = [str(a.synfire), "bench", a.workload, "--scale", f"{a.scale:g}", "--device", a.device]
    ours += ["--duration", f"{a.sim_ms:g} ms"]
    ours += ["--threads", str(a.threads)] if a.device == "cpu" else []
    ours += ["--indegree", str(a.indegree)] if a.indegree else []
    found = {"synfire": ours}
    for peer, call in PEERS.get(a.workload, {}).items():
        interpreter = getattr(a, peer)
        if interpreter is None:
            continue
        script, *rest = call.format(scale=a.scale, indegree=a.indegree).split()
        times = ["--sim-ms", f"{a.sim_ms:g}", "--threads", str(a.threads)]
        found[peer] = [interpreter, str(HERE / "peers" / script), *rest, *times]
    return found


def commit():
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    return said.stdout.strip() or None


def measure(a):
    """Lines of all runs: every turn runs each of them once."""
    runs = {name: [] for name in commands(a)}
    for turn in range(a.repeat):
        for name, command in commands(a).items():
            line = last_line(command)
            if name == "synfire":
                line["commit"] = commit()
            runs[name].append(line)
            print(f"{turn + 1}/{a.repeat} {line['peer']}: build {line['build_s']} s, run {line['run_s']} s, "
                  f"{line['mean_rate_hz']} Hz", file=sys.stderr)
            if a.json:
                with open(a.json, "a") as out:
                    out.write(json.dumps(line) + "\n")
    return runs


def compare(a, runs):
    """A table of medians; a ratio is the peer's time over ours."""
    what = "build_s" if a.workload.startswith("build") else "rtf"
    median = lambda lines, field: statistics.median(line[field] for line in lines)
    ours = median(runs["synfire"], what)
    first = runs["synfire"][0]
    print(f"{a.workload}, scale {a.scale:g}: {first['n_neurons']} neurons, {first['n_synapses']} synapses, "
          f"{first['adapter']}; median (range) of {a.repeat}")
    print(f"| simulator | {what} | ratio | build_s | rate [Hz] | peak memory [MB] |\n|---|---|---|---|---|---|")
    for lines in runs.values():
        values = [line[what] for line in lines]
        ratio = median(lines, what) / ours if ours else float("nan")
        print(f"| {lines[0]['peer']} | {median(lines, what):.4g} ({min(values):.4g} to {max(values):.4g}) | {ratio:.2f} "
              f"| {median(lines, 'build_s'):.3g} | {median(lines, 'mean_rate_hz'):.2f} "
              f"| {median(lines, 'peak_rss_mb'):.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=sorted(PEERS))
    parser.add_argument("--scale", type=float)
    parser.add_argument("--indegree", type=int, default=0, help="inputs of a neuron, for Brunel's networks")
    parser.add_argument("--sim-ms", type=float, default=1000.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu", "auto"])
    parser.add_argument("--synfire", default=SYNFIRE, help="our program [target/release/synfire]")
    for peer in ("nest", "brian", "brainpy"):
        parser.add_argument("--" + peer, metavar="PYTHON", help=f"an interpreter that has {peer}")
    parser.add_argument("--json", metavar="FILE", help="append the line of every run to this file")
    a = parser.parse_args()
    a.scale = SCALES.get(a.workload, 1.0) if a.scale is None else a.scale
    compare(a, measure(a))


if __name__ == "__main__":
    main()
