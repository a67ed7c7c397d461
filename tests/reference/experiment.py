"""Reads an experiment file (TOML) for the reference scripts: units, slices, connection lists, records."""
import re
import tomllib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

# Unit -> (dimension, power of ten that leads to SI).
UNITS = {
    "s": ("time", 0), "ms": ("time", -3), "us": ("time", -6),
    "V": ("voltage", 0), "mV": ("voltage", -3),
    "A": ("current", 0), "mA": ("current", -3), "uA": ("current", -6), "nA": ("current", -9), "pA": ("current", -12),
    "S": ("conductance", 0), "mS": ("conductance", -3), "uS": ("conductance", -6), "nS": ("conductance", -9),
    "F": ("capacitance", 0), "uF": ("capacitance", -6), "nF": ("capacitance", -9), "pF": ("capacitance", -12),
    "1/(mM ms)": ("binding", 3), "Hz": ("rate", 0), "kHz": ("rate", 3), "1/ms": ("rate", 3),
    "ohm": ("resistance", 0), "Mohm": ("resistance", 6),
    "mV/ms": ("slope", 0), "1/mV": ("inverse voltage", 3), "mM": ("concentration", 0),
}
NEST_UNITS = dict(time="ms", voltage="mV", current="pA", conductance="nS", capacitance="pF", rate="Hz")
BRAINPY_UNITS = {"time": "ms", "voltage": "mV", "current": "mA", "conductance": "S", "rate": "1/ms", "resistance": "ohm",
                 "capacitance": "uF", "slope": "mV/ms", "inverse voltage": "1/mV", "concentration": "mM", "binding": "1/(mM ms)"}


class Experiment:
    """The parsed file. Values come out as plain numbers in `units`."""

    def __init__(self, path, units=NEST_UNITS):
        self.path = Path(path)
        self.units = units
        self.file = tomllib.loads(self.path.read_text())
        self.dt = self.value(self.file["dt"])
        self.last(self.value(self.file["duration"]))
        self.populations = self.file["population"]
        self.projections = self.file.get("projection", [])
        self.records = self.file["record"]

    def last(self, duration):
        """Sets how long it runs, in ms."""
        self.duration = duration
        self.steps = round(duration / self.dt)

    def value(self, said):
        """A number in the unit of its dimension, from `20.0`, `"20 mV"`, a list or a table of these."""
        if isinstance(said, list):
            return [self.value(v) for v in said]
        if isinstance(said, dict):
            return {k: self.value(v) for k, v in said.items()}
        quantity = re.fullmatch(r"(\S+) (.+)", said) if isinstance(said, str) else None
        if not quantity:
            return said
        dimension, power = UNITS[quantity[2]]
        # Decimal arithmetic on the exponent keeps "0.1 ms" the double nearest to 0.1.
        return float(f"{quantity[1]}e{power - UNITS[self.units[dimension]][1]}")

    def size(self, name):
        return self.populations[name].get("size", 1)

    def elements(self, said):
        """`"exc[0..50]"` or a list of such as a list of (population, index)."""
        if isinstance(said, list):
            return [e for one in said for e in self.elements(one)]
        name, first, last = re.fullmatch(r"(\w+)(?:\[(\d+)\.\.(\d+)\])?", said).groups()
        indices = range(int(first), int(last)) if first else range(self.size(name))
        return [(name, i) for i in indices]

    def save(self, arrays):
        np.savez_compressed(self.path.with_suffix(".npz"), **arrays)


def case_files(voice):
    """The experiment files here whose first line names `voice` ("NEST" or "brainpy.state") as their reference."""
    return [f for f in sorted(HERE.glob("*.toml")) if f"Reference: {voice}" in f.read_text().splitlines()[0]]
