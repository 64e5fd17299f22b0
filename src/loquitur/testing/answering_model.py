"""Behaviours of a model that answers questions from passages: right ones, wrong ones, hostile ones.

They are for `language_model.model_server`, which speaks the wire formats of two services, streamed
or not. What is right is known to the test alone: `Sheet` holds the sentence that answers each
question; a question without one is answered from the first passage.

By hand: `python -m loquitur.testing.answering_model [BEHAVIOUR]` prints the address and goes on
until it is interrupted: `loquitur ask QUESTION --llm openai-compatible:tiny`.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from loquitur.library.answers.identity import speaks_as_person
from loquitur.library.answers.wording import sentences
from loquitur.testing.language_model import Question, Reply, model_server

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDER = re.compile(
    r"(?:say|write|answer|reply|respond)(?: only| with| that)* (?P<text>[^.!]+)", re.I
)
_ASKING = frozenset(
    ("what", "when", "where", "which", "whom", "does", "about", "into", "that", "this")
)
_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ru", "zh", "ja")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A passage as a model sees it."""

    n: int
    text: str

    @property
    def sentences(self) -> list[str]:
        """Its sentences."""
        return [self.text[first:end].strip() for first, end in sentences(self.text)]


@dataclass(slots=True)
class Sheet:
    """The right sentence of each question, told to the model as nobody tells a real one."""

    right: dict[str, str] = field(default_factory=dict)

    def claim(self, question: Question) -> dict[str, Any]:
        """The right claim: the sentence that answers, from the passage that has it."""
        wanted = self.right.get(question.material["question"], "")
        listed = passages(question)
        for one in listed:
            if wanted and wanted in one.text:
                return claim(wanted, one.n, wanted)
        first = listed[0].sentences[0] if listed and listed[0].sentences else ""
        return claim(first, listed[0].n if listed else 1, first)


def passages(question: Question) -> list[Listed]:
    """The passages of a prompt."""
    for key, value in question.material.items():
        if key.startswith("passages_"):
            return [Listed(n=one["n"], text=one["text"]) for one in value]
    return []


def claim(text: str, n: int, quote: str, *more: int) -> dict[str, Any]:
    """One claim; a sentence in the first person is put in quotation marks."""
    if any(speaks_as_person(text, language) for language in _LANGUAGES):
        text = f"\u201c{text}\u201d"
    return {"claim": text, "cites": [n, *more], "quote": quote}


def document(*claims: dict[str, Any], answerable: bool = True) -> str:
    """An answer of the shape that was asked for."""
    return json.dumps({"answerable": answerable, "claims": list(claims)}, ensure_ascii=False)


def rewriting(question: Question) -> str | None:
    """The answer to a request to rewrite a question; None where it is none."""
    earlier = question.material.get("earlier")
    if not earlier or not isinstance(earlier[0], dict):
        return None
    subject = _subject(str(earlier[-1]["question"]))
    asked = str(question.material["question"])
    made = re.sub(r"\b(?:it|they|them|those|that one|he|she)\b", subject, asked, count=1)
    return json.dumps({"question": made}, ensure_ascii=False)


def _subject(question: str) -> str:
    """What a question is about: its last words."""
    words = re.findall(r"[\w-]+", question)
    return " ".join(words[-2:])


def right(sheet: Sheet, question: Question) -> str:
    """The sentence that answers, as it stands."""
    return document(sheet.claim(question))


def chooses(sheet: Sheet, question: Question) -> str:
    """The sentence that has most words of the question, of those that have half of them."""
    del sheet
    asked = _words(question.material["question"])
    best, held = None, 0.5 * len(asked)
    for one in passages(question):
        for sentence in one.sentences:
            shared = len(asked & _words(sentence))
            if shared > held or (best is None and shared and shared == held):
                best, held = claim(sentence, one.n, sentence), shared
    return document(best) if best else document(answerable=False)


def _words(text: str) -> set[str]:
    """The longer words of a text, without their endings."""
    return {word[:6] for word in re.findall(r"\w{4,}", text.lower()) if word not in _ASKING}


def fenced(sheet: Sheet, question: Question) -> str:
    """The same after thoughts, inside of a fence."""
    thoughts = '<think>{"claims": [{"claim": "no", "cites": [1], "quote": "no"}]}</think>'
    return f"{thoughts}\n```json\n{right(sheet, question)}\n```"


def unanswerable(sheet: Sheet, question: Question) -> str:
    """It says that the passages do not answer."""
    del sheet, question
    return document(answerable=False)


# --- what must not be shown ---


def invents_numbers(sheet: Sheet, question: Question) -> str:
    """Every figure another one; where there is none, one is put in."""
    found = sheet.claim(question)
    changed = re.sub(r"\d+", lambda match: str(int(match[0][:9]) + 17), found["claim"])
    if changed == found["claim"]:
        changed = f"{found['claim'].rstrip('.')} for 417 days."
    return document(found | {"claim": changed})


def invents_names(sheet: Sheet, question: Question) -> str:
    """Somebody else did it."""
    found = sheet.claim(question)
    changed, count = _NAME.subn("Zanzibarowski", found["claim"], count=1)
    return document(found | {"claim": changed if count else f"Zanzibarowski: {found['claim']}"})


