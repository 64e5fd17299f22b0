"""The pipe `spacytextblob` of spaCy, as the course has it, on English without a model.

The figures are TextBlob's, since the pipe asks TextBlob; the engine `textblob` gives the same
without spaCy. The pipe hands TextBlob the text of the document and needs neither tags nor vectors,
so `spacy.blank("en")` is enough, and nothing is fetched.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.errors import EngineError, MissingError
from loquitur.languages import primary
from loquitur.model.sentiment import Assessment, Sentiment
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = "spacytextblob"
_PARTS = ("spacytextblob", "spacy", "textblob")
_CHARACTERS = 10_000_000
"""spaCy refuses texts of more than a million characters, for the sake of parsers not used here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacyTextBlobOptions:
    """Options of the engine: it has none."""


class SpacyTextBlobSentiment:
    """spaCy with TextBlob (`loquitur.protocols.SentimentReader`); English.

    Args:
        options: None.
        resources: Unused; nothing is fetched.

    Raises:
        MissingError: spaCy, spacytextblob or TextBlob is not installed.
        EngineError: They do not fit together.
    """

    Options: ClassVar[type] = SpacyTextBlobOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: SpacyTextBlobOptions, resources: Resources) -> None:
        del options, resources
        self._pipe = _pipe()

    @classmethod
    def identity(cls, options: SpacyTextBlobOptions, resources: Resources) -> Identity:
        """The versions of the three libraries.

        Raises:
            MissingError: One is not installed.
        """
        del options, resources
        try:
            versions = [f"{name} {importlib.metadata.version(name)}" for name in _PARTS]
        except importlib.metadata.PackageNotFoundError as exc:
            raise _absent(exc) from exc
        return Identity(version=", ".join(versions))

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text; `scores` has the raw figures, 0 for what is unknown."""
        for text, language in zip(texts, languages, strict=True):
            if primary(language) not in ("", *self.languages):
                yield Sentiment.unscored(language=language, engine=NAME)
            else:
                yield self._score(text, language)

    def _score(self, text: str, language: str) -> Sentiment:
        # lone surrogates are no characters, and spaCy's strings are UTF-8
        document = self._pipe(text.encode("utf-8", "replace").decode("utf-8"))
        blob = document._.blob
        assessed = blob.sentiment_assessments.assessments
        told = sum(map(_tells, document.text.split()))
        known = sum(1 for item in assessed for word in item[0] if word != "!")
        raw = (float(blob.polarity), float(blob.subjectivity))
        return Sentiment(
            polarity=raw[0] if assessed else None,
            subjectivity=raw[1] if assessed else None,
            coverage=min(1.0, known / told) if told else 0.0,
            language=language,
            engine=NAME,
            assessments=tuple(
                Assessment(words=tuple(words), polarity=p, subjectivity=s, label=label)
                for words, p, s, label in assessed
            ),
            scores=(("polarity", raw[0]), ("subjectivity", raw[1])),
        )


def _tells(word: str) -> bool:
    """Whether what stands between blanks is a word or an emoticon, and no lone punctuation."""
    return len(word) > 1 or word.isalnum()


def _pipe() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import spacy
            import spacytextblob.spacytextblob  # noqa: F401 - registers the pipe
            from spacy.tokenizer import Tokenizer
    except ImportError as exc:
        raise _absent(exc) from exc
    try:
        made = spacy.blank("en")
        made.max_length = _CHARACTERS
        # parts at blanks alone: TextBlob parts words by itself, and the rules of English take
        # minutes for 100 KB of exclamation marks
        made.tokenizer = Tokenizer(made.vocab)
        made.add_pipe("spacytextblob")
    except (ValueError, OSError, AttributeError) as exc:
        raise EngineError(f"spaCy does not take the pipe: {str(exc).splitlines()[0]}") from exc
    return made


def _absent(exc: Exception) -> MissingError:
    return MissingError(
        f"the pipe spacytextblob cannot be loaded: {exc}",
        hint='pip install "loquitur[spacy]"; or take the engine textblob: the same figures',
        code="LQ-NO-PACKAGE",
    )
