"""The suites of the kind `llm`: what restores punctuation, and what answers prompts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loquitur.errors import LoquiturError
from loquitur.protocols import Answer, Prompt
from loquitur.speech.rewording import heard
from loquitur.testing.conformance.plain import check_pickles, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.protocols import LanguageModel, Punctuator

_SENTENCES = "so this is what we do every day and i think it works well what do you think about it"
_SAID = _SENTENCES.split()
_STRANGE = (["\u4f60\u597d", "\u4e16\u754c"], ["-", "..."])
_SHAPE = json.dumps(
    {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    }
)


def check_llm(engine: Any) -> None:
    """An engine of the kind `llm`: `Punctuator` by its `restore`, `LanguageModel` by `write`."""
    assert hasattr(engine, "restore") != hasattr(engine, "write"), "either restore or write"
    if hasattr(engine, "restore"):
        check_punctuator(engine)
    else:
        check_language_model(engine)


def check_punctuator(engine: Punctuator) -> None:
    """As many words, the same letters, alike each time; what is punctuated stays as it is."""
    for words in (
        [],
        _SAID[:1],
        _SAID,
        _SAID * 200,
        ["\u4f60\u597d", "\u4e16\u754c"],
        ["-", "..."],
    ):
        for language in ("en", "de", "zh", "und"):
            with quiet():
                found = _restored(engine, words, language)
                again = _restored(engine, words, language)
            assert found == again, "alike each time"
            assert len(found) == len(words), "as many words"
            for old, new in zip(words, found, strict=True):
                assert type(new) is str, "plain text"
                assert heard(old, english=False) == heard(new, english=False), "the same letters"
    done = _restored(engine, _SAID, "en")
    assert _restored(engine, done, "en") == done, "what is punctuated stays as it is"
    ends = [len(_SAID) // 2]
    with quiet():
        parted = engine.restore(_SAID, language="en", gaps_ms=[0] * len(_SAID), ends=ends)
    assert len(parted) == len(_SAID), "as many words with pauses"
    check_pickles(done)


def _restored(engine: Punctuator, words: Sequence[str], language: str) -> list[str]:
    return list(engine.restore(words, language=language, gaps_ms=None, ends=()))


def check_language_model(engine: LanguageModel) -> None:
    """An answer is an `Answer` in plain types, also to the shortest and to strange material."""
    for material in ({"word": "hello"}, {}, {"word": "\u4f60\u597d \u0000 \U0001f600 \"'<>"}):
        prompt = Prompt(
            instructions="Answer with JSON that holds one word.",
            material=json.dumps(material, ensure_ascii=False),
            shape=_SHAPE,
            most_tokens=100,
        )
        with quiet():
            answer = engine.write(prompt)
        assert isinstance(answer, Answer), "an Answer"
        assert type(answer.text) is str, "text in plain str"
        assert type(answer.whole) is bool, "whole is a bool"
        for count in (answer.input_tokens, answer.output_tokens):
            assert count is None or (type(count) is int and count >= 0), "counts are plain"
        check_pickles([answer])


def check_faults(engine: LanguageModel) -> LoquiturError:
    """A call that must fail does so with an error of ours; gives it."""
    prompt = Prompt(instructions="Answer.", material="{}", shape=_SHAPE, most_tokens=10)
    try:
        engine.write(prompt)
    except LoquiturError as exc:
        return exc
    raise AssertionError("the call did not fail")
