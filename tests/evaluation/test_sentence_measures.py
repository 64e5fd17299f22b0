"""The caption measures: the values that the reference programs gave, and their properties."""

from __future__ import annotations

import json
import pickle
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError, UsageError
from loquitur.evaluation.sentences import DocumentFrequencies, meteor, score
from loquitur.evaluation.sentences.alignment import align
from loquitur.evaluation.sentences.cider import Cider
from loquitur.evaluation.sentences.diversity import diversity
from loquitur.evaluation.sentences.rouge import rouge_l
from loquitur.evaluation.sentences.stems import stem
from loquitur.evaluation.sentences.tokens import tokens_of

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.lists(
    st.sampled_from(("a", "man", "dog", "dogs", "runs", "running")), min_size=1, max_size=9
)


def kept(shared: Path, name: str) -> Any:
    return json.loads((shared / "vision" / name).read_text("utf-8"))


def test_bleu_rouge_and_cider_are_those_of_pycocoevalcap(shared: Path) -> None:
    fixture = kept(shared, "caption_metrics_fixture.json")
    scores = score(
        {str(at): one for at, one in enumerate(fixture["references"])},
        {str(at): one for at, one in enumerate(fixture["hypotheses"])},
        measures=("bleu4", "rouge_l", "cider_d", "cider"),
    )
    assert scores.values["bleu4"] == pytest.approx(fixture["bleu4_corpus"], abs=1e-9)
    assert scores.values["rouge_l"] == pytest.approx(fixture["rouge_l"], abs=1e-9)
    assert scores.values["cider_d"] == pytest.approx(fixture["cider_d"], abs=1e-9)
    assert scores.values["cider"] == pytest.approx(fixture["cider_plain"], abs=1e-9)


@pytest.mark.parametrize(
    ("delta", "key"), [(0.5, "meteor15_exact_stem_delta05"), (0.75, "meteor15_exact_stem")]
)
def test_meteor_is_that_of_the_java_program(shared: Path, delta: float, key: str) -> None:
    scorer = meteor.Meteor(meteor.MeteorOptions(delta=delta))
    for one in kept(shared, "meteor15_fixture.json"):
        found = scorer.score(
            tokens_of(one["hypothesis"]), [tokens_of(it) for it in one["references"]]
        )
        assert found.value == pytest.approx(one[key], abs=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs", "exact", "stems", "chunks"),
    [
        # what the program answers: a stem with a rival counts only where it breaks no chunk
        ("of boy dogs quick quickly play", "was quickly of boy dogs quickly play", 5, 0, 2),
        ("boy quick quickly", "quickly b boy quickly", 2, 1, 2),
        ("quick quickly", "quickly b quickly", 1, 0, 1),
        ("quick c quick", "quickly b quickly", 0, 0, 0),
        ("x quick y quick z", "x quickly y quickly z", 3, 2, 1),
        ("e quick b quickly c", "c quickly quickly b e", 4, 1, 4),
        ("on the mat sat the cat", "the cat sat on the mat", 6, 0, 3),
    ],
)
def test_alignment_is_that_of_the_java_program(
    ours: str, theirs: str, exact: int, stems: int, chunks: int
) -> None:
    said, wanted = ours.split(), theirs.split()
    matches, found = align(said, wanted, [*map(stem, said)], [*map(stem, wanted)])
    assert sum(not one[2] for one in matches) == exact
    assert sum(one[2] for one in matches) == stems
    assert found == chunks


def test_a_word_two_hundred_times_is_aligned_whole_and_soon() -> None:
    words = ["a"] * 200
    start = time.process_time()
    matches, chunks = align(words, words, words, words)
    assert (len(matches), chunks) == (200, 1)
    assert time.process_time() - start < 20
    assert align(words[:3], words, words[:3], words)[1] == 1


def test_a_sentence_that_covers_its_reference_is_no_fragment_of_the_corpus() -> None:
    whole, part = ["a", "man", "runs"], ["a", "man", "walks", "far"]
    scorer = meteor.Meteor(meteor.MeteorOptions(delta=0.5))
    rows = [scorer.score(whole, [whole]), scorer.score(part, [["a", "man", "sits", "down"]])]
    sums = np.array([one.statistics for one in rows]).sum(axis=0)
    assert rows[0].value == 1
    # 5 of 7 words on each side in one chunk: that of the whole sentence is none
    expected = 5 / 7 * (1 - 0.6 * (1 / 5) ** 0.2)
    assert float(meteor.formula(sums, 0.5)) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30)
@given(st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=3)), min_size=2, max_size=5))
def test_scores_stay_within_their_ends(pairs: list[tuple[list[str], list[list[str]]]]) -> None:
    scores = score(
        {str(at): [" ".join(one) for one in wanted] for at, (_, wanted) in enumerate(pairs)},
        {str(at): " ".join(said) for at, (said, _) in enumerate(pairs)},
    )
    for key, value in scores.values.items():
        assert value is not None
        assert 0 <= value <= (10 if key == "cider_d" else 1) + 1e-9


