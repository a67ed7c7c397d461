"""What the peers' scripts share: arguments, and the one line of JSON that each prints."""
import argparse
import json
import resource
import time

clock = time.perf_counter


def arguments(doc, **scale):
    """The arguments of every script; `scale` is how the size of the network is called, and its default."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in scale.items():
        parser.add_argument("--" + name, type=type(default), default=default)
    parser.add_argument("--sim-ms", type=float, default=1000.0, help="biological time that is measured")
    parser.add_argument("--warmup-ms", type=float, default=100.0, help="biological time before that")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser


def report(peer, benchmark, *, n_neurons, n_synapses, sim_ms, build_s, run_s, n_spikes, threads, rss_mb=None, **more):
    """Prints the result. `build_s` is all before the measured part, `n_spikes` those of all neurons within it."""
    if rss_mb is None:
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = sim_ms / 1000
    line = dict(
        peer=peer, benchmark=benchmark, n_neurons=int(n_neurons), n_synapses=int(n_synapses), dt_ms=0.1, sim_ms=sim_ms,
        build_s=round(build_s, 3), run_s=round(run_s, 4), rtf=round(run_s / seconds, 4) if seconds else 0.0,
        mean_rate_hz=round(n_spikes / n_neurons / seconds, 3) if seconds else 0.0,
        peak_rss_mb=round(rss_mb, 1), threads=threads)
    print(json.dumps(line | more), flush=True)
