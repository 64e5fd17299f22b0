"""Texts judged by a model with classes: cut into pieces, run in batches, put together again.

The engines on torch and on ONNX Runtime share this page; each brings its own way to run ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.engines import opinion_labels
from loquitur.errors import InputError, MissingError
from loquitur.languages import is_among, primary
from loquitur.model.sentiment import Sentiment
from loquitur.text import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TOKENIZER = "tokenizer.json"
_LONGEST = 512
_SHIFTED = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "mpnet", "xmod"})
"""Architectures whose positions begin after that of the padding, as RoBERTa's do."""
_UNKNOWN_TOKENS = ("<unk>", "[UNK]", "<UNK>")
_AT_ONCE = 256
"""Texts that are cut before any is run: pieces of many make full batches."""


@dataclass(frozen=True, slots=True)
class Piece:
    """As much of a text as a model takes at once.

    Args:
        ids: Its tokens, marks included.
        told: How many tokens that are no marks.
        known: How many of them the model's vocabulary has.
    """

    ids: tuple[int, ...]
    told: int
    known: int


class Cutter:
    """A tokenizer that cuts long texts into pieces.

    Args:
        tokenizer: Of the library `tokenizers`.
        longest: Tokens of a piece, marks included.
    """

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=longest)
        found = (tokenizer.token_to_id(name) for name in _UNKNOWN_TOKENS)
        self._unknown = {number for number in found if number is not None}

    def cut(self, text: str) -> list[Piece]:
        """The pieces of a text; none where it has no token."""
        # lone surrogates are no characters, and the library's strings are UTF-8
        first = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))
        pieces = []
        for one in (first, *first.overflowing):
            inside = [
                number
                for number, is_mark in zip(one.ids, one.special_tokens_mask, strict=True)
                if not is_mark
            ]
            if inside:
                known = sum(number not in self._unknown for number in inside)
                pieces.append(Piece(tuple(one.ids), len(inside), known))
        return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Scores texts by the classes of a model.

    Args:
        engine: The engine's name.
        labels: Its classes in the order of the outputs.
        values: Where each lies between -1 and 1.
        languages: Those it knows; empty for many.
        cutter: Cuts texts.
        classify: Shares of the classes for each row of ids; rows come with similar lengths.
        batch: Rows of a call.
    """

    engine: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    languages: tuple[str, ...]
    cutter: Cutter
    classify: Callable[[Sequence[Sequence[int]]], Sequence[Sequence[float]]]
    batch: int

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text: the mean of its pieces, weighed by their tokens."""
        pairs = list(zip(texts, languages, strict=True))
        for at in range(0, len(pairs), _AT_ONCE):
            yield from self._some(pairs[at : at + _AT_ONCE])

    def _some(self, pairs: Sequence[tuple[str, str]]) -> list[Sentiment]:
        cut = [
            self.cutter.cut(text) if is_among(language, self.languages) else []
            for text, language in pairs
        ]
        pieces = [piece for of_text in cut for piece in of_text if piece.known]
        order = sorted(range(len(pieces)), key=lambda number: len(pieces[number].ids))
        shares: list[Sequence[float]] = [()] * len(pieces)
        for at in range(0, len(order), self.batch):
            chosen = order[at : at + self.batch]
            rows = self.classify([pieces[number].ids for number in chosen])
            for number, row in zip(chosen, rows, strict=True):
                shares[number] = row
        given = iter(shares)
        return [
            self._put_together(of_text, [next(given) for piece in of_text if piece.known], language)
            for of_text, (_, language) in zip(cut, pairs, strict=True)
        ]

    def _put_together(
        self, pieces: Sequence[Piece], rows: Sequence[Sequence[float]], language: str
    ) -> Sentiment:
        told = sum(piece.told for piece in pieces)
        known = sum(piece.known for piece in pieces)
        if not rows:
            return Sentiment.unscored(language=language, engine=self.engine)
        weights = np.array([piece.told for piece in pieces if piece.known], dtype=np.float64)
        mean = [float(share) for share in np.average(np.asarray(rows), axis=0, weights=weights)]
        return Sentiment(
            polarity=opinion_labels.expected(mean, self.values),
            subjectivity=None,
            coverage=known / told,
            language=language,
            engine=self.engine,
            scores=tuple(zip(self.labels, mean, strict=True)),
        )


def languages_in(text: str) -> tuple[str, ...]:
    """The languages that an option names, with commas between; empty for any."""
    return tuple(name for name in listed(text) if primary(name))


def longest_of(config: dict[str, Any]) -> int:
    """How many tokens a model takes at once, marks included."""
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int) or positions < 8:
        return _LONGEST
    if config.get("model_type") in _SHIFTED:
        positions -= int(config.get("pad_token_id") or 0) + 1
    return min(positions, _LONGEST)


def read_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder.

    Raises:
        MissingError: The library is not installed.
        InputError: There is none, or a damaged one.
    """
    try:
        import tokenizers
    except ImportError as exc:
        raise MissingError(
            "the package tokenizers is not installed",
            hint="pip install tokenizers",
            code="LQ-NO-PACKAGE",
        ) from exc
    path = folder / TOKENIZER
    if not path.is_file():
        raise InputError(f"{folder} has no {TOKENIZER}", code="LQ-NO-MODEL")
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except BaseException as exc:
        if type(exc) in (Exception, OSError, ValueError):  # the library's own is plain Exception
            raise InputError(f"{path} is no tokenizer: {exc}", code="LQ-NO-MODEL") from exc
        raise


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of ids as one array, and the mask of what is no padding; each shape [rows, longest]."""
    width = max(map(len, rows))
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    return ids, mask
