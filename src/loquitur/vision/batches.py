"""Batches for training: features and words side by side, in an order that can be taken up again.

What an epoch is like depends on the seed and the epoch's number alone, so a run that goes on in the
middle of an epoch sees what it would have seen. Nothing is left out: the last batch is as large as
what is left.
"""

from __future__ import annotations

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loquitur.errors import InputError
from loquitur.media.frames import uniform_indices
from loquitur.text import counted
from loquitur.vision.finiteness import is_finite
from loquitur.vision.vocabulary import BOS, PAD, has_words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from loquitur.vision.clips import Clip
    from loquitur.vision.vocabulary import Vocabulary

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.int64]
    Augmentation = Callable[[Floats, str, np.random.Generator], tuple[Floats, str]]
    """Another matrix [t, d] and another sentence that says what it shows; chances from the last."""
    Room = Callable[[tuple[int, ...], np.dtype[Any]], NDArray[Any]]
    """An array of a shape and type; what stands in it is overwritten."""
    Rows = list[tuple[int, int]]
    """Of each row which clip, and which of its sentences."""

_POOL = 16
"""Batches among which rows are sorted by length."""
_FLOOR = 0.05
"""Added to the standard deviation: a number that hardly varies is not blown up."""


class FeatureSource(Protocol):
    """Where features come from: a feature set on disk, or whatever else has them by clip."""

    def get(self, clip_id: str, /) -> tuple[NDArray[Any], NDArray[Any]]:
        """When the frames are shown, int64 [t] in ms, and their vectors, float [t, d].

        Raises:
            InputError: It has none for this clip.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Some clips, each with one sentence.

    Args:
        features: float32 [b, t, d], normalised; zeros behind each clip's last frame. With `half`
            float16, as they are kept.
        lengths: int64 [b]: frames of each.
        words: int64 [b, 1 + n]: `<bos>`, the words, `<eos>`, then `<pad>`. A net reads
            `words[:, :-1]` and writes `words[:, 1:]`. Of a sentence that is longer than
            `most_words` the first so many words stand there and no `<eos>`, for it goes on.
        word_lengths: int64 [b]: what of `words[:, 1:]` counts.
        clip_ids: Whose they are.
        texts: The sentences as they were written.
    """

    features: Floats | NDArray[np.float16]
    lengths: Numbers
    words: Numbers
    word_lengths: Numbers
    clip_ids: tuple[str, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clip_ids)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClipBatches:
    """Batches of clips with sentences, epoch by epoch.

    Args:
        features: Where the vectors of each clip are.
        clips: What to train on; each has at least one sentence with words.
        vocabulary: Words as numbers.
        batch: Rows of a batch.
        seed: Of the order, of the sentences drawn and of `augment`.
        most_frames: Of a longer clip so many frames are taken, spread evenly.
        most_words: Numbers a net has to write, `<eos>` among them.
        language: Sentences of this language alone; all where empty.
        all_captions: Every sentence of a clip in each epoch. Otherwise one: a clip's sentences are
            gone through in a shuffled order, one an epoch, before any comes again.
        workers: Threads that fill batches ahead of the one that asks, a batch each; 0 for none.
        shuffle: Rows in another order each epoch, those of one length side by side; otherwise in
            the order of the clips.
        statistics: Mean and standard deviation [d] of the training features: each number becomes
            (x - mean) / (std + 0.05), as the generated benchmark was tried with. None: as it is.
        augment: Changes a matrix and its sentence alike, before the mean is taken off.
        half: Features stay float16 and are not normalised: where a card does that, half as many
            bytes are sent to it and little is left to do here. Not with `augment`.
        shard: This process' place and how many share each batch: of `batch` rows it takes every
            n-th; a last batch may leave it none.
        room: Who gives the memory of a batch's features, numpy where None: what a card can fetch
            from by itself is worth using again.

    Raises:
        InputError: No clip, or clips without a sentence.
        ValueError: Nonsense among the numbers.
    """

    features: FeatureSource
    clips: Sequence[Clip]
    vocabulary: Vocabulary
    _: KW_ONLY
    batch: int
    seed: int = 0
    most_frames: int = 80
    most_words: int = 20
    language: str = ""
    all_captions: bool = False
    workers: int = 0
    shuffle: bool = True
    statistics: tuple[NDArray[Any], NDArray[Any]] | None = None
    augment: Augmentation | None = None
    half: bool = False
    shard: tuple[int, int] = (0, 1)
    room: Room | None = None
    _texts: list[tuple[str, ...]] = field(init=False)
    _numbers: dict[tuple[int, int], list[int]] = field(init=False, default_factory=dict)
    _sound: set[int] = field(init=False, default_factory=set)
    _mean: Floats | None = field(init=False)
    _over: Floats | None = field(init=False)

    def __post_init__(self) -> None:
        if min(self.batch, self.most_frames, self.most_words) < 1:
            raise ValueError("a batch has rows, a clip frames, a sentence words: at least 1 each")
        if self.workers < 0 or self.seed < 0 or not 0 <= self.shard[0] < self.shard[1]:
            raise ValueError(
                f"no such: {self.workers} workers, seed {self.seed}, shard {self.shard}"
            )
        if self.half and self.augment is not None:
            raise ValueError("what is augmented is not left as it is")
        texts = [_with_words(clip, self.language) for clip in self.clips]
        _check(self.clips, texts)
        mean, over = _normaliser(self.statistics)
        for name, value in (("_texts", texts), ("_mean", mean), ("_over", over)):
            object.__setattr__(self, name, value)

    def rows(self) -> int:
        """Rows of an epoch: clips, or sentences where all are taken."""
        return sum(map(len, self._texts)) if self.all_captions else len(self._texts)

    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.rows() // self.batch)

    def epoch(self, number: int, *, first: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from the `first` on: what a run that goes on has not seen.

        Raises:
            InputError: A clip has no features, or such as no net can read.
        """
        return self._made((number,), first)

    def epochs(self, number: int, *, first: int = 0) -> Generator[Batch, None, None]:
        """The batches from there on, epoch after epoch without an end; close it.

        With workers those of the next epoch are filled while the last of one are still used.

        Raises:
            InputError: As `epoch`.
        """
        return self._made(itertools.count(number), first)

    def _made(self, numbers: Iterable[int], first: int) -> Generator[Batch, None, None]:
        """The batches of some epochs, ahead of their use where there are workers."""
        if not self.workers:
            for number, rows in _onward(((one, self._plan(one)) for one in numbers), first):
                yield self._filled(number, rows)
            return
        with ThreadPoolExecutor(self.workers, thread_name_prefix="batches") as pool:
            ahead: deque[Future[Batch]] = deque()
            try:
                for number, rows in _onward(self._drawn_ahead(numbers, pool), first):
                    ahead.append(pool.submit(self._filled, number, rows))
                    if len(ahead) > self.workers:
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                for waiting in ahead:
                    waiting.cancel()

    def _drawn_ahead(
        self, numbers: Iterable[int], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[int, list[Rows]]]:
        """Epochs and what stands in their batches; the next is drawn while one is used."""
        waiting: deque[tuple[int, Future[list[Rows]]]] = deque()
        for number in numbers:
            waiting.append((number, pool.submit(self._plan, number)))
            if len(waiting) > 1:
                one, drawn = waiting.popleft()
                yield one, drawn.result()
        for one, drawn in waiting:
            yield one, drawn.result()

    def _plan(self, number: int) -> list[Rows]:
        """Which sentence of which clip stands in which batch."""
        chance = np.random.default_rng((self.seed, number))
        if self.all_captions:
            rows = [(at, k) for at, texts in enumerate(self._texts) for k in range(len(texts))]
        else:
            rows = [(at, self._drawn(at, number)) for at in range(len(self._texts))]
        if not self.shuffle:
            return _cut(rows, self.batch)
        mixed = [rows[at] for at in chance.permutation(len(rows))]
        batches: list[Rows] = []
        for pool in _cut(mixed, self.batch * _POOL):
            pool.sort(key=lambda row: len(self._texts[row[0]][row[1]]))  # nearly that of its words
            batches.extend(_cut(pool, self.batch))
        return [batches[at] for at in chance.permutation(len(batches))]

    def _drawn(self, at: int, number: int) -> int:
        """Which sentence of a clip has its turn in an epoch."""
        many = len(self._texts[at])
        if many == 1 or not self.shuffle:
            return number % many
        turn = np.random.default_rng((self.seed, at, number // many, many))
        return int(turn.permutation(many)[number % many])

    def _filled(self, number: int, rows: Rows) -> Batch:
        """The arrays of some rows: each matrix is written once, into its place."""
        place, many = self.shard
        mine = rows[place::many]
        found = [self._row(number, *row) for row in mine]
        many_frames = [min(len(matrix), self.most_frames) for matrix, _, _ in found]
        frames = max(many_frames, default=1)
        longest = max((len(words) for _, words, _ in found), default=2)
        width = self._width(found, mine)
        kind = np.dtype(np.float16 if self.half else np.float32)
        features = (self.room or np.empty)((len(found), frames, width), kind)
        numbers = np.full((len(found), longest), PAD, np.int64)
        for at, (matrix, words, _) in enumerate(found):
            features[at, many_frames[at] :] = 0
            self._put(features[at, : many_frames[at]], matrix, mine[at][0])
            numbers[at, : len(words)] = words
        return Batch(
            features=features,
            lengths=np.array(many_frames, np.int64),
            words=numbers,
            word_lengths=np.array([len(words) - 1 for _, words, _ in found], np.int64),
            clip_ids=tuple(self.clips[at].clip_id for at, _ in mine),
            texts=tuple(text for _, _, text in found),
        )

    def _width(self, found: list[tuple[NDArray[Any], list[int], str]], rows: Rows) -> int:
        """How many numbers a frame has, in all of the rows alike."""
        width = found[0][0].shape[1] if found else 0
        for (matrix, _, _), (at, _) in zip(found, rows, strict=True):
            if matrix.shape[1] != width:
                raise InputError(
                    f"features of {self.clips[at].clip_id} are {matrix.shape[1]} numbers a frame,"
                    f" those of {self.clips[rows[0][0]].clip_id} {width}",
                    hint="make all of them with one encoder",
                )
        return width

    def _row(self, number: int, at: int, k: int) -> tuple[NDArray[Any], list[int], str]:
        """One clip's matrix as it is kept, one of its sentences as numbers, and as text."""
        clip, text = self.clips[at], self._texts[at][k]
        matrix = np.asarray(self.features.get(clip.clip_id)[1])
        if matrix.ndim != 2 or not matrix.size:
            raise InputError(
                f"features of {clip.clip_id} are {list(matrix.shape)}, not [frames, numbers]",
                hint="make them anew with `loquitur describe features`",
            )
        if self.augment is not None:
            chance = np.random.default_rng((self.seed, number, at, k))
            matrix = matrix[spread(len(matrix), self.most_frames)]
            matrix, text = self.augment(matrix.astype(np.float32), text, chance)
        if self._mean is not None and len(self._mean) != matrix.shape[1]:
            raise InputError(
                f"features of {clip.clip_id} are {matrix.shape[1]} numbers a frame, their"
                f" mean {len(self._mean)}",
                hint="take the mean of the same feature set",
            )
        words = self._numbers.get((at, k)) if self.augment is None else None
        if words is None:
            words = [BOS, *self.vocabulary.encode(text)][: self.most_words + 1]
            if self.augment is None:
                self._numbers[at, k] = words
        return matrix, words, text

    def _put(self, place: NDArray[Any], matrix: NDArray[Any], at: int) -> None:
        """A clip's matrix into its place in a batch, normalised; looked through the first time."""
        if len(matrix) == len(place):
            place[...] = matrix
        elif matrix.dtype == place.dtype:  # copied once
            np.take(matrix, spread(len(matrix), len(place)), axis=0, out=place, mode="clip")
        else:
            place[...] = matrix[spread(len(matrix), len(place))]
        if self.augment is not None or at not in self._sound:
            if not is_finite(place):
                raise InputError(
                    f"features of {self.clips[at].clip_id} are not finite (NaN or infinity)",
                    hint="make them anew with `loquitur describe features`",
                )
            self._sound.add(at)
        if self._mean is not None and self._over is not None and not self.half:
            place -= self._mean
            place *= self._over


def _onward(epochs: Iterable[tuple[int, list[Rows]]], first: int) -> Iterator[tuple[int, Rows]]:
    """Batch after batch with the number of its epoch, from the `first` of the first epoch on."""
    for number, batches in epochs:
        for rows in batches[first:]:
            yield number, rows
        first = 0


def spread(frames: int, most: int) -> Numbers:
    """Which of a clip's frames are taken: all, or so many of them, spread evenly."""
    if frames <= most:
        return np.arange(frames)
    return uniform_indices(frames, most)


def _with_words(clip: Clip, language: str) -> tuple[str, ...]:
    return tuple(text for text in clip.texts(language) if has_words(text))


def _check(clips: Sequence[Clip], texts: Sequence[Sequence[str]]) -> None:
    if not clips:
        raise InputError("no clips to make batches of", hint="look at the splits of the corpus")
    bare = [clip.clip_id for clip, found in zip(clips, texts, strict=True) if not found]
    if bare:
        raise InputError(
            f"{counted(len(bare), 'clip')} without a sentence, '{bare[0]}' the first",
            hint="leave them out, or choose another language",
        )


def _normaliser(
    statistics: tuple[NDArray[Any], NDArray[Any]] | None,
) -> tuple[Floats | None, Floats | None]:
    """The mean, and what is multiplied with after it is taken off."""
    if statistics is None:
        return None, None
    mean, std = (np.asarray(one, np.float32) for one in statistics)
    if mean.ndim != 1 or mean.shape != std.shape or not (np.isfinite(mean) & (std >= 0)).all():
        raise ValueError("mean and standard deviation are two finite rows of one length")
    return mean, np.asarray(1.0 / (std + np.float32(_FLOOR)), np.float32)


def _cut(rows: Rows, size: int) -> list[Rows]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]
