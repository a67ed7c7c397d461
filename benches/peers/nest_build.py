# requires nest-simulator 3.10
"""Construction in NEST: 10^8 * scale synapses, 1000 inputs a neuron; --drawn gives each a weight and delay of its own."""
import nest
from common import arguments, clock, report

parser = arguments(__doc__, scale=1.0)
parser.add_argument("--drawn", action="store_true")
a = parser.parse_args()
nest.verbosity = nest.VerbosityLevel.ERROR
nest.set(local_num_threads=a.threads, resolution=0.1, rng_seed=a.seed)
begin = clock()
cells = nest.Create("iaf_psc_exp", round(100_000 * a.scale))
synapse = dict(synapse_model="static_synapse_hpc", weight=20.0, delay=1.5)
if a.drawn:
    delay = nest.math.redraw(nest.random.normal(1.5, 0.75), 0.1, 5.0)
    synapse = dict(synapse_model="static_synapse", weight=nest.random.normal(20.0, 2.0), delay=delay)
nest.Connect(cells, cells, dict(rule="fixed_indegree", indegree=1000), synapse)
nest.Prepare()
built = clock()
report("nest-" + nest.__version__, "build-drawn" if a.drawn else "build", n_neurons=len(cells),
       n_synapses=1000 * len(cells), sim_ms=0.0, build_s=built - begin, run_s=0.0, n_spikes=0, threads=a.threads)
