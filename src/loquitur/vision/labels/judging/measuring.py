"""Labels measured, and with them the genres they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.evaluation.labels import Evaluator
from loquitur.vision.labels.vocabulary import genre_labels, genre_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.vocabulary import LabelVocabulary

_AT_ONCE = 1 << 24
"""Scores that are spread out at a time, to make genres of lists."""


class Measuring:
    """Two evaluators that are given the same videos.

    Args:
        vocabulary: With its verticals; without any, genres are not measured.
    """

    def __init__(self, vocabulary: LabelVocabulary) -> None:
        verticals = vocabulary.verticals
        self._matrix = vocabulary.vertical_matrix()
        self.labels = Evaluator(
            len(vocabulary),
            verticals=verticals,
            vertical_matrix=self._matrix if verticals else None,
        )
        self.genres = Evaluator(len(verticals)) if verticals else None

    def add(
        self,
        scores: NDArray[Any],
        labels: NDArray[Any],
        genres: NDArray[Any] | None = None,
        *,
        silent: NDArray[np.bool_] | None = None,
    ) -> None:
        """Scores of every label; see `Evaluator.add`.

        Args:
            scores: Probabilities [n, labels].
            labels: [n, k], padded with -1.
            genres: Probabilities [n, verticals], where a model says them itself.
            silent: bool [n]: videos of which nothing is said.

        Raises:
            InputError: As of `Evaluator.add`.
        """
        self.labels.add(scores, labels, silent=silent)
        if self.genres is not None:
            said = genre_scores(scores, self._matrix) if genres is None else genres
            self.genres.add(said, genre_labels(labels, self._matrix), silent=silent)

    def add_lists(
        self, predicted: NDArray[Any], scores: NDArray[Any], labels: NDArray[Any]
    ) -> None:
        """Scores of some labels; see `Evaluator.add_lists`. Genres are of what is listed.

        Raises:
            InputError: As of `Evaluator.add_lists`.
        """
        self.labels.add_lists(predicted, scores, labels)
        if self.genres is None:
            return
        classes = self.labels.classes
        step = max(1, _AT_ONCE // classes)
        for first in range(0, len(predicted), step):
            piece = slice(first, first + step)
            video, column = np.nonzero(predicted[piece] >= 0)
            spread = np.zeros((len(predicted[piece]), classes), dtype=np.float32)
            spread[video, predicted[piece][video, column]] = scores[piece][video, column]
            said = genre_scores(spread, self._matrix)
            self.genres.add(said, genre_labels(labels[piece], self._matrix))
