"""Heavy tails: does the interval hold alpha, are verdicts right, how long does a fit take?

    python benchmarks/insight_heavy_tails.py [--sets 100] [--goodness] [--plain]

Pareto sets (all of them, and with a body below xmin that is none), Zipf counts, log-normal and
exponential sets, all seeded. `--plain` sets the time of `powerlaw.Fit` beside it (minutes).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter

import numpy as np

from loquitur.insight.tabular.heavy_tails import fit_tail

SEED = 20_260_722


def pareto(random, n):
    alpha = random.uniform(1.5, 3.5)
    return alpha, (1 - random.random(n)) ** (-1 / (alpha - 1))


def bodied(random, n):
    """Four of ten are of a Pareto law from 1 on, the rest is below."""
    alpha, x = pareto(random, n)
    low = random.random(n) < 0.6
    x[low] = np.sqrt(random.random(int(low.sum())))
    return alpha, x


def views(random, n):
    """Pareto, as a service counts: whole numbers, from 2,000 on."""
    alpha, x = pareto(random, n)
    return alpha, np.floor(2_000 * x)


def zipf(random, n):
    alpha = random.uniform(1.8, 3.5)
    return alpha, random.zipf(alpha, n).astype(float)


def lognormal(random, n):
    return None, random.lognormal(random.uniform(5, 12), random.uniform(1, 2.5), n)


def lognormal_10_2(random, n):
    return None, random.lognormal(10, 2, n)


def exponential(random, n):
    return None, random.exponential(1_000, n)


SCENES = (
    (pareto, 50), (pareto, 500), (pareto, 5_000), (views, 50), (views, 5_000), (bodied, 50),
    (bodied, 500), (bodied, 5_000), (zipf, 500), (zipf, 5_000), (lognormal_10_2, 5_000),
    (lognormal, 5_000), (exponential, 5_000),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--goodness", action="store_true", help="p of the fit, 100 sets each")
    parser.add_argument("--plain", action="store_true", help="powerlaw.Fit beside it")
    given = parser.parse_args()
    print(f"{given.sets} sets each; alpha of Pareto sets uniform in 1.5-3.5, Zipf 1.8-3.5\n")
    print("| sets | n | alpha in the interval | verdicts | heavy | ms a fit |\n" + "|---" * 6 + "|")
    for make, n in SCENES:
        row(make, n, given.sets)
    if given.goodness:
        goodness(given.sets)
    if given.plain:
        plain()


def row(make, n, sets):
    random = np.random.default_rng([SEED, n, *make.__name__.encode()])
    verdicts, tails, inside, spent = Counter(), Counter(), 0, 0.0
    for _ in range(sets):
        alpha, x = make(random, n)
        begun = time.perf_counter()
        fit = fit_tail(x)
        spent += time.perf_counter() - begun
        verdicts[fit.verdict] += 1
        tails[fit.tail] += 1
        inside += alpha is not None and fit.alpha_low <= alpha <= fit.alpha_high
    held = f"{inside} of {sets}" if alpha is not None else "-"
    said = ", ".join(f"{name} {count}" for name, count in verdicts.most_common())
    print(f"| {make.__name__} | {n:,} | {held} | {said} | {tails['heavy tail']} |"
          f" {1000 * spent / sets:.1f} |", flush=True)  # fmt: skip


def goodness(sets):
    print("\n| sets | n | p of the fit below 0.1 | ms a fit |\n|---|---|---|---|")
    for make, n in ((pareto, 500), (zipf, 500), (exponential, 500)):
        random = np.random.default_rng([SEED, n, 1, *make.__name__.encode()])
        begun, ruled_out = time.perf_counter(), 0
        for number in range(sets):
            ruled_out += (
                fit_tail(make(random, n)[1], goodness_sets=100, seed=number).goodness_p < 0.1
            )
        spent = time.perf_counter() - begun
        print(f"| {make.__name__} | {n} | {ruled_out} of {sets} | {1000 * spent / sets:.0f} |")


def plain():
    import powerlaw

    print(
        "\n| set | n | powerlaw.Fit, s | its alpha, xmin | here, s | alpha, xmin |\n"
        + "|---" * 6
        + "|"
    )
    for make in (pareto, lognormal_10_2):
        x = make(np.random.default_rng(SEED), 5_000)[1]
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = powerlaw.Fit(x, verbose=0)
            for other in ("lognormal", "exponential", "truncated_power_law"):
                theirs.distribution_compare("power_law", other)
        between = time.perf_counter()
        ours = fit_tail(x)
        end = time.perf_counter()
        found = f"{theirs.power_law.alpha:.4f}, {theirs.xmin:.4g}"
        here = f"{ours.alpha:.4f}, {ours.xmin:.4g}"
        print(f"| {make.__name__} | 5,000 | {between - begun:.1f} | {found}"
              f" | {end - between:.3f} | {here} |")  # fmt: skip


if __name__ == "__main__":
    main()
