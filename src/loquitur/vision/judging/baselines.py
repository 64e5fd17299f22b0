"""Sentences of no model: what a figure must beat, and what nobody can be expected to beat."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.vision.judging.voices import Voice
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.clips import Clip
    from loquitur.vision.features import FeatureSet
    from loquitur.vision.judging.voices import Said

    Floats = NDArray[np.float32]

_EQUAL = 1e-5
"""How near to one another two distances are equal, by the largest of them."""
_FLOOR = 0.05
_AT_ONCE = 256
"""Training clips that are held at a time."""
_STEPS = 8
"""Frames to which a sequence is brought before two are compared."""


def baselines(
    training: Sequence[Clip],
    *,
    language: str = "",
    features: FeatureSet | None = None,
    seed: int = 0,
) -> tuple[Voice, ...]:
    """The commonest training sentence, a random one, and with features that of the nearest clip.

    Args:
        training: The clips whose sentences may be said.
        language: Of those sentences; any where empty.
        features: Of the training clips and those that are asked for.
        seed: Of the random one.

    Raises:
        InputError: There is no training sentence.
    """
    texts = [text for clip in training for text in clip.texts(language)]
    if not texts:
        raise InputError("baselines say sentences of the training split, and it has none")
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    common = commonest(texts)
    voices = [
        Voice(name="commonest sentence", say=_always(lambda _: common), kind="baseline"),
        Voice(name="random sentence", say=_always(lambda _: dice.choice(texts)), kind="baseline"),
    ]
    if features is not None:
        spoken = [clip for clip in training if clip.texts(language)]
        for name, steps in (("nearest by mean", 1), ("nearest by sequence", _STEPS)):
            say = _nearest(spoken, features, steps, language)
            voices.append(Voice(name=name, say=say, kind="baseline"))
    return tuple(voices)


def people(clips: Sequence[Clip], language: str = "") -> dict[str, str]:
    """The first reference of each clip that has others to be held against: the ceiling."""
    return {
        clip.clip_id: clip.texts(language)[0] for clip in clips if len(clip.texts(language)) > 1
    }


def commonest(texts: Sequence[str]) -> str:
    """The sentence said most often, by its words; the first in order of letters of several."""
    counts = Counter(" ".join(words_of(text)) for text in texts)
    return min(counts, key=lambda one: (-counts[one], one))


def _always(choose: Callable[[Clip], str]) -> Callable[[Sequence[Clip]], Said]:
    return lambda clips: ({clip.clip_id: choose(clip) for clip in clips}, ())


def _nearest(
    training: Sequence[Clip], features: FeatureSet, steps: int, language: str
) -> Callable[[Sequence[Clip]], Said]:
    """The first sentence of the training clip whose features are nearest (Euclid, normalised)."""

    def say(clips: Sequence[Clip]) -> Said:
        lacking = set(features.lacking(one.clip_id for one in (*training, *clips)))
        known = [one for one in training if one.clip_id not in lacking]
        asked = [one for one in clips if one.clip_id not in lacking]
        if not known:
            raise InputError("no training clip has features")
        if not asked:
            return {}, ()
        mean, std = features.statistics([one.clip_id for one in known])
        ours = np.stack([_vector(features, one, steps, mean, std) for one in asked])
        nearest = np.full(len(asked), np.inf, np.float32)
        places = np.zeros(len(asked), np.intp)
        for first in range(0, len(known), _AT_ONCE):
            some = known[first : first + _AT_ONCE]
            theirs = np.stack([_vector(features, one, steps, mean, std) for one in some])
            # |a - b|^2 = |a|^2 - 2ab + |b|^2, of which |a|^2 is the same for all b
            far = (theirs**2).sum(axis=1)[None, :] - 2 * ours @ theirs.T
            # of equal distances the first, whatever way a processor rounds them
            slack = _EQUAL * (1 + np.abs(far).max(axis=1))
            least = far.min(axis=1)
            closer = least < nearest - slack
            places[closer] = first + (far <= (least + slack)[:, None]).argmax(axis=1)[closer]
            nearest[closer] = least[closer]
        return {
            one.clip_id: known[int(at)].texts(language)[0]
            for one, at in zip(asked, places, strict=True)
        }, ()

    return say


def _vector(features: FeatureSet, clip: Clip, steps: int, mean: Floats, std: Floats) -> Floats:
    matrix = (features.get(clip.clip_id)[1].astype(np.float32) - mean) / (std + np.float32(_FLOOR))
    if steps == 1:
        found: Floats = matrix.mean(axis=0)
        return found
    places = np.round(np.linspace(0, len(matrix) - 1, steps)).astype(int)
    flat: Floats = matrix[places].reshape(-1)
    return flat
