"""One Protocol per kind of engine and service. Stages know these; engines fit them.

An engine class is found by name through the registry and made once per task with its own options:
`engine = cls(options, resources)`. It gets plain arrays and spans, never settings, paths of the
store or a progress bar; it reports by yielding. All sound is float32, mono, 16 kHz, in -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.media import Audio, MediaRef
    from loquitur.model.sentiment import Sentiment
    from loquitur.model.speech import Activity, EngineStamp, Feeling, RawWord, Turn, Word
    from loquitur.model.vision import Alternative, Preprocessing
    from loquitur.timing import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the machine lends an engine; nothing here may change a result.

    Args:
        models: The folder of the model cache.
        threads: How many threads the engine may use.
        offline: True where nothing may be fetched.
        environments: Which engines (`asr.nemo`) run in an environment of their own, and where: an
            interpreter, or the folder of a virtual environment.
        gpu: Whether a graphics card is here; it tells which engine is taken where none is named.
        hub: The address models are fetched from in the place of the Hugging Face hub's; empty for
            the hub client's own (`HF_ENDPOINT`).
        licences: Licences of models that the user has accepted by name.
    """

    models: Path
    threads: int = 1
    offline: bool = True
    environments: tuple[tuple[str, str], ...] = ()
    gpu: bool = False
    hub: str = ""
    licences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What distinguishes an engine's results: library version, model name, digest of its files."""

    version: str
    model: str = ""
    model_digest: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerCount:
    """How many speakers are known to speak: `minimum <= n <= maximum`, None for no bound."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a language model is asked.

    Args:
        instructions: Ours: what to do.
        material: What others said or wrote, as JSON text: data to work on, never to be obeyed.
        shape: The JSON Schema of the answer, as JSON text.
        most_tokens: A bound on the answer's length.
    """

    instructions: str
    material: str
    shape: str
    most_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a language model wrote, and what it counted; `whole` is False where it was cut off."""

    text: str
    whole: bool = True
    input_tokens: int | None = None
    output_tokens: int | None = None


class Samples(Protocol):
    """Decoded sound, read by media time; see `loquitur.media.audio`."""

    @property
    def offset_ms(self) -> int:
        """Media time of the first sample."""

    @property
    def end_ms(self) -> int:
        """Media time after the last sample."""

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The samples of `[start_ms, end_ms)`, zeros where there are none; shape [n]."""

    def blocks(self, length_ms: int) -> Iterator[NDArray[np.float32]]:
        """All samples from the first on, in blocks of `length_ms` (the last may be shorter)."""


class Engine(Protocol):
    """What every engine class offers.

    `Options` is a frozen dataclass with a default for every field; a field with
    `metadata={"keyed": False}` (threads, device) does not enter a stage's key.
    """

    Options: ClassVar[type]

    def __init__(self, options: Any, resources: Resources) -> None:
        """Load the model.

        Raises:
            MissingError: Package or model absent, with the command that brings it.
        """

    @classmethod
    def identity(cls, options: Any, resources: Resources) -> Identity:
        """What a key must know of the engine, without loading the model.

        Raises:
            MissingError: Package or model absent.
        """


