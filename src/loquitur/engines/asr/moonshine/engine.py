"""The adapter to Moonshine: English words with capitals and punctuation, without torch or a hub.

What was learnt of it:
- The tiny model makes a quarter to a third of PocketSphinx's errors in read English, in a
  fifteenth of its time; it gives no times, so the stage `align` finds them.
- It was trained on stretches of up to 30 s, and repeats itself on longer ones and on noise: the
  number of pieces is bounded by the length of the sound, and `transcribe_again` offers two other
  ways for what loops.
- On a stretch of silence it says "You." or the like; nothing is decoded that has no sound in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from loquitur import languages
from loquitur.engines import sessions
from loquitur.engines.asr.moonshine import sources
from loquitur.engines.asr.moonshine.network import Network, Piece
from loquitur.engines.asr.moonshine.vocabulary import read_pieces
from loquitur.errors import EngineError, InputError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.tokens import Token, group_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.engines.asr.moonshine.sources import Place

_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_PADDED_SAMPLES = SAMPLE_RATE_HZ // 2  # with less it hears words that are not there
_INAUDIBLE = 8 / 32768
_SEAM_SAMPLES = SAMPLE_RATE_HZ // 10
_LONG_MS = 1 << 30  # times are none; words are only grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class MoonshineOptions:
    """Options of the engine.

    Args:
        model: A known name (`loquitur models list`), a repository of the hub as `owner/name` in
            the layout of optimum's export, or a folder. In a key stands its digest instead.
        speaks: The one language that a model of the hub or a folder knows, as a BCP 47 tag; empty
            for English.
        pieces_per_s: The most pieces of text a second that speech has; 6.5 is the authors' bound
            for English, other scripts need more (13).
    """

    model: str = field(default=sources.CATALOG.default, metadata={"keyed": False})
    speaks: str = ""
    pieces_per_s: float = 6.5

    def __post_init__(self) -> None:
        if not 1.0 <= self.pieces_per_s <= 50.0:
            raise ValueError(f"pieces_per_s goes from 1 to 50: {self.pieces_per_s}")
        object.__setattr__(self, "model", self.model or sources.CATALOG.default)


class Moonshine:
    """A Moonshine model (`loquitur.protocols.Transcriber`, `SecondTry` and `Pullable`).

    Args:
        options: See `MoonshineOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The folder holds no such model, or a broken one.
        UsageError: An unknown model name.
    """

    Options: ClassVar[type] = MoonshineOptions
    languages: tuple[str, ...] = ("en",)
    # sentences in pieces cost it words: 7.4 % against 5.8 % of errors with these on the clips read
    chunking: ClassVar[dict[str, int]] = {"join_ms": 2000, "pad_ms": 400}

    def __init__(self, options: MoonshineOptions, resources: Resources) -> None:
        place = sources.locate(options.model, resources)
        self._name = place.folder.name if place.is_given else options.model
        self.languages = self.languages_of(options)
        self._pieces = read_pieces(place.pieces)
        self._network = _load(place, options, resources)

    @classmethod
    def identity(cls, options: MoonshineOptions, resources: Resources) -> Identity:
        """ONNX Runtime's version and the digest of the model's files; the model is not loaded.

        Raises:
            MissingError: Package or model absent, or not the one that was fetched.
            InputError: The folder holds no such model.
            UsageError: An unknown model name.
        """
        place = sources.locate(options.model, resources)
        return Identity(
            version=sessions.version(),
            model=place.folder.name if place.is_given else options.model,
            model_digest=sources.checked_digest(place, resources),
        )

    @classmethod
    def languages_of(cls, options: MoonshineOptions) -> tuple[str, ...]:
        """The one language of the model chosen; nothing is loaded."""
        return (languages.primary(options.speaks) or "en",)

    @classmethod
    def times(cls, options: MoonshineOptions) -> Literal["words", "none"]:
        """Its words have no times."""
        return "none"

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a sound one is kept.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            InputError: What came is not what was pinned.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses, or the repository holds no such model.
            FullError: It cannot be written.
        """
        sources.pull(model, resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return sources.location(model, resources)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        """The words of one chunk, without times.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most about 30 s.
            language: A BCP 47 tag, or empty.

        Raises:
            UsageError: The model does not know the language.
            EngineError: ONNX Runtime failed.
        """
        languages.check_language(language, self.languages, model=self._name)
        return self._words([_sound(samples)], unrepeated=0)

    def transcribe_again(
        self, samples: NDArray[np.float32], *, language: str, attempt: int
    ) -> Iterator[RawWord] | None:
        """Where words loop: first in two halves, then with no three pieces in a row said twice.

        Raises:
            UsageError: The model does not know the language.
            EngineError: ONNX Runtime failed.
        """
        languages.check_language(language, self.languages, model=self._name)
        sound = _sound(samples)
        if attempt == 1 and len(sound) >= 4 * _PADDED_SAMPLES:
            middle = _quietest(sound)
            return self._words([sound[:middle], sound[middle:]], unrepeated=0)
        return self._words([sound], unrepeated=3) if attempt <= 2 else None

    def _words(
        self, sounds: Sequence[NDArray[np.float32]], *, unrepeated: int
    ) -> Iterator[RawWord]:
        for sound in sounds:
            if len(sound) < _SHORTEST_SAMPLES or float(np.abs(sound).max()) <= _INAUDIBLE:
                continue
            padded = np.pad(sound, (0, max(0, _PADDED_SAMPLES - len(sound))))
            with sessions.translated(f"{self._name} failed"):
                said = self._network.pieces(padded, unrepeated=unrepeated)
            for word in group_tokens(self._tokens(said), duration_ms=_LONG_MS):
                yield RawWord(
                    start_ms=None, end_ms=None, text=word.text, confidence=word.confidence
                )

    def _tokens(self, said: Sequence[Piece]) -> list[Token]:
        """Pieces as tokens of whole characters: one spelt in bytes is put together again."""
        tokens: list[Token] = []
        open_bytes = b""
        for piece in said:
            if piece.number >= len(self._pieces):
                raise EngineError(
                    f"{self._name} says piece {piece.number}, of {len(self._pieces)}",
                    hint="the tokenizer's file belongs to another model",
                )
            open_bytes += self._pieces[piece.number]
            try:
                text = open_bytes.decode()
            except UnicodeDecodeError as exc:
                if exc.reason == "unexpected end of data":
                    continue  # the rest of the character is yet to come
                text = open_bytes.decode(errors="replace")
            open_bytes = b""
            tokens.append(Token(text=text, start_s=0.0, log_probability=piece.log_probability))
        return tokens


def _sound(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
    return np.ascontiguousarray(sound)


def _quietest(sound: NDArray[np.float32]) -> int:
    """Where to cut in two: the middle of the quietest tenth of a second of the middle half."""
    first, last = len(sound) // 4, 3 * len(sound) // 4
    energy = np.cumsum(np.square(sound[first:last], dtype=np.float64))
    heard = energy[_SEAM_SAMPLES:] - energy[:-_SEAM_SAMPLES]
    return first + int(heard.argmin()) + _SEAM_SAMPLES // 2


def _load(place: Place, options: MoonshineOptions, resources: Resources) -> Network:
    import onnxruntime

    settings = sessions.session_options(resources.threads)
    hint = "" if place.is_given else sources.CATALOG.pull_command(options.model)
    with sessions.translated(f"the model in {place.folder} cannot be loaded", InputError, hint):
        encoder, decoder = (
            onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
            for path in (place.encoder, place.decoder)
        )
    return Network(encoder, decoder, rate=options.pieces_per_s)
