"""The caption measures against the values that the reference programs gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loquitur.evaluation.sentences import meteor, score

DATA = Path(__file__).parents[2].parent / "shared/data/vision"


def fixture(name: str) -> Any:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the shared fixture {name} is not here")
    return json.loads(path.read_text("utf-8"))


def test_bleu_rouge_and_cider_are_those_of_pycocoevalcap() -> None:
    kept = fixture("caption_metrics_fixture.json")
    scores = score(
        {str(at): one for at, one in enumerate(kept["references"])},
        {str(at): one for at, one in enumerate(kept["hypotheses"])},
        measures=("bleu4", "rouge_l", "cider_d", "cider"),
    )
    assert scores.values["bleu4"] == pytest.approx(kept["bleu4_corpus"], abs=1e-9)
    assert scores.values["rouge_l"] == pytest.approx(kept["rouge_l"], abs=1e-9)
    assert scores.values["cider_d"] == pytest.approx(kept["cider_d"], abs=1e-9)
    assert scores.values["cider"] == pytest.approx(kept["cider_plain"], abs=1e-9)


def test_meteor_is_that_of_the_java_program() -> None:
    kept = fixture("meteor15_fixture.json")
    scorer = meteor.Meteor(meteor.MeteorOptions(delta=0.5))
    for one in kept:
        found = scorer.score(one["hypothesis"].split(), [it.split() for it in one["references"]])
        assert found.value == pytest.approx(one["meteor15_exact_stem_delta05"], abs=1e-6)


def test_meteor_with_our_function_words_is_near_the_program() -> None:
    kept = fixture("meteor15_fixture.json")
    scorer = meteor.Meteor()
    gaps = np.array(
        [
            scorer.score(one["hypothesis"].split(), [it.split() for it in one["references"]]).value
            - one["meteor15_exact_stem"]
            for one in kept
        ]
    )
    assert np.abs(gaps).max() < 0.03
    assert np.abs(gaps).mean() < 0.001
