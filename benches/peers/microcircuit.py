"""The cortical microcircuit of Potjans & Diesmann (2014), doi:10.1093/cercor/bhs358: its published tables, and what follows
from them. Run as a script it writes `assets/bench/pd14.toml`, the experiment that `synfire bench pd14` reads, so that the
peers and synfire take their numbers from one place.

Numbers of synapses follow from connection probabilities with multapses: p = 1 - (1 - 1 / (N_pre N_post))^K. A network of
`scale` times the neurons and in-degrees keeps mean and variance of its input (van Albada et al. (2015),
doi:10.1371/journal.pcbi.1004490): weights are divided by sqrt(scale), and a current stands for the mean that is lost."""
import math

NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
EXTERNAL = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]  # inputs from outside, 8 Hz each
RATES = [0.943, 3.026, 4.368, 5.882, 7.733, 8.664, 1.096, 7.851]  # Hz, of the full network
PROBABILITIES = [  # [target][source]
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
]
V_MEAN = [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]  # mV, initial potentials
V_STD = [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]
NEURON = dict(E_L=-65.0, V_th=-50.0, V_reset=-65.0, C_m=250.0, tau_m=10.0, t_ref=2.0, tau_syn_ex=0.5, tau_syn_in=0.5)
BACKGROUND = 8.0  # Hz
SPREAD = 0.1  # standard deviation of weights over their mean
DELAYS = [1.5, 0.75]  # ms, means of excitatory and inhibitory sources; half of it is the standard deviation


def current_per_potential():
    """Amplitude in pA of an exponential current whose potential peaks 1 mV above rest."""
    tau, syn, b = NEURON["tau_m"], NEURON["tau_syn_ex"], 1 / NEURON["tau_syn_ex"] - 1 / NEURON["tau_m"]
    peak = math.log(tau / syn) / b
    return NEURON["C_m"] * b / (math.exp(-peak / tau) - math.exp(-peak / syn))


def synapses(target, source):
    """Number of synapses of the full network, not rounded."""
    pairs = SIZES[target] * SIZES[source]
    return math.log1p(-PROBABILITIES[target][source]) / math.log1p(-1 / pairs)


def weight(target, source):
    """Mean weight of the full network in pA: 0.15 mV, doubled from L4E to L23E, -4 times as much from inhibitory ones."""
    factor = -4.0 if source % 2 else 2.0 if (target, source) == (0, 2) else 1.0
    return 0.15 * factor * current_per_potential()


def external_weight():
    return 0.15 * current_per_potential()


def mean_input(target):
    """Mean current in pA that spikes bring at the published rates."""
    inside = sum(weight(target, k) * synapses(target, k) / SIZES[target] * RATES[k] for k in range(8))
    outside = external_weight() * EXTERNAL[target] * BACKGROUND
    return 0.001 * NEURON["tau_syn_ex"] * (inside + outside)


class Microcircuit:
    """What a network of `scale` times the neurons and in-degrees is made of."""

    def __init__(self, scale):
        root = math.sqrt(scale)
        pairs = [(t, s) for t in range(8) for s in range(8) if PROBABILITIES[t][s] > 0]
        self.sizes = [round(n * scale) for n in SIZES]
        self.background_hz = [BACKGROUND * round(k * scale) for k in EXTERNAL]
        self.external_weight = external_weight() / root
        self.current = [(1 - root) * mean_input(k) for k in range(8)]
        self.projections = [
            dict(target=t, source=s, n=round(synapses(t, s) * scale**2), weight=weight(t, s) / root, delay=DELAYS[s % 2])
            for t, s in pairs
        ]
        self.n_neurons = sum(self.sizes)
        self.n_synapses = sum(it["n"] for it in self.projections)


def experiment(scale=1.0, duration="1 s", records=False):
    """The network as an experiment file, which records all spikes where wanted."""
    full = Microcircuit(scale)
    units = dict(E_L="mV", V_th="mV", V_reset="mV", C_m="pF", tau_m="ms", t_ref="ms", tau_syn_ex="ms", tau_syn_in="ms")
    params = ", ".join(f'{name} = "{value:g} {units[name]}"' for name, value in NEURON.items())
    text = [
        "# Cortical microcircuit of Potjans & Diesmann (2014), doi:10.1093/cercor/bhs358, with Poisson drive.",
        "# Written by benches/peers/microcircuit.py, which holds the published tables.",
        'dt = "0.1 ms"', f'duration = "{duration}"', "seed = 1",
    ]
    for k, name in enumerate(NAMES):
        text += [
            "", f"[population.{name}]", 'model = "iaf_psc_exp"', f"size = {full.sizes[k]}", f"params = {{ {params} }}",
            f'init = {{ V_m = {{ normal = ["{V_MEAN[k]} mV", "{V_STD[k]} mV"] }} }}',
            *([f'input = {{ I = "{full.current[k]:.9f} pA" }}'] if scale != 1.0 else []),
            "", f"[population.drive_{name}]", 'model = "poisson_generator"',
            f'params = {{ rate = "{full.background_hz[k]:g} Hz" }}',
        ]
    for name in NAMES:
        text += ["", "[[projection]]", f'from = "drive_{name}"', f'to = "{name}"', 'rule = "all_to_all"',
                 f'weight = "{full.external_weight:.9f} pA"', 'delay = "1.5 ms"']
    for it in full.projections:
        mean, far = it["weight"], 20 * abs(it["weight"])
        low, high = (-far, 0) if mean < 0 else (0, far)
        # a delay of less than half a step counts as one; what is beyond 20 ms is never drawn
        text += ["", "[[projection]]", f'from = "{NAMES[it["source"]]}"', f'to = "{NAMES[it["target"]]}"',
                 f"rule = {{ fixed_total_number = {it['n']} }}",
                 f"weight = {{ truncated_normal = [{mean:.9f}, {SPREAD * abs(mean):.9f}, {low:.6g}, {high:.6g}] }}",
                 f'delay = {{ truncated_normal = [{it["delay"]}, {it["delay"] / 2}, 0.05, 20.0] }}']
    for name in NAMES if records else []:
        text += ["", f"[record.{name}]", f'from = "{name}"', 'what = "spikes"']
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    import pathlib

    file = pathlib.Path(__file__).parents[2] / "assets" / "bench" / "pd14.toml"
    file.write_text(experiment())
    for k, name in enumerate(NAMES):
        print(f'("{name}", {mean_input(k):.6f}),')
    print(Microcircuit(1.0).n_synapses, Microcircuit(0.1).n_synapses)