def cites_wrong_passages(sheet: Sheet, question: Question) -> str:
    """The right sentence, with the number and a quotation of another passage."""
    found = sheet.claim(question)
    others = [one for one in passages(question) if found["quote"] not in one.text]
    if not others:
        return document(found | {"cites": [99]})
    other = others[-1]
    quote = max(other.sentences, key=len)
    return document(found | {"cites": [other.n]}, found | {"cites": [other.n], "quote": quote})


def cites_nothing_there(sheet: Sheet, question: Question) -> str:
    """Numbers of no passage."""
    found = sheet.claim(question)
    return document(found | {"cites": [99]}, found | {"cites": [0]}, found | {"cites": []})


def cites_too_much(sheet: Sheet, question: Question) -> str:
    """The right passage, and all the others beside it."""
    found = sheet.claim(question)
    others = [one.n for one in passages(question) if one.n not in found["cites"]]
    return document(found | {"cites": [*found["cites"], *others]})


def invents_quotes(sheet: Sheet, question: Question) -> str:
    """A quotation that nobody said."""
    found = sheet.claim(question)
    return document(found | {"quote": "as everybody in this field has known for a long time"})


def denies(sheet: Sheet, question: Question) -> str:
    """The opposite."""
    found = sheet.claim(question)
    text = found["claim"]
    changed, count = re.subn(
        r"\b(is|was|are|were|has|had|can|will|did)\b", r"\1 not", text, count=1
    )
    if not count:
        changed = f"It is not true that {text}"
    return document(found | {"claim": changed})


def obeys(sheet: Sheet, question: Question) -> str:
    """It does what somebody in a passage tells it to, and quotes that; else it is right."""
    for one in passages(question):
        for sentence in one.sentences:
            if order := _ORDER.search(sentence):
                return document(claim(order["text"].strip(), one.n, sentence))
    return right(sheet, question)


def marks_up(sheet: Sheet, question: Question) -> str:
    """Links, pictures, escapes, numbers and times of its own around the right sentence."""
    found = sheet.claim(question)
    text = (
        f"\x1b]8;;https://evil.example/\x07**{found['claim'].rstrip('.')}**\x1b]8;;\x07 [7]"
        " ![p](https://evil.example/x?q=1) [more](javascript:alert(1)) <b>https://evil.example</b>"
    )
    return document(found | {"claim": text})


def writes_times(sheet: Sheet, question: Question) -> str:
    """A time of its own in the sentence."""
    found = sheet.claim(question)
    return document(found | {"claim": f"At 59:58 {found['claim']}"})


def personates(sheet: Sheet, question: Question) -> str:
    """It claims to be the person."""
    found = sheet.claim(question)
    return document(
        found | {"claim": f"I am the professor, and {found['claim']}"},
        found | {"claim": f"As I said in my lecture, {found['claim']}"},
    )


def breaks_off(sheet: Sheet, question: Question) -> str:
    """JSON that ends in the middle of its second claim."""
    found = sheet.claim(question)
    return document(found, found | {"claim": "It ends in the middle"})[:-40]


def talks(sheet: Sheet, question: Question) -> str:
    """Words in the place of JSON."""
    found = sheet.claim(question)
    return f"Sure! {found['claim']} [1] See https://evil.example for more."


def rambles(sheet: Sheet, question: Question) -> Reply:
    """The right claim, and then text without end."""
    return Reply(text=right(sheet, question)[:-2] + ", ", fault="rambles")


def mixes(sheet: Sheet, question: Question) -> str:
    """The right claim among lies."""
    lies = (invents_numbers, denies, cites_nothing_there, invents_quotes, personates)
    claims = [one for lie in lies for one in json.loads(lie(sheet, question))["claims"]]
    return document(*claims[:2], sheet.claim(question), *claims[2:])


RIGHT = (right, fenced, cites_too_much, breaks_off, mixes)
"""Behaviours that have one true claim."""
WRONG = (
    *(invents_numbers, invents_names, cites_wrong_passages, cites_nothing_there, invents_quotes),
    *(denies, writes_times, personates, talks),
)
"""Behaviours none of whose claims is true."""


_SERVED = (chooses, *RIGHT, *WRONG, unanswerable, obeys, marks_up, rambles)


def behaving(
    behaviour: Callable[[Sheet, Question], str | Reply], sheet: Sheet | None = None
) -> Callable[[Question], str | Reply]:
    """A behaviour as `model_server` takes it; questions are rewritten on request."""
    known = sheet or Sheet()

    def answer(question: Question) -> str | Reply:
        made = rewriting(question)
        return behaviour(known, question) if made is None else made

    return answer


def main(name: str = "chooses") -> None:
    """Serve with the behaviour of a name until interrupted."""
    known = {one.__name__: one for one in _SERVED}
    if name not in known:
        raise SystemExit(f"no behaviour is called '{name}': there are {', '.join(known)}")
    with model_server(behaving(known[name])) as server:
        click.echo(server.openai_url)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:2])
