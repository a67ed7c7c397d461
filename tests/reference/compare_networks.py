# requirements: numpy, and for live comparison nest-simulator==3.10.0
"""Population statistics of the networks in networks/ beside NEST 3.10.0, over seeds: a table, and 1 as the exit code where a rate
lies outside max(2 %, the spread of NEST's seeds).

Both simulators read the same file and draw connections, initial values and noise of their own, from every seed anew: no
alignment of any kind. NEST runs live where it is installed and `--committed` is not given, otherwise the committed
networks/nest.json is what it gave; `--save` writes that file.

    python compare_networks.py [--binary target/release/synfire] [--seeds 10] [--scale 12.5] [--save] [network ...]
"""
import argparse
import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiment import HERE, Experiment
from spike_statistics import measure, spread

FOLDER = HERE / "networks"
COMMITTED = FOLDER / "nest.json"
# Rates count from here on [ms]: the networks have settled, and what starts them is over.
SETTLED_MS = 100.0
# Networks without any drive may fall silent for good; their statistics are those of the seeds that spike in this last part [ms].
ALIVE_MS = 100.0
# Rates within 2 % of NEST's hold, whatever its seeds do.
TOLERANCE = 0.02
# Networks every connection of which draws its port, and how many there are.
RANDOM_PORTS = {"brunel_exp_multisynapse": 100}
# Windows [ms] of networks that do one thing after the other; each is a row of its own.
PHASES = {"wang": {"before the stimulus": (200.0, 500.0), "decided": (1500.0, 2000.0)}}
# Phases in which one of two populations has won: by seed another one, so the rates are those of the winner and the loser.
RIVALS = {"decided": ("first", "second")}
# The threshold of Wang (2002): a seed in which no rival fires this often has not decided, and does not count.
DECIDED_HZ = 15.0


def load(name, scale):
    """The network with `scale` times as many neurons and sources of each, as Brunel's `order` has it."""
    experiment = Experiment(FOLDER / f"{name}.toml")
    for population in experiment.populations.values():
        if "size" in population:
            population["size"] = round(population["size"] * scale)
    for projection in experiment.projections:
        if "fixed_indegree" in projection.get("rule", {}):
            projection["rule"]["fixed_indegree"] = round(projection["rule"]["fixed_indegree"] * scale)
    return experiment


def phases(name, experiment, title):
    """{title: window} of what is compared; a network that settles is compared once."""
    settled = (SETTLED_MS, experiment.duration)
    return {f"{title} {phase}".strip(): (phase, window) for phase, window in PHASES.get(name, {"": settled}).items()}


def statistics(experiment, spikes, phase, window):
    """{population: {measure: value}} of what was recorded in a window; none where that does not count: the network has
    fallen silent or nothing is decided."""
    last = max((times[-1] for key, times in spikes.items() if key.endswith(".times") and len(times)), default=0.0)
    if last < experiment.duration - ALIVE_MS:
        return None
    found = {name: measure(spikes[f"{name}.times"], spikes[f"{name}.senders"], len(experiment.elements(record["from"])), window)
             for name, record in experiment.records.items()}
    return by_success(found, *RIVALS[phase]) if phase in RIVALS else found


def by_success(found, first, second):
    """The measures with the two rivals as winner and loser, none where nothing is decided; how often the first one wins is a
    measure too."""
    a, b = found.pop(first), found.pop(second)
    winner, loser = sorted([a, b], key=lambda of: of["rate_hz"], reverse=True)
    if winner["rate_hz"] < DECIDED_HZ:
        return None
    return dict(winner=winner | {"won_by_first": float(winner is a)}, loser=loser) | found


def nest(name, experiment, seed, threads):
    import make_nest

    return make_nest.simulate(experiment, seed, threads, RANDOM_PORTS.get(name))


