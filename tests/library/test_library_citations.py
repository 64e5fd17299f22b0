"""The bar of citations: none that nobody could verify, of models that lie over real questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loquitur.library.answers.checking import Claim, Given, Kept, check
from loquitur.library.answers.wording import sentences
from loquitur.model.library import Passage
from loquitur.testing import answering_model as model
from loquitur.testing.language_model import Question

XQUAD = Path(__file__).parents[3] / "shared" / "data" / "qa" / "xquad"
LIES = [one for one in model.WRONG if one is not model.talks]
ANSWERS = 500


def letters(text):
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def prompts(language):
    """Questions with the right sentence, two passages each: of the half nothing was chosen on."""
    path = XQUAD / f"xquad.{language}.json"
    if not path.is_file():
        pytest.skip("the shared question sets are not here")
    found = json.loads(path.read_text("utf-8"))["data"][1::2]
    texts = [one for article in found for one in article["paragraphs"]]
    for at, one in enumerate(texts):
        said = " ".join(one["context"].split())
        beside = " ".join(texts[(at + 1) % len(texts)]["context"].split())
        for asked in one["qas"]:
            place = asked["answers"][0]["answer_start"]
            spans = sentences(one["context"])
            right = next(one["context"][a:z] for a, z in spans if a <= place < z)
            right = " ".join(right.split())
            material = {
                "question": asked["question"],
                "passages_x": [{"n": 1, "text": said}, {"n": 2, "text": beside}],
            }
            sheet = model.Sheet(right={asked["question"]: right})
            yield sheet, Question(instructions="", material=material), (said, beside)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_lie_is_shown_and_true_claims_are(language):
    shown, kept, right = [], 0, 0
    turns = zip(range(ANSWERS), prompts(language), strict=False)
    for turn, (sheet, question, texts) in turns:
        given = {
            n: Given(n=n, passage=Passage(
                media_id="x", part="speech:x", number=0, start_ms=0, end_ms=1, text=text,
                language=language, sentences=tuple(first for first, _ in sentences(text)),
            ))
            for n, text in enumerate(texts, 1)
        }  # fmt: skip
        for behaviour in (LIES[turn % len(LIES)], model.right):
            for one in json.loads(behaviour(sheet, question))["claims"]:
                cites = tuple(one["cites"])
                found = check(Claim(text=one["claim"], cites=cites, quote=one["quote"]), given)
                kept += behaviour is model.right and isinstance(found, Kept)
                right += behaviour is model.right
                if isinstance(found, Kept):
                    cited = [texts[evidence.n - 1] for evidence in found.evidence]
                    plain = letters(found.text)
                    shown += [found.text for text in cited if plain not in letters(text)]
    assert shown == []
    assert right >= 400
    assert kept >= 0.95 * right
