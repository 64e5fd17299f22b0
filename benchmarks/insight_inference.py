"""Do intervals cover and tests hold their rate? Simulated on scores like those of chats and talks.

    python benchmarks/insight_inference.py [--sets N]

Coverage: how often a 95 % interval has the true figure in it, over N sets (its own error is about
`sqrt(0.95 * 0.05 / N)`). False discoveries: how often anything is found at q = 0.05 among 40 terms
that have no effect, in videos that differ and whose terms come together.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from loquitur.insight import differences, inference

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
MOST_IN_CLUSTER = 60


def chat(rng: np.random.Generator, size: int) -> Floats:
    """Polarity of chat messages: half are 0, praise is commoner than complaint."""
    kind = rng.random(size)
    against = np.where(kind < 0.85, rng.beta(2, 2, size), -rng.beta(2, 3, size))
    return np.where(kind < 0.5, 0.0, against)


def subjectivity(rng: np.random.Generator, size: int) -> Floats:
    """Subjectivity of sentences: heaped at 0, with a long tail."""
    return rng.beta(0.5, 1.5, size)


def praise(rng: np.random.Generator, size: int) -> Floats:
    """Polarity of reviews: nearly all praise, few complaints."""
    return 2 * rng.beta(6, 0.8, size) - 1


def window(rng: np.random.Generator, size: int) -> Floats:
    """Polarity of windows of 300 words."""
    return np.clip(rng.normal(0.12, 0.08, size), -1, 1)


LAWS: dict[str, tuple[Draw, float]] = {
    "chat": (chat, 0.35 * 0.5 - 0.15 * 0.4),
    "subjectivity": (subjectivity, 0.25),
    "praise": (praise, 2 * 6 / 6.8 - 1),
    "windows": (window, 0.12),
}


def clustered(
    rng: np.random.Generator, law: Draw, sizes: NDArray[np.int64], alike: float = 0.3
) -> tuple[Floats, NDArray[np.int64]]:
    """Values in clusters: a share `alike` of each cluster's values is the cluster's own value."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    own = law(rng, len(sizes))[labels]
    return np.where(rng.random(len(labels)) < alike, own, law(rng, len(labels))), labels


def uneven(rng: np.random.Generator, clusters: int) -> NDArray[np.int64]:
    """Sizes of clusters as of authors: most wrote a little, few a lot."""
    drawn = 1 + np.floor(rng.lognormal(1, 1, clusters)).astype(int)
    sizes: NDArray[np.int64] = np.minimum(drawn, MOST_IN_CLUSTER)
    return sizes


def with_term(
    rng: np.random.Generator, labels: NDArray[np.int64], rate: float = 0.15
) -> NDArray[np.bool_]:
    """Which windows have a term: videos differ in how often they use it."""
    rates = np.clip(rate * rng.gamma(1.0, 1.0, labels.max() + 1), 0.0, 0.9)
    has: NDArray[np.bool_] = rng.random(len(labels)) < rates[labels]
    return has


def mean_alone(rng: np.random.Generator, law: Draw, size: int) -> inference.Interval:
    """The mean of values that stand alone."""
    return inference.bootstrap_mean(law(rng, size), seed=int(rng.integers(1 << 30)))


def mean_of_authors(rng: np.random.Generator, law: Draw, size: int) -> inference.Interval:
    """The mean of messages by `size` authors."""
    values, labels = clustered(rng, law, uneven(rng, size))
    return inference.bootstrap_mean(
        values, clusters=labels.tolist(), seed=int(rng.integers(1 << 30))
    )


def difference_alone(rng: np.random.Generator, law: Draw, size: int) -> inference.Interval:
    """The difference of `size` values and 200 others."""
    return inference.bootstrap_difference(
        law(rng, size), law(rng, 200), seed=int(rng.integers(1 << 30))
    )


def difference_of_videos(rng: np.random.Generator, law: Draw, size: int) -> inference.Interval:
    """Windows with a term against those without, in `size` videos of 10 windows."""
    values, labels = clustered(rng, law, np.full(size, 10))
    has = with_term(rng, labels)
    return inference.bootstrap_difference(
        values[has],
        values[~has],
        first_clusters=labels[has].tolist(),
        second_clusters=labels[~has].tolist(),
        seed=int(rng.integers(1 << 30)),
    )


CASES: tuple[tuple[str, Callable[..., inference.Interval], bool, tuple[int, ...]], ...] = (
    ("mean, alone", mean_alone, True, (20, 50, 200)),
    ("mean, by author", mean_of_authors, True, (20, 50)),
    ("difference, n and 200", difference_alone, False, (20, 50)),
    ("difference, by video", difference_of_videos, False, (10, 20, 50)),
)


def coverage(case: str, law: str, size: int, sets: int) -> float:
    """The share of sets whose interval has the true figure in it; none is a miss."""
    make, of_mean = next((make, mean) for name, make, mean, _ in CASES if name == case)
    draw, mean = LAWS[law]
    truth = mean if of_mean else 0.0
    hits = 0
    for seed in range(sets):
        found = make(np.random.default_rng([seed, size]), draw, size)
        if found.low is not None and found.high is not None:
            hits += found.low <= truth <= found.high
    return hits / sets


def discoveries(law: str, sets: int, *, videos: int = 20, terms: int = 40) -> dict[str, float]:
    """How often anything is found among terms without effect, by test, at q = 0.05."""
    draw, _ = LAWS[law]
    found = {"by video": 0, "as if alone": 0}
    for seed in range(sets):
        rng = np.random.default_rng([seed, videos])
        values, labels = clustered(rng, draw, np.full(videos, 15))
        topics = [with_term(rng, labels, 0.3) for _ in range(5)]
        p: dict[str, list[float | None]] = {name: [] for name in found}
        for term in range(terms):
            has = topics[term % 5] & (rng.random(len(labels)) < 0.8)  # terms of a topic together
            has |= rng.random(len(labels)) < 0.03
            sides = values[has], values[~has]
            apart = {
                "first_clusters": labels[has].tolist(),
                "second_clusters": labels[~has].tolist(),
            }
            p["by video"].append(differences.mann_whitney(*sides, **apart).p)
            p["as if alone"].append(differences.mann_whitney(*sides).p)
        for name, some in p.items():
            q = differences.benjamini_hochberg(some)
            found[name] += any(one is not None and one <= 0.05 for one in q)
    return {name: count / sets for name, count in found.items()}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    sets = parser.parse_args().sets
    print(f"coverage of 95 % intervals, {sets} sets each (+/- {math.sqrt(0.0475 / sets):.3f})")
    for case, _, _, sizes in CASES:
        for size in sizes:
            shares = {law: coverage(case, law, size, sets) for law in LAWS}
            line = "  ".join(f"{law} {share:.3f}" for law, share in shares.items())
            print(f"{case:24} n {size:3}  {line}", flush=True)
    print("sets with a false discovery at q = 0.05, 40 terms without effect")
    for law in LAWS:
        for videos in (10, 20, 40):
            rates = discoveries(law, max(100, sets // 4), videos=videos)
            line = "  ".join(f"{name} {rate:.3f}" for name, rate in rates.items())
            print(f"{law:14} {videos} videos  {line}", flush=True)


if __name__ == "__main__":
    main()
