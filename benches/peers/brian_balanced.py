# requires Brian2 2.9, numpy < 2.4 and a C++ compiler with OpenMP
"""The balanced networks of Vogels & Abbott (2005) in Brian2's C++ standalone mode: 4,000 * scale neurons, any two connected so
that a neuron has about 80 inputs."""
import os
import subprocess
import tempfile

import brian2 as b2
from common import arguments, clock, report

parser = arguments(__doc__, scale=1.0)
parser.add_argument("--network", choices=["coba", "cuba"], default="coba")
a = parser.parse_args()
EQUATIONS = {
    "coba": """dv/dt = (ge * (0*mV - v) + gi * (-80*mV - v) - 60*mV - v + 20*mV) / (20*ms) : volt (unless refractory)
               dge/dt = -ge / (5*ms) : 1
               dgi/dt = -gi / (10*ms) : 1""",
    "cuba": """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
               dge/dt = -ge / (5*ms) : volt
               dgi/dt = -gi / (10*ms) : volt""",
}
START = {"coba": "-55*mV + 2*mV*randn()", "cuba": "-60*mV + rand()*10*mV"}
WEIGHTS = {"coba": ("ge += 0.6", "gi += 6.7"), "cuba": ("ge += 1.62*mV", "gi -= 9*mV")}

with tempfile.TemporaryDirectory() as folder:
    begin = clock()
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = a.threads
    b2.defaultclock.dt = 0.1 * b2.ms
    b2.seed(a.seed)
    n = round(4000 * a.scale)
    n_exc = 4 * n // 5
    method = "exponential_euler" if a.network == "coba" else "exact"
    group = b2.NeuronGroup(n, EQUATIONS[a.network], threshold="v > -50*mV", reset="v = -60*mV",
                           refractory=5 * b2.ms, method=method)
    group.v = START[a.network]
    synapses = []
    for part, on_pre in zip((group[:n_exc], group[n_exc:]), WEIGHTS[a.network]):
        synapses.append(b2.Synapses(part, group, on_pre=on_pre))
        synapses[-1].connect(p=80 / n)
    net = b2.Network(group, *synapses)
    net.run(a.warmup_ms * b2.ms)
    spikes = b2.SpikeMonitor(group, record=False)
    net.add(spikes)
    net.run(a.sim_ms * b2.ms)
    device = b2.get_device()
    device.build(directory=folder, compile=True, run=False, with_output=False)
    device.results_dir = os.path.join(folder, "results", "")
    os.makedirs(device.results_dir, exist_ok=True)
    child = subprocess.Popen(["./main", "--results_dir", device.results_dir], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    done = clock()
    if status:
        raise SystemExit(f"the generated program failed with status {status}")
    device.has_been_run = True
    with open(os.path.join(device.results_dir, "last_run_info.txt")) as info:
        run_s = float(info.read().split()[0])
    report("brian2-" + b2.__version__, a.network, n_neurons=n, n_synapses=sum(len(it) for it in synapses),
           sim_ms=a.sim_ms, build_s=done - begin - run_s, run_s=run_s, n_spikes=int(spikes.num_spikes),
           threads=a.threads, rss_mb=usage.ru_maxrss / 1024)
