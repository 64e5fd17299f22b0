"""A Bayesian hidden Markov model over speakers, fitted to a sequence of embeddings.

Each speaker is a state with a mean drawn from a Gaussian; windows scatter around the mean of who
speaks; who speaks now speaks on with a fixed probability. Variational inference alternates
between who speaks when and what each speaker sounds like, and starves speakers that are not
needed: F. Landini, J. Profant, M. Diez, L. Burget, "Bayesian HMM clustering of x-vector sequences
(VBx)", Computer Speech and Language 71, 2022 (equations 16 to 24), with both covariances
isotropic, so that nothing has to be trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS = 20
_LEAST_ROUNDS = 4
_STARVED = 1e-3
_SETTLED = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class HmmOptions:
    """The model's constants. The variances are those of GE2E embeddings of unit length.

    Args:
        within: Variance of windows around their speaker's mean, summed over dimensions.
        between: Variance of the speakers' means, summed over dimensions.
        evidence_per_s: Weight of one second of windows: neighbours overlap and are not
            independent, so each counts for less than one (VBx: F_A).
        caution: How much evidence a speaker must bring to be kept (VBx: F_B).
        turn_s: Expected time until another speaker may take over.
    """

    within: float = 0.31
    between: float = 0.14
    evidence_per_s: float = 0.5
    caution: float = 5.0
    turn_s: float = 0.95


def fit(
    points: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    hop_ms: int,
    options: HmmOptions,
) -> NDArray[np.float64]:
    """Who speaks in each window, from a first guess.

    Args:
        points: Embeddings in time order, unit length, shape [n, d], n >= 1.
        labels: First guess, 0 .. speakers - 1, shape [n].
        hop_ms: Time from one window to the next.
        options: Constants of the model.

    Returns:
        Posterior probabilities, rows sum to 1, shape [n, speakers left].
    """
    guess = np.full((len(points), int(labels.max()) + 1), 0.0)
    guess[np.arange(len(points)), labels] = 1.0
    posteriors = 0.9 * guess + 0.1 / guess.shape[1]
    centred = points - points.mean(axis=0)
    prior = np.full(guess.shape[1], 1.0 / guess.shape[1])
    stay = float(np.exp(-hop_ms / 1000.0 / options.turn_s))
    evidence = min(1.0, options.evidence_per_s * hop_ms / 1000.0)
    last = -np.inf
    for done in range(_ROUNDS):
        if len(prior) == 1:
            return np.ones((len(points), 1))
        scores, complexity = _listen(centred, posteriors, evidence, options)
        posteriors, prior, likelihood = _follow(scores, prior, stay)
        bound = likelihood + complexity
        if done >= _LEAST_ROUNDS and bound - last < _SETTLED * abs(bound):
            break
        last = bound
        kept = prior > _STARVED
        if not kept.all():
            posteriors = posteriors[:, kept] + 1e-12
            posteriors /= posteriors.sum(axis=1, keepdims=True)
            prior = prior[kept] / prior[kept].sum()
    return posteriors


def _listen(
    centred: NDArray[np.float32],
    posteriors: NDArray[np.float64],
    evidence: float,
    options: HmmOptions,
) -> tuple[NDArray[np.float64], float]:
    """Log likelihood of each window under each speaker's mean, and the cost of the speakers."""
    size = centred.shape[1]
    within = options.within / size
    between = options.between / size
    weight = evidence / options.caution
    heard = posteriors.sum(axis=0)
    sums = (posteriors.T.astype(np.float32) @ centred).astype(np.float64)
    shrunk = 1.0 / (1.0 + weight * heard * between / within)
    means = weight * between / within * shrunk[:, None] * sums
    power = np.einsum("ij,ij->i", means, means)
    match = (centred @ means.T.astype(np.float32)).astype(np.float64)
    misfit = power + shrunk * between * size - 2.0 * match  # the window's own energy cancels out
    cost = size * (np.log(shrunk) - shrunk + 1.0) - power / between
    return -0.5 * evidence * misfit / within, float(0.5 * options.caution * cost.sum())


def _follow(
    scores: NDArray[np.float64], prior: NDArray[np.float64], stay: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Forward and backward through time.

    Returns:
        Posteriors, the share of entries into each speaker, and the log likelihood.
    """
    count = len(scores)
    peak = scores.max(axis=1, keepdims=True)
    fits = np.exp(scores - peak)
    enter = (1.0 - stay) * prior
    ahead = np.empty_like(fits)
    scale = np.empty(count)
    reach = prior
    for step in range(count):
        here = reach * fits[step]
        total = here.sum() + 1e-300
        scale[step] = total
        here = here / total
        ahead[step] = here
        reach = stay * here + enter
    back = np.empty_like(fits)
    back[-1] = 1.0
    for step in range(count - 1, 0, -1):
        tail = fits[step] * back[step] / scale[step]
        back[step - 1] = stay * tail + enter @ tail
    posteriors = ahead * back
    posteriors /= posteriors.sum(axis=1, keepdims=True) + 1e-300
    entries = posteriors[0] + (enter * fits[1:] * back[1:] / scale[1:, None]).sum(axis=0)
    likelihood = float(np.log(scale).sum() + peak.sum())
    return posteriors, entries / entries.sum(), likelihood
