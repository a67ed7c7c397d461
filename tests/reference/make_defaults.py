# requirements: nest-simulator==3.10.0
"""Writes nest_defaults.json: default values of every parameter, and the recordables, of the models of NEST 3.10.0 named on
the command line, added to those that the file has.

    python make_defaults.py [model ...]
"""
import json
import sys

import nest
import numpy as np

from experiment import HERE

MODELS = ["iaf_psc_alpha", "iaf_psc_exp", "iaf_psc_delta", "parrot_neuron", "poisson_generator", "spike_generator",
          "dc_generator", "static_synapse"]
# What NEST keeps about a model, as opposed to what the model computes with.
BOOKKEEPING = {
    "archiver_length", "available", "capacity", "element_type", "elementsize", "frozen", "global_id", "has_delay",
    "instantiations", "label", "local", "model", "model_id", "node_uses_wfr", "num_connections", "recordables",
    "requires_symmetric", "sizeof", "stimulus_source", "synapse_model", "synapse_modelid", "synaptic_elements", "thread",
    "thread_local_id", "type_id", "vp", "weight_recorder",
    # of every archiving node: structural plasticity, spike history, the ignore-and-spike mode
    "Ca", "beta_Ca", "tau_Ca", "ignore_and_spike", "ignore_and_spike_interval", "ignore_and_spike_offset", "post_trace",
    "t_spike", "tau_minus", "tau_minus_triplet", "flush_event_send_interval",
}


def plain(value):
    """JSON has no infinities; NEST also says the largest double for one. Both become "inf" or "-inf"."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items())}
    if isinstance(value, float) and abs(value) >= sys.float_info.max:
        return "inf" if value > 0 else "-inf"
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def defaults(model):
    said = nest.GetDefaults(model)
    return dict(defaults={k: plain(v) for k, v in sorted(said.items()) if k not in BOOKKEEPING},
                recordables=sorted(map(str, said.get("recordables", []))))


path = HERE / "nest_defaults.json"
models = json.loads(path.read_text())["models"] if path.exists() else {}
models |= {model: defaults(model) for model in sys.argv[1:] or MODELS}
path.write_text(json.dumps(dict(nest=nest.__version__, models=dict(sorted(models.items()))), indent=2) + "\n")