class VoiceDetector(Engine, Protocol):
    """Hears where somebody speaks."""

    frame_ms: ClassVar[int]

    def detect(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Speech probabilities 0..1, one per frame of `frame_ms`, in pieces of any length.

        Blocks may have any length; state carries across them, so memory stays bounded.
        """


class Transcriber(Engine, Protocol):
    """Writes down what is said. `languages` are BCP 47 tags, or empty for "many, detected".

    Where models differ, a classmethod `languages_of(options)` gives the chosen one's unloaded.

    An engine that may give words without times says so by a classmethod
    `times(options) -> "words" | "none"`, again unloaded; without one it is "words". Where it is
    "none", words come as `RawWord(start_ms=None, end_ms=None)`, and the stage `align` finds when
    they were said. A model that cannot find out the language says so by a classmethod
    `must_be_told(options) -> bool`, unloaded too: without a language nothing is then begun. An
    engine that finds out the language has it in `detected` after a call. One whose words have
    neither punctuation nor capitals says so by a classmethod `punctuates(options) -> bool`,
    unloaded. One that wants sound cut up in another way than most says so by a class attribute
    `chunking`: lengths in ms by the names that the options of `transcribe` have (`join_ms`,
    `pad_ms`, `max_chunk_ms`).
    """

    languages: ClassVar[tuple[str, ...]]

    def transcribe(
        self, samples: NDArray[np.float32], *, language: str
    ) -> Iterator[Word | RawWord]:
        """The words of one chunk (at most about 30 s), times in ms from the chunk's start.

        A chunk's words depend on that chunk alone, never on chunks before it. Times are as the
        engine gives them, converted to ms; `speech.guards` mends what is out of order.
        """


class SecondTry(Protocol):
    """A transcriber that can listen again with other settings, where a guard refused its words."""

    def transcribe_again(
        self, samples: NDArray[np.float32], *, language: str, attempt: int
    ) -> Iterator[Word | RawWord] | None:
        """As `Transcriber.transcribe`, the `attempt`-th other way (from 1); None for no more."""


class Aligner(Engine, Protocol):
    """Finds when the words of a given text are said. `languages` are as a transcriber's.

    `longest_ms` is the most sound it can be given at once.
    """

    languages: ClassVar[tuple[str, ...]]
    longest_ms: ClassVar[int]

    def align(
        self, samples: NDArray[np.float32], words: Sequence[str], *, language: str
    ) -> Iterator[RawWord]:
        """Every given word once, as it was given, in order; times in ms from the sound's start.

        Start and end are None where it could not be placed. All words are meant to be said in the
        sound, and nothing else; what is said in between may spoil the result.
        """


class BatchTranscriber(Transcriber, Protocol):
    """A transcriber that hears several chunks at once in less time than one after the other.

    Where models differ in that, a classmethod `times(options)` says unloaded whether the chosen
    one gives its words times: `words` or `none`.
    """

    batch_size: int

    def transcribe_batch(
        self, chunks: Sequence[NDArray[np.float32]], *, language: str
    ) -> Iterator[Sequence[Word | RawWord]]:
        """The words of each chunk, in their order; the same as `transcribe` gives of it alone."""


class Diarizer(Engine, Protocol):
    """Hears who speaks when."""

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start."""


class EmotionReader(Engine, Protocol):
    """Hears in what mood something is said."""

    def read(
        self, samples: Samples, activity: Activity, turns: Sequence[Turn]
    ) -> Iterator[Feeling]:
        """Feelings in media time, sorted by start, at least one for each turn."""


class VoiceEncoder(Engine, Protocol):
    """Hears whose voice it is. Likeness of two voices is the cosine of their embeddings."""

    def embed(
        self, samples: Samples, activity: Activity, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        """One embedding of the voice in all the spans together, unit length, shape [d].

        It depends on the sound in the spans and on the activity's `gain_db` alone, and is all
        zeros where there is nothing to hear. The caller bounds the spans' total length.
        """


class LanguageModel(Engine, Protocol):
    """Answers in writing. What it answers is checked by whoever asked; nothing is promised of it.

    A classmethod `vendor(options)` names whose prices hold (a table of `speech/prices.toml`),
    empty for nobody's; a classmethod `lacks(options)` says, unloaded, what is missing for a call.
    """

    def write(self, prompt: Prompt) -> Answer:
        """One answer; the same again as far as the model can.

        Raises:
            TransientError: The service is busy, broken or not reached; with its `Retry-After`.
            RemoteError: It refuses.
            MissingError: It wants a key, and there is none.
        """


class StreamingModel(LanguageModel, Protocol):
    """A language model that can be read while it writes; told apart by its method."""

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """The pieces of one answer as they come, and last of all the whole of it, as `write`."""


class TextEncoder(Engine, Protocol):
    """Turns texts into vectors whose cosine tells how near their meanings are."""

    dimension: int

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where there is nothing in it.

        Each depends on its text and role alone. What is longer than the model reads is cut.
        """


class Reranker(Engine, Protocol):
    """Reads a question and passages together, and says how well each answers it."""

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, higher is better, shape [n]; only comparable within one query."""


class FrameEncoder(Engine, Protocol):
    """Turns pictures into vectors, one a frame.

    `motion` is True where a vector also depends on other frames of its clip: then one call is given
    one clip, in the order shown. One may have `encode_fitted(fitted)` too: `encode` of pictures
    that `vision.preprocessing.fit` has already brought to their size, so that others scale them
    while it is busy; and `batch_size`, how many pictures it looks at side by side. One that has
    `scales` set to True is faster at scaling, and is given pictures as they are, but for frames of
    films: those come fitted. `straight` set to True lets them be scaled by the film's decoder (see
    `model.vision.Fitting`). One whose vectors hold the numbers of several things side by side has a
    class method `things(options)`, which says of how many: nets then read them in turn.
    """

    dimension: int
    preprocessing: Preprocessing
    motion: ClassVar[bool]

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures [n, h, w, 3], RGB, of any size; vectors [n, dimension].

        Preprocessing is done in here, as the model's own configuration says.
        """


class Describer(Engine, Protocol):
    """Writes a sentence about what is seen. `languages` are BCP 47 tags.

    `language` is the one in which it writes as it is set. `frames` is how many frames of a span it
    looks at; `sized` at which size (width, height) they suffice, None for as they are.

    One may have `sampling`, where it wants other frames than `frames` spread evenly; and
    `fitted(pictures)`, some frames at its own smaller size, with `describe_fitted(fitted, times)`,
    so that the frames of a long span need not all be held whole; or `fitting`, a
    `model.vision.Fitting` in the place of it, by which frames come as `describe_fitted` takes them.
    """

    languages: ClassVar[tuple[str, ...]]
    language: str
    frames: int
    sized: tuple[int, int] | None

    def describe(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """Sentences about the frames [n, h, w, 3] of one span, best first; at least one."""


class AudioEncoder(Engine, Protocol):
    """Turns sound (not what is said) into vectors, each of `window_ms` of it, every `step_ms`."""

    dimension: int
    window_ms: int
    step_ms: int

    def encode(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Windows [n, samples] of mono sound at 16 kHz, -1..1; vectors [n, dimension]."""


class ZeroShot(Engine, Protocol):
    """Says how well pictures fit labels that nobody trained it on (an image-text model).

    `languages` are BCP 47 tags of the labels it understands.
    """

    languages: ClassVar[tuple[str, ...]]
    preprocessing: Preprocessing

    def score(self, pictures: NDArray[np.uint8], labels: Sequence[str]) -> NDArray[np.float32]:
        """Pictures [n, h, w, 3], RGB; the probability of each label for each, [n, labels].

        Rows of a model that lets labels compete add up to 1; those of one that judges each label
        by itself (SigLIP) do not.
        """


class Punctuator(Engine, Protocol):
    """Of the kind `llm` too: gives words their punctuation and capitals, and can do nothing else.

    It is told apart from a `LanguageModel` by its method.
    """

    def restore(
        self,
        words: Sequence[str],
        *,
        language: str,
        gaps_ms: Sequence[int | None] | None,
        ends: Sequence[int],
    ) -> Sequence[str]:
        """As many words, their letters the same but for case; see `speech.punctuation.restore`."""


class SentimentReader(Engine, Protocol):
    """Reads opinion and feeling out of texts. `languages` are BCP 47 tags, empty for many.

    Where models differ, a classmethod `languages_of(options)` gives the chosen one's, unloaded. One
    for millions of texts may have `score_column(texts, languages)` too: polarity (NaN for None) and
    coverage as arrays, the figures of `score`.
    """

    languages: ClassVar[tuple[str, ...]]

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text, in their order; each depends on that text alone.

        `languages` are the texts' own, one each (`und` for unknown). A text in a language that the
        engine does not know, and one of which it knows no token, has polarity None; it is never
        an error.
        """


class Parts(Protocol):
    """Resumable pieces of one stage: what was made before an interruption is not made again."""

    def fetch(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The bytes stored for a piece, made and stored first where they are missing."""


class Progress(Protocol):
    """Told how far a stage is; raises to stop it when the run is cancelled."""

    def __call__(self, done_ms: int, total_ms: int) -> None:
        """Report that `done_ms` of `total_ms` of media are worked through."""


class Work(Protocol):
    """What the runner hands a stage: its inputs, its engine, and where to put large results."""

    @property
    def options(self) -> Any:
        """The stage's options, an instance of its `Options`."""

    @property
    def engine(self) -> Any:
        """The engine, loaded on first use; stages without one do not ask."""

    @property
    def stamp(self) -> EngineStamp:
        """The engine's name, version, model and options, for the artifact."""

    @property
    def media(self) -> MediaRef:
        """The medium all of this is about."""

    @property
    def media_path(self) -> Path:
        """Where the medium's bytes lie."""

    @property
    def parts(self) -> Parts:
        """Resumable pieces of this task."""

    @property
    def progress(self) -> Progress:
        """Told how far the stage is."""

    def has(self, name: str) -> bool:
        """Whether the plan gives this input."""

    def take(self, name: str, kind: type[T]) -> T:
        """An input artifact by its parameter name."""

    def samples(self, audio: Audio) -> Samples:
        """The decoded sound of an audio artifact."""

    def object(self, digest: str) -> Path:
        """Where an object lies that an input artifact names (its matrix), its bytes checked."""

    def text(self, digest: str) -> str:
        """A text that was put into the store beforehand, kept as an output of this task."""

    def temporary(self, suffix: str = "") -> AbstractContextManager[Path]:
        """A file to fill inside the store; gone afterwards unless adopted."""

    def adopt(self, path: Path, name: str) -> str:
        """Keep a filled temporary file as the task's output `name`; returns its sha256."""


class Pullable(Engine, Protocol):
    """An engine whose model can be brought to the model cache by `loquitur models pull`."""

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into `resources.models`, whole or not at all; a present one is kept.

        Args:
            model: The model's name; empty for the engine's default.
            resources: Where to put it.
            tell: Told, in one line each, what happens.

        Raises:
            MissingError: It cannot be had from here, with what to do.
        """

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder in which a model lies once it is here; empty for the engine's default."""
