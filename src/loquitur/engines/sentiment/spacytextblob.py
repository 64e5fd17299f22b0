"""The pipe `spacytextblob` of spaCy, as the course has it, on English without a model.

The figures are TextBlob's, since the pipe asks TextBlob; the engine `textblob` gives the same
without spaCy. The pipe hands TextBlob the text of the document and needs neither tags nor vectors,
so `spacy.blank("en")` is enough, and nothing is fetched.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines import lexicons
from loquitur.errors import EngineError, MissingError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from loquitur.model.sentiment import Sentiment

_PARTS = ("spacytextblob", "spacy", "textblob")
_CHARACTERS = 10_000_000
"""spaCy refuses texts of more than a million characters, for the sake of parsers not used here."""


class SpacyTextBlobSentiment(lexicons.Lexicon):
    """spaCy with TextBlob (`loquitur.protocols.SentimentReader`); English.

    Args:
        options: None.
        resources: Unused; nothing is fetched.

    Raises:
        MissingError: spaCy, spacytextblob or TextBlob is not installed.
        EngineError: They do not fit together.
    """

    Options: ClassVar[type] = lexicons.NoOptions
    name: ClassVar[str] = "spacytextblob"
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: lexicons.NoOptions, resources: Resources) -> None:
        del options, resources
        self._pipe = _pipe()

    @classmethod
    def identity(cls, options: lexicons.NoOptions, resources: Resources) -> Identity:
        """The versions of the three libraries.

        Raises:
            MissingError: One is not installed.
        """
        del options, resources
        versions = [f"{name} {lexicons.version(name, extra='spacy')}" for name in _PARTS]
        return Identity(version=", ".join(versions))

    def _score(self, text: str, language: str) -> Sentiment:
        # lone surrogates are no characters, and spaCy's strings are UTF-8
        document = self._pipe(text.encode("utf-8", "replace").decode("utf-8"))
        blob = document._.blob
        return lexicons.put_together(
            blob.sentiment_assessments.assessments,
            (float(blob.polarity), float(blob.subjectivity)),
            document.text.split(),
            language=language,
            engine=self.name,
        )


def _pipe() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import spacy
            import spacytextblob.spacytextblob  # noqa: F401 - registers the pipe
            from spacy.tokenizer import Tokenizer
    except ImportError as exc:
        raise MissingError(
            f"the pipe spacytextblob cannot be loaded: {exc}",
            hint='pip install "loquitur[spacy]"; or take the engine textblob: the same figures',
            code="LQ-NO-PACKAGE",
        ) from exc
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
