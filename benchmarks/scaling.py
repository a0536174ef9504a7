"""How often what is said of scaling is true: N*, crossovers and break-even on made-up times.

Of each claim the share that holds, ours beside a bootstrap of rounds (percentile and BCa) and
Student's t on the logarithm of N* (delta method), from the same fits.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from concbench.reports.stats import curves, scaling
from concbench.reports.stats.crossings import crossings

Numbers = NDArray[np.float64]
Noise = Callable[[np.random.Generator, tuple[int, ...]], Numbers]
Ends = tuple[float, float]

ROUNDS = (3, 5, 8, 16)
AXES = [
    np.array([1.0, 2, 4, 8, 16, 32, 64]),
    np.array([1.0, 2, 4, 8, 16]),
    np.arange(1.0, 13),
    np.array([2.0, 4, 6, 8, 12, 16, 24, 32, 48]),
]
ROUND_NOISE = 0.1
"""Deviation of what the cells of a round share."""


def normal(chance: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
    return chance.normal(0, 0.03, shape)


def quiet(chance: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
    return chance.normal(0, 0.005, shape)


def disturbed(chance: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
    """A tail, and 6 % of the processes slower by up to a half."""
    slower = (chance.random(shape) < 0.06) * chance.uniform(0.1, 0.5, shape)
    return chance.exponential(0.03, shape) + slower


NOISES: dict[str, Noise] = {"quiet": quiet, "normal": normal, "disturbed": disturbed}


def noisy(chance: np.random.Generator, lines: Numbers, rounds: int, noise: Noise) -> Numbers:
    """Rounds of these times, (lines, rounds, points): the lines of a round share its noise."""
    shared = chance.normal(0, ROUND_NOISE, (1, rounds, 1))
    shape = (len(lines), rounds, lines.shape[1])
    return np.asarray(lines[:, None, :] * np.exp(shared + noise(chance, shape)))


def law(workers: Numbers, contention: float, most: float) -> Numbers:
    """Times by the Universal Scalability Law, with N* at `most`."""
    coherency = (1 - contention) / most**2
    return np.asarray(
        (1 + contention * (workers - 1) + coherency * workers * (workers - 1)) / workers
    )


def percentile(each: Numbers, chance: np.random.Generator) -> Ends:
    drawn = each[chance.integers(0, len(each), (1000, len(each)))].mean(axis=1)
    low, high = np.quantile(_peak(drawn), (0.025, 0.975))
    return float(low), float(high)


def bca(each: Numbers, chance: np.random.Generator) -> Ends:
    data = (each[:, 0], each[:, 2])

    def peak(shared: Numbers, exchange: Numbers, axis: int = -1) -> Numbers:
        return _peak(np.stack((shared.mean(axis), exchange.mean(axis)), axis=-1), 1)

    found = stats.bootstrap(
        data, peak, paired=True, n_resamples=500, vectorized=True, random_state=chance
    ).confidence_interval
    return float(found.low), float(found.high)


def delta(each: Numbers, chance: np.random.Generator) -> Ends:
    shared, _, exchange = each.mean(axis=0)
    if exchange <= 0 or shared <= 0:
        return 0.0, math.inf
    influence = (each[:, 0] / shared - each[:, 2] / exchange) / 2
    half = stats.t.ppf(0.975, len(each) - 1) * influence.std(ddof=1) / math.sqrt(len(each))
    centre = math.log(shared / exchange) / 2
    return math.exp(centre - half), math.exp(min(700.0, centre + half))


def _peak(means: Numbers, exchange: int = 2) -> Numbers:
    """N*, infinite where coherency is not above 0."""
    above, below = means[..., 0].clip(0), means[..., exchange]
    return np.sqrt(np.divide(above, below, out=np.full_like(above, 1e9), where=below > 0))


OTHERS = {"percentile": percentile, "BCa": bca, "delta": delta}


def peaks(trials: int) -> Iterator[str]:
    """Coverage of N*: of all that is said, and of intervals that end in what was measured.

    Of what else a law says, too: the gain at its peak or the last point, contention, coherency.
    """
    others = "  ".join(OTHERS)
    yield (
        f"{'N*':10} rounds  said  holds  within  holds   half width   peak  contention  coherency"
        f"    {others}"
    )
    for name, noise in NOISES.items():
        for rounds in ROUNDS:
            chance = np.random.default_rng([rounds, len(name)])
            counts, widths = Counter[str](), []
            for _ in range(trials):
                workers = AXES[chance.integers(len(AXES))]
                most = float(np.exp(chance.uniform(np.log(4), np.log(200))))
                contention = float(chance.choice([0.0, 0.01, 0.05, 0.2]))
                times = law(workers, contention, most)
                seconds = noisy(chance, times[None], rounds, noise)[0]
                found = scaling.fit(workers, seconds)
                counts[found.outcome] += 1
                counts.update(_held(found, contention, most))
                if found.outcome == "stops":
                    widths.append(math.sqrt(found.stops.high / found.stops.low) - 1)
                if workers[0] * 1.2 < most < workers[-1] / 1.2:
                    counts["inside"] += 1
                    each = curves.curve(scaling.usl, workers, seconds).each
                    for other, ends in OTHERS.items():
                        low, high = ends(each, chance)
                        counts[other] += low <= most <= high
            parts = [_share(counts[f"{key} holds"], counts[f"{key} told"]) for key in CONSTANTS]
            beside = [_share(counts[other], counts["inside"]) for other in OTHERS]
            yield (
                f"{name:10} {rounds:6} {counts['N* told']:5}  {parts[0]:>5}  "
                f"{counts['stops']:6}  {_share(counts['stops holds'], counts['stops']):>5}   "
                f"{100 * np.median(widths or [math.nan]):8.1f} %  "
                f"{parts[1]:>5}  {parts[2]:>10}  {parts[3]:>9}  "
                f"{'  '.join(f'{one:>8}' for one in beside)}"
            )


CONSTANTS = ("N*", "peak", "contention", "coherency")


def _held(found: scaling.Scaling, contention: float, most: float) -> Iterator[str]:
    """What was told, and which of it holds."""
    ends = np.array([found.first, min(most, found.last)])
    start, peak = law(ends, contention, most)
    inside = most if most <= found.last else math.inf
    truths = (inside, start / peak, contention, (1 - contention) / most**2)
    told = (found.stops, found.peak, found.contention, found.coherency)
    for key, truth, interval in zip(CONSTANTS, truths, told, strict=True):
        if interval is not None:
            holds = bool(interval.low - 1e-9 <= truth <= interval.high + 1e-9)
            yield f"{key} told"
            yield from [f"{key} holds"] * holds
            if key == "N*" and found.outcome == "stops":
                yield from ["stops holds"] * holds


SIZES = [np.array([1.0, 2, 4, 8, 16, 32, 64, 128, 256]), np.array([1.0, 10, 100, 1000, 10000])]


def turns(trials: int) -> Iterator[str]:
    """Coverage of crossovers of costs and of laws, those missed, and false ones of equals."""
    yield f"{'crossover':10} rounds  said  holds  half width  none said  false among equals"
    for name, noise in NOISES.items():
        for rounds in ROUNDS:
            chance = np.random.default_rng([rounds, len(name), 1])
            counts, widths = Counter[str](), []
            for trial in range(trials):
                places, lines, truths = _pair(chance, law_lines=trial % 2 == 0)
                found = crossings(places, *noisy(chance, lines, rounds, noise))
                counts["none"] += not found
                for at in (one.at for one in found):
                    counts["said"] += 1
                    counts["holds"] += any(at.low <= truth <= at.high for truth in truths)
                    widths.append(math.sqrt(at.high / at.low) - 1)
                equals = noisy(chance, lines[[0, 0]], rounds, noise)
                counts["false"] += bool(crossings(places, *equals))
            yield (
                f"{name:10} {rounds:6} {counts['said']:5}  "
                f"{_share(counts['holds'], counts['said']):>5}  "
                f"{100 * np.median(widths or [math.nan]):8.1f} %  "
                f"{_share(counts['none'], trials):>9}  {_share(counts['false'], trials):>6}"
            )


def _pair(chance: np.random.Generator, *, law_lines: bool) -> tuple[Numbers, Numbers, Numbers]:
    """An axis, two lines of times, and where they cross, inside of it."""
    places = (AXES if law_lines else SIZES)[chance.integers(2)]
    fine = np.geomspace(places[0], places[-1], 20_001)
    while True:
        draw = _laws if law_lines else _costs
        lines = draw(chance, np.concatenate((places, fine)))
        seen, all_along = np.split(lines, [len(places)], axis=1)
        ahead = np.sign(all_along[0] - all_along[1])
        truths = fine[1:][ahead[1:] != ahead[:-1]]
        if truths.size:
            return places, seen, truths


def _laws(chance: np.random.Generator, places: Numbers) -> Numbers:
    first, other = (law(places, chance.uniform(0, 0.3), np.exp(chance.uniform(1, 5))) for _ in "ab")
    return np.stack((first, other * chance.uniform(1, 3)))


def _costs(chance: np.random.Generator, places: Numbers) -> Numbers:
    starts, costs = np.exp(chance.uniform(-2, 6, (2, 1))), np.exp(chance.uniform(-1, 2, (2, 1)))
    return np.asarray(starts + costs * places)


def even(trials: int) -> Iterator[str]:
    """Coverage of the tasks from which on a dearer start pays."""
    yield f"{'break-even':10} rounds  holds  with an end"
    for name, noise in NOISES.items():
        for rounds in ROUNDS:
            chance = np.random.default_rng([rounds, len(name), 2])
            counts = Counter[str]()
            for _ in range(trials):
                lines = np.array([[0.001, 0.01], [0.1, 0.01 / chance.uniform(1.1, 16)]])
                first, other = noisy(chance, lines, rounds, noise)
                truth = (lines[1, 0] - lines[0, 0]) / (lines[0, 1] - lines[1, 1])
                found = scaling.break_even(first[:, 0], first[:, 1], other[:, 0], other[:, 1])
                counts["holds"] += found.low <= truth <= found.high
                counts["ends"] += math.isfinite(found.high)
            holds, ends = (_share(counts[key], trials) for key in ("holds", "ends"))
            yield f"{name:10} {rounds:6}  {holds:>5}  {ends:>11}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def main(trials: int = 1000) -> None:
    for table in (peaks, turns, even):
        for row in table(trials):
            print(row, flush=True)
        print()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
