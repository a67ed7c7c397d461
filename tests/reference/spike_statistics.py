"""What the spikes of a population say: rate, irregularity of the intervals, correlation of pairs."""
import numpy as np

LEAST_INTERVALS = 5  # fewer say little of a neuron's irregularity
BIN_MS = 10.0
PAIRS_OF = 200  # neurons of a population whose pairs are correlated: the first that spike


def measure(times, senders, size, window):
    """Rate [Hz], mean CV of the intervals between spikes, mean correlation of spike counts, in a window of (start, end) ms;
    the latter two are left out where too few neurons spike to say them."""
    inside = (times > window[0]) & (times <= window[1])
    times, senders = times[inside], senders[inside]
    order = np.lexsort((times, senders))
    times, senders = times[order], senders[order]
    found = dict(rate_hz=1000.0 * len(times) / size / (window[1] - window[0]))
    cv = interval_cv(times, senders, size)
    if len(cv):
        found["cv"] = float(np.mean(cv))
    correlation = count_correlation(times, senders, window)
    if correlation is not None:
        found["correlation"] = correlation
    return found


def interval_cv(times, senders, size):
    """Standard deviation over mean of the intervals of every neuron that has enough; spikes come sorted by neuron."""
    same = senders[1:] == senders[:-1]
    intervals, owners = np.diff(times)[same], senders[1:][same]
    count = np.bincount(owners, minlength=size)
    mean = np.bincount(owners, intervals, size) / np.maximum(count, 1)
    variance = np.bincount(owners, (intervals - mean[owners]) ** 2, size) / np.maximum(count - 1, 1)
    enough = count >= LEAST_INTERVALS
    return np.sqrt(variance[enough]) / mean[enough]


def count_correlation(times, senders, window):
    """Mean Pearson correlation of the spike counts in bins, over all pairs of some neurons."""
    chosen = np.unique(senders)[:PAIRS_OF]
    if len(chosen) < 2:
        return None
    edges = np.arange(window[0], window[1] + 1e-6, BIN_MS)
    counts = np.stack([np.histogram(times[senders == one], edges)[0] for one in chosen])
    counts = counts[counts.std(axis=1) > 0]
    if len(counts) < 2:
        return None
    matrix = np.corrcoef(counts)
    return float((matrix.sum() - len(counts)) / (len(counts) * (len(counts) - 1)))


def spread(values):
    """Mean, standard deviation and extremes over seeds."""
    return dict(mean=round(float(np.mean(values)), 5), sd=round(float(np.std(values, ddof=1)), 5),
                min=round(float(min(values)), 5), max=round(float(max(values)), 5))
