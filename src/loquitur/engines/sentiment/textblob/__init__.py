"""TextBlob's lexicon and rules: polarity, subjectivity, and the words they were made of.

The figures are those of `TextBlob(text).sentiment_assessments` (Pattern's rules: De Smedt and
Daelemans 2012, "Pattern for Python", JMLR 13). Its lexicon and rules stand alone in one module of
the package, which is loaded without the rest: `import textblob` brings NLTK, 1.4 s of it, and
neither that, corpora nor a model is needed here.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines import lexicons
from loquitur.engines.sentiment.textblob.walk import Walk
from loquitur.errors import EngineError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from loquitur.model.sentiment import Sentiment

_PACKAGE = "textblob"
_INSTALL = 'pip install "loquitur[insight]"'


class TextBlobSentiment(lexicons.Lexicon):
    """TextBlob's pattern analyser (`loquitur.protocols.SentimentReader`); English.

    Args:
        options: None.
        resources: Unused.

    Raises:
        MissingError: TextBlob is not installed.
        EngineError: It is another TextBlob than those known.
    """

    Options: ClassVar[type] = lexicons.NoOptions
    name: ClassVar[str] = "textblob"
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: lexicons.NoOptions, resources: Resources) -> None:
        del options, resources
        self._walk = _walk()

    @classmethod
    def identity(cls, options: lexicons.NoOptions, resources: Resources) -> Identity:
        """TextBlob's version.

        Raises:
            MissingError: It is not installed.
        """
        del options, resources
        return Identity(version=lexicons.version(_PACKAGE))

    def _score(self, text: str, language: str) -> Sentiment:
        words = self._walk.words(text)
        assessed = self._walk.assess(words)
        count = len(assessed)
        polarity = subjectivity = 0.0
        for item in assessed:  # added up as the library does: newer Pythons' `sum` rounds otherwise
            polarity += item[1]
            subjectivity += item[2]
        raw = (polarity / (count or 1), subjectivity / (count or 1))
        return lexicons.put_together(assessed, raw, words, language=language, engine=self.name)


@lru_cache(maxsize=1)
def library() -> tuple[Any, Any]:
    """TextBlob's module of rules, and its lexicon as `textblob.en.sentiment` has it.

    Raises:
        MissingError: TextBlob is not installed.
        EngineError: It is another TextBlob than those known.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise lexicons.absent(_PACKAGE)
    folder = Path(found.origin).parent
    place = importlib.util.spec_from_file_location("_loquitur_textblob", folder / "_text.py")
    if place is None or place.loader is None:
        raise EngineError(f"{folder} has no _text.py", hint=_INSTALL)
    module = importlib.util.module_from_spec(place)
    try:
        place.loader.exec_module(module)
        lexicon = module.Sentiment(
            path=str(folder / "en" / "en-sentiment.xml"),
            synset="wordnet_id",
            language="en",
            negations=("no", "not", "n't", "never"),
            modifiers=("RB",),
            modifier=lambda word: word.endswith("ly"),
            tokenizer=module.find_tokens,
        )
        lexicon.load()
        _add_adverbs(lexicon)
    except (OSError, AttributeError, TypeError, SyntaxError, ValueError) as exc:
        raise EngineError(f"this TextBlob is not known: {exc}", hint=_INSTALL) from exc
    return module, lexicon


@lru_cache(maxsize=1)
def _walk() -> Walk:
    return Walk(*library())


def _add_adverbs(lexicon: Any) -> None:
    """`terribly` as bad as `terrible`: what `textblob.en.Sentiment.load` adds."""
    for word, senses in list(lexicon.items()):
        if "JJ" in senses:
            stem = word[:-1] + "i" if word.endswith("y") else word
            stem = stem[:-2] if stem.endswith("le") else stem
            lexicon.annotate(stem + "ly", "RB", *senses["JJ"])