@settings(max_examples=30)
@given(WORDS)
def test_a_sentence_is_its_own_best_reference(words: list[str]) -> None:
    assert rouge_l(words, [["x"], words]) == pytest.approx(1)
    assert meteor.Meteor().score(words, [["x"], words]).value == pytest.approx(1)


@settings(max_examples=30)
@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_that_of_the_table(a: list[str], b: list[str]) -> None:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, one in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            same = table[i - 1][j - 1] + 1
            table[i][j] = same if one == other else max(table[i - 1][j], table[i][j - 1])
    common = table[-1][-1]
    precision, recall = common / len(a), common / len(b)
    expected = (1 + 1.44) * precision * recall / (recall + 1.44 * precision) if common else 0.0
    assert rouge_l(a, [b]) == pytest.approx(expected)


def test_clips_of_one_side_change_no_figure() -> None:
    references = {"a": ["a man runs fast"], "b": ["a dog sleeps here"], "c": ["nobody asked"]}
    predictions = {"a": "a man runs", "b": "a dog sleeps", "x": "what is this"}
    scores = score(references, predictions)
    common = score({key: references[key] for key in "ab"}, {key: predictions[key] for key in "ab"})
    assert scores.values == common.values
    assert scores.missing == ("c",)
    assert scores.extra == ("x",)
    assert len(scores.notices) == 2
    with pytest.raises(InputError, match="no clip stands on both sides"):
        score({"a": ["x"]}, {"b": "x"})


def test_of_one_clip_cider_is_told_only_with_frequencies_of_a_corpus() -> None:
    one = {"a": ["a man runs"]}
    alone = score(one, {"a": "a man runs"}, measures=("cider_d", "bleu1"))
    assert alone.values["cider_d"] is None
    assert "document frequencies" in alone.notices[0]
    corpus = DocumentFrequencies.of([[["a", "man"]], [["a", "dog", "runs"]], [["b"]]])
    told = score(one, {"a": "a man runs"}, measures=("cider_d",), document_frequencies=corpus)
    assert told.values["cider_d"] == pytest.approx(7.5)  # of four words in a row there are none
    with pytest.raises(UsageError, match="document frequencies"):
        Cider(DocumentFrequencies.of([[["a"]]]))


def test_empty_sentences_count_as_nothing_and_wordless_references_are_left_out() -> None:
    scores = score({"a": ["a man", "..."], "b": ["a dog"], "c": ["!"]}, {"a": "", "b": "a dog"})
    assert scores.rows[0].values["bleu1"] == 0
    assert scores.rows[0].values["meteor"] == 0
    assert [one.clip_id for one in scores.rows] == ["a", "b"]
    assert any("2 references without a word" in one for one in scores.notices)
    assert any("1 of 2 predictions without a word" in one for one in scores.notices)


def test_a_model_that_says_one_thing_has_collapsed() -> None:
    references = {str(at): [f"a man does thing {at}"] for at in range(10)}
    scores = score(references, dict.fromkeys(references, "a man is playing a guitar"))
    assert scores.diversity.collapsed
    assert any("collapsed" in one for one in scores.notices)
    assert not score(references, {key: one[0] for key, one in references.items()}).notices


def test_diversity_counts_words_and_what_is_new() -> None:
    found = diversity(
        [("a", "cat"), ("a", "dog")], [[("a", "cat", "sits")], [("b",)]], [("a", "dog")]
    )
    assert (found.distinct, found.distinct_1, found.distinct_2) == (2, 0.75, 1.0)
    assert (found.words, found.known_words, found.novel) == (3, 0.5, 0.5)
    assert (found.length, found.reference_length) == (2, 2)


def test_intervals_are_seeded_and_hold_the_value() -> None:
    references = {str(at): [f"a man number {at % 7} runs"] for at in range(40)}
    predictions = {key: f"a man number {int(key) % 5} runs" for key in references}
    scores = score(references, predictions)
    for key in scores.values:
        found = scores.interval(key, seed=3)
        assert found == scores.interval(key, seed=3)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low <= (scores.values[key] or 0) <= found.high
    better = score(references, {key: one[0] for key, one in references.items()})
    lead = better.lead(scores, "cider_d")
    assert lead is not None
    assert lead.low is not None
    assert lead.low > 0
    assert pickle.loads(pickle.dumps(scores)).values == scores.values


def test_a_wrong_measure_names_the_right_one() -> None:
    with pytest.raises(UsageError) as caught:
        score({"a": ["x"]}, {"a": "x"}, measures=("rouge",))
    assert "rouge_l" in caught.value.hint


def test_other_languages_have_their_own_words_and_stems() -> None:
    german = score({"a": ["Zwei Hunde laufen"], "b": ["x"]}, {"a": "zwei Hund laufen", "b": "y"},
                   language="de", measures=("meteor",))  # fmt: skip
    assert german.rows[0].values["meteor"] == pytest.approx(2.6 / 3)
    chinese = score({"a": ["一个人在跑"], "b": ["猫"]}, {"a": "一个男人在跑", "b": "狗"},
                    language="zh", measures=("bleu1",))  # fmt: skip
    assert chinese.rows[0].values["bleu1"] == pytest.approx(5 / 6)
