"""What is made small: how wrong the probabilities of all labels of a video are, in nats.

Most videos have three labels of thousands, and some labels are six thousand times as frequent as
others. What can be done about either is here: weights, losses that turn from what is easy, logits
that learn less of how frequent a label is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.training.presets import LabelOptions

_LEAST = 1e-7
"""A probability is kept this far from 0 and 1 where its logarithm is taken."""


class VideoLosses(NamedTuple):
    """Of each video of a batch, float32 [b], added up over its labels.

    Args:
        objective: What is made small, with a gradient.
        plain: Binary cross-entropy as it is, without one.
    """

    objective: torch.Tensor
    plain: torch.Tensor


def many_hot(labels: torch.Tensor, size: int) -> torch.Tensor:
    """Lists of labels as zeros and ones.

    Args:
        labels: int64 [b, k], padded with -1.
        size: Labels there are.

    Returns:
        float32 [b, size], on the same device.
    """
    places = torch.where(labels < 0, size, labels)
    target = torch.zeros(len(labels), size + 1, device=labels.device)
    return target.scatter_(1, places, 1.0)[:, :size]


class LabelLoss:
    """The loss that the options name.

    Args:
        options: Which loss, and what is done about rare labels.
        counts: int64 [labels]: how many training videos have each.
        videos: How many there are.
    """

    def __init__(self, options: LabelOptions, counts: NDArray[Any], videos: int) -> None:
        self._options = options
        # half a video more of each kind: a label that no video has is rare, not impossible
        prior = (torch.as_tensor(counts, dtype=torch.float64) + 0.5) / (videos + 1.0)
        self._prior = prior.clamp(_LEAST, 1 - _LEAST).float()
        self._weights = _positive_weights(options, prior)
        self._balance = _balance(options, torch.as_tensor(counts, dtype=torch.float64))

    @property
    def rates(self) -> torch.Tensor:
        """Each label's share of the training videos, float32 [labels]."""
        return self._prior

    @property
    def beginnings(self) -> torch.Tensor:
        """What a net says first, float32 [labels]: the shares, less what training adds to them."""
        adjusted = self._options.logit_adjustment
        if not adjusted:
            return self._prior
        return torch.sigmoid((1 - adjusted) * torch.logit(self._prior))

    def of(self, logits: torch.Tensor, target: torch.Tensor) -> VideoLosses:
        """Of each video.

        Args:
            logits: [b, labels], any precision.
            target: float32 [b, labels], zeros and ones.
        """
        options, logits = self._options, logits.float()
        self._settle(logits.device)
        with torch.no_grad():
            plain = functional.binary_cross_entropy_with_logits(
                logits, target, reduction="none"
            ).sum(1)
        if options.logit_adjustment:
            logits = logits + options.logit_adjustment * torch.logit(self._prior)
        wanted = target
        if options.label_smoothing:
            wanted = torch.lerp(target, self._prior.expand_as(target), options.label_smoothing)
        each = _elements(options, logits, wanted)
        if self._weights is not None:
            each = each * torch.lerp(torch.ones_like(target), self._weights, target)
        if self._balance is not None:
            each = each * self._balance
        return VideoLosses(objective=each.sum(1), plain=plain)

    def _settle(self, device: torch.device) -> None:
        """Bring what is known of the labels to where the logits are."""
        if self._prior.device == device:
            return
        self._prior = self._prior.to(device)
        self._weights = None if self._weights is None else self._weights.to(device)
        self._balance = None if self._balance is None else self._balance.to(device)


def _elements(options: LabelOptions, logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The loss of each label of each video [b, labels]."""
    if options.loss == "focal":
        return _focal(options, logits, wanted)
    if options.loss == "asymmetric":
        return _asymmetric(options, logits, wanted)
    return functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def _focal(options: LabelOptions, logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """(1 - p_t)^gamma of the cross-entropy (Lin et al. 2017, arXiv 1708.02002, equation 4)."""
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    p = torch.sigmoid(logits)
    missed: torch.Tensor = p + wanted - 2 * p * wanted  # 1 - p_t
    return missed.clamp_min(_LEAST) ** options.focal_gamma * entropy


def _asymmetric(options: LabelOptions, logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """ASL (Ridnik et al. 2021, arXiv 2009.14119, equations 4 to 7): what is absent counts less."""
    p = torch.sigmoid(logits)
    there = functional.logsigmoid(logits)
    if options.positive_gamma:
        there = there * (1 - p).clamp_min(_LEAST) ** options.positive_gamma
    shifted = (p - options.margin).clamp(0.0, 1 - _LEAST)
    absent = torch.log1p(-shifted)
    if options.negative_gamma:
        absent = absent * shifted.clamp_min(_LEAST) ** options.negative_gamma
    return -(wanted * there + (1 - wanted) * absent)


def _positive_weights(options: LabelOptions, prior: torch.Tensor) -> torch.Tensor | None:
    """What a label counts where it is there, float32 [labels]; where it is absent it counts 1."""
    if options.weighting not in ("inverse", "root"):
        return None
    weights = (1 - prior) / prior
    if options.weighting == "root":
        weights = weights.sqrt()
    return weights.clamp(1.0, options.most_weight).float()


def _balance(options: LabelOptions, counts: torch.Tensor) -> torch.Tensor | None:
    """Weights by the effective number of videos, (1 - beta^n) / (1 - beta), of mean 1.

    Cui et al. 2019, arXiv 1901.05555.
    """
    if options.weighting != "class-balanced":
        return None
    effective = -torch.expm1(counts.clamp_min(1) * torch.log(torch.tensor(options.beta).double()))
    weights = 1 / effective
    weights = weights / weights.mean()
    return weights.clamp_max(options.most_weight).float()