def synfire(name, experiment, seed, binary, device):
    file = copy.deepcopy(experiment.file) | {"seed": seed}
    if name in RANDOM_PORTS:
        file["projection"] = spread_ports(experiment, RANDOM_PORTS[name], np.random.default_rng(seed))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.json"
        path.write_text(json.dumps(file))
        command = [binary, "run", path, "--device", device, "--out", Path(folder) / "out"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return {f"{record}.{key}": values for record in experiment.records
                for key, values in np.load(Path(folder) / "out" / f"{record}.npz").items()}


def spread_ports(experiment, n_ports, rng):
    """The projections with every connection at a port of its own choice: drawn by the rule here, listed by port."""
    listed = []
    for projection in experiment.projections:
        n_sources = len(experiment.elements(projection["from"]))
        n_targets = len(experiment.elements(projection["to"]))
        degree = projection.get("rule", {}).get("fixed_indegree", 1)
        sources = rng.integers(n_sources, size=n_targets * degree)
        ports = rng.integers(n_ports, size=n_targets * degree)
        edges = np.stack([sources, np.repeat(np.arange(n_targets), degree)], axis=1)
        for port in np.unique(ports):
            rule = {"edges": edges[ports == port].tolist()}
            listed.append(projection | dict(name=f"{projection['from']}_{port + 1}", rule=rule, port=int(port) + 1))
    return listed


def over_seeds(runs):
    """How many seeds there were, how many count, and {population: {measure: spread}} of these."""
    seeds, runs = len(runs), [run for run in runs if run]
    values = lambda population, key: [run[population][key] for run in runs if key in run[population]]
    keys = lambda population: dict.fromkeys(key for run in runs for key in run[population])
    populations = {population: {key: spread(found) for key in keys(population) if len(found := values(population, key)) > 1}
                   for population in runs[0]}
    return dict(seeds=seeds, alive=len(runs), populations=populations)


def band(theirs):
    """How far a rate may be from NEST's mean: 2 %, or as far as NEST's own seeds are."""
    mean = theirs["mean"]
    return max(TOLERANCE * mean, theirs["max"] - mean, mean - theirs["min"])


def table(title, theirs, ours):
    """Prints a row for each population; how many rates lie outside."""
    outside = 0
    alive = lambda of: f"{of['alive']}/{of['seeds']}"
    title = f"{title} ({alive(theirs)}, {alive(ours)})"
    for population, expected in theirs["populations"].items():
        cells = []
        for key in ("rate_hz", "cv", "correlation", "won_by_first"):
            found = ours["populations"][population]
            if key in expected and key in found:
                a, b = expected[key], found[key]
                cells.append(f"{key} {a['mean']:8.4f} ± {a['sd']:.4f} | {b['mean']:8.4f} ± {b['sd']:.4f}")
        a, b = expected["rate_hz"], found["rate_hz"]
        within = abs(b["mean"] - a["mean"]) <= band(a)
        outside += not within
        print(f"{title:38} {population:6} ratio {b['mean'] / a['mean']:.4f} band {band(a) / a['mean']:.4f} "
              f"{'within ' if within else 'OUTSIDE'}  {'   '.join(cells)}", flush=True)
    return outside


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("networks", nargs="*", help="default: all")
    p.add_argument("--binary", type=Path, help="without it only NEST runs")
    p.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--threads", type=int, default=1, help="of NEST")
    p.add_argument("--committed", action="store_true", help="compare with networks/nest.json, do not run NEST")
    p.add_argument("--save", action="store_true", help="write what NEST gave to networks/nest.json")
    a = p.parse_args()

    outside = 0
    print("network (seeds that count of all, see `statistics`: NEST, synfire), population: synfire / NEST; then for each measure "
          "NEST's mean ± sd over seeds | synfire's")
    for name in a.networks or [path.stem for path in sorted(FOLDER.glob("*.toml"))]:
        experiment = load(name, a.scale)
        compared = phases(name, experiment, name if a.scale == 1.0 else f"{name} x{a.scale:g}")
        if a.committed:
            theirs = json.loads(COMMITTED.read_text())
        else:
            theirs = every_seed(experiment, compared, a.seeds, lambda seed: nest(name, experiment, seed, a.threads))
            if a.save:
                save(theirs)
        ours = {}
        if a.binary:
            ours = every_seed(experiment, compared, a.seeds, lambda seed: synfire(name, experiment, seed, a.binary, a.device))
        for title in compared:
            if a.binary:
                outside += table(title, theirs[title], ours[title])
            else:
                print(title, {k: v["rate_hz"] for k, v in theirs[title]["populations"].items()}, flush=True)
    return 1 if outside else 0


def every_seed(experiment, compared, seeds, simulate):
    """{title: what `over_seeds` says, and its window} of everything that is compared."""
    runs = []
    for seed in range(1, seeds + 1):
        spikes = simulate(seed)
        runs.append({title: statistics(experiment, spikes, *window) for title, window in compared.items()})
    return {title: dict(from_ms=start, to_ms=end) | over_seeds([run[title] for run in runs])
            for title, (_, (start, end)) in compared.items()}


def save(found):
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    COMMITTED.write_text(json.dumps(committed | found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
