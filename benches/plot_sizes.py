#!/usr/bin/env python3
"""Draws cost against size, one line a simulator, from the lines that `side_by_side.py --json FILE` or `synfire bench` wrote.

    benches/plot_sizes.py results.jsonl --benchmark coba --out coba.svg

A point is the median of its runs, a bar their range. Both axes are logarithmic; construction is drawn over synapses."""
import argparse
import collections
import json
import math
import statistics

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 420, 70, 170, 40, 50
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]  # after Okabe & Ito, for all eyes


def series(files, benchmark):
    """Times by simulator and size."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    x, y = ("n_synapses", "build_s") if benchmark.startswith("build") else ("n_neurons", "rtf")
    for file in files:
        with open(file, encoding="utf8") as lines:
            for line in map(json.loads, filter(str.strip, lines)):
                if line["benchmark"] == benchmark:
                    name = f"{line['peer']} {line.get('device', '')}".strip()
                    found[name][line[x]].append(line[y])
    return x, y, found


class Axis:
    """A logarithmic axis over whole decades, from `start` to `end` on the page."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.end = start, end

    def at(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        return [10.0**k for k in range(self.low, self.high + 1)]


def text(x, y, words, anchor="middle", turn=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{words}</text>'


def draw(title, names, found):
    labels = {"rtf": "seconds per biological second", "build_s": "seconds to build", "n_neurons": "neurons",
              "n_synapses": "synapses"}
    times = [time for sizes in found.values() for runs in sizes.values() for time in runs]
    x = Axis([size for sizes in found.values() for size in sizes], LEFT, WIDTH - RIGHT)
    y = Axis(times, HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text((x.start + x.end) / 2, TOP - 16, title)]
    for tick in x.ticks():
        out.append(f'<path d="M{x.at(tick):.1f} {y.start}V{y.end}" stroke="#ddd"/>')
        out.append(text(x.at(tick), y.start + 16, f"{tick:g}"))
    for tick in y.ticks():
        out.append(f'<path d="M{x.start} {y.at(tick):.1f}H{x.end}" stroke="#ddd"/>')
        out.append(text(x.start - 6, y.at(tick) + 4, f"{tick:g}", "end"))
    middle = (y.start + y.end) / 2
    out += [text((x.start + x.end) / 2, HEIGHT - 12, labels[names[0]]),
            text(18, middle, labels[names[1]], turn=f' transform="rotate(-90 18 {middle})"')]
    for k, (name, sizes) in enumerate(sorted(found.items(), key=lambda item: not item[0].startswith("synfire"))):
        colour = COLOURS[k % len(COLOURS)]
        points = [(x.at(size), y.at(statistics.median(sizes[size]))) for size in sorted(sizes)]
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for size, (a, b) in zip(sorted(sizes), points):
            bar = f"M{a:.1f} {y.at(min(sizes[size])):.1f}V{y.at(max(sizes[size])):.1f}"
            out.append(f'<path d="{bar}" stroke="{colour}"/><circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>')
        out.append(f'<g fill="{colour}">{text(x.end + 10, TOP + 12 + 18 * k, name, "start")}</g>')
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--out", required=True, help="the picture, SVG")
    a = parser.parse_args()
    *names, found = series(a.files, a.benchmark)
    if not found:
        raise SystemExit(f"no line of {a.benchmark} in {', '.join(a.files)}")
    with open(a.out, "w", encoding="utf8") as out:
        out.write(draw(f"{a.benchmark}: cost against size", names, found))


if __name__ == "__main__":
    main()
