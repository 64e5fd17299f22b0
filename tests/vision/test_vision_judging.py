"""Voices side by side: what they say of clips, and what is measured of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loquitur.errors import InputError
from loquitur.vision import shapes
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.judging import Voice, judge, voice_of
from loquitur.vision.judging.baselines import baselines, commonest, people
from loquitur.vision.judging.judge import CEILING
from loquitur.vision.judging.references import language_of, read_corpus
from loquitur.vision.judging.tables import plain, rows_table, summary_table

SIZES = {"train": 30, "test": 12, "unseen": 8}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return shapes.corpus(seed=1, sizes=SIZES)


def says(name: str, clips: dict[str, str]) -> Voice:
    return Voice(name=name, say=lambda _: (clips, ()))


class Colours:
    """Features that tell of each clip only how many red and how many blue words it has."""

    def __init__(self, corpus: Corpus) -> None:
        self._clips = {clip.clip_id: clip for clip in corpus.clips}
        self.missing: set[str] = set()

    def lacking(self, clip_ids: Any) -> tuple[str, ...]:
        return tuple(one for one in clip_ids if one in self.missing or one not in self._clips)

    def get(self, clip_id: str) -> tuple[None, Any]:
        text = " ".join(self._clips[clip_id].texts())
        row = [text.count(" red "), text.count(" blue "), text.count(" green ")]
        return None, np.array([row, row], dtype=np.float16)

    def statistics(self, clip_ids: Any) -> tuple[Any, Any]:
        rows = np.concatenate([self.get(one)[1] for one in clip_ids]).astype(np.float32)
        return rows.mean(axis=0), rows.std(axis=0)


def test_a_right_sentence_is_right_in_every_slot_and_leads(corpus: Corpus) -> None:
    clips = corpus.of("test")
    first = {clip.clip_id: clip.texts()[0] for clip in clips}
    wrong = dict.fromkeys(first, "a red circle moves left")
    voices = [says("right", first), says("wrong", wrong)]
    found = judge({"test": clips}, voices, corpus=corpus, ceiling=True)
    right, one_thing, person = found.judged
    assert right.slots is not None
    assert right.slots.whole == 1
    assert one_thing.slots is not None
    assert one_thing.slots.whole is not None
    assert one_thing.slots.whole < 0.3
    assert one_thing.scores.diversity.collapsed
    assert any("collapsed" in text for text in one_thing.notices)
    assert (person.name, person.kind) == (CEILING, "baseline")
    leads = {lead.measure: lead for lead in found.leads()}
    assert leads["cider_d"].value < 0
    assert leads["cider_d"].clear
    assert {lead.name for lead in found.leads()} == {"wrong"}


def test_two_are_compared_on_the_clips_that_both_describe(corpus: Corpus) -> None:
    clips = corpus.of("test")
    first = {clip.clip_id: clip.texts()[0] for clip in clips}
    ids = list(first)
    some = {one: first[one] for one in ids[1:]} | {ids[1]: "a red circle"}
    found = judge({"test": clips}, [says("all", first), says("some", some)], corpus=corpus)
    leads = {one.measure: one for one in found.leads()}
    assert {one.interval.units for one in leads.values()} == {len(ids) - 1}
    rows = {one.clip_id: one.values for one in found.judged[0].scores.rows}
    mean = sum(rows[one]["rouge_l"] or 0 for one in ids[1:]) / (len(ids) - 1)
    mine = found.judged[1].scores.values["rouge_l"]
    assert leads["rouge_l"].value == pytest.approx((mine or 0) - mean)
    alone = judge(
        {"test": clips}, [says("a", {ids[0]: "x"}), says("b", {ids[1]: "y"})], corpus=corpus
    )
    assert alone.leads() == ()


def test_what_is_said_of_other_splits_is_no_stray_prediction(corpus: Corpus) -> None:
    said = {clip.clip_id: clip.texts()[0] for clip in corpus.clips} | {"nobody": "a red circle"}
    found = judge({"test": corpus.of("test")}, [says("all", said)], corpus=corpus)
    assert found.judged[0].scores.extra == ("nobody",)


def test_the_nearest_clip_says_its_sentence(corpus: Corpus) -> None:
    features: Any = Colours(corpus)
    train, clips = corpus.of("train"), corpus.of("test")
    common, random, by_mean, by_sequence = baselines(train, features=features, seed=3)
    known = {text for clip in train for text in clip.texts()}
    assert set(common.say(clips)[0].values()) == {commonest([t for c in train for t in c.texts()])}
    assert set(random.say(clips)[0].values()) <= known
    said, _ = by_mean.say([*clips, train[0]])
    assert said == by_sequence.say([*clips, train[0]])[0]  # its rows are alike
    same = [
        clip
        for clip in train
        if (features.get(clip.clip_id)[1] == features.get(train[0].clip_id)[1]).all()
    ]
    assert said[train[0].clip_id] == same[0].texts()[0]
    features.missing = {clips[0].clip_id}
    assert clips[0].clip_id not in by_mean.say(clips)[0]
    with pytest.raises(InputError, match="training split"):
        baselines([])


def test_people_are_held_against_the_others(corpus: Corpus) -> None:
    clip = Clip(clip_id="a", video_id="a", sentences=(Sentence(text="only one"),))
    assert people([clip]) == {}
    two = Clip(clip_id="b", video_id="b", sentences=(Sentence(text="x"), Sentence(text="y")))
    assert people([two]) == {"b": "x"}


def test_a_file_is_a_voice(tmp_path: Path, corpus: Corpus) -> None:
    clips = corpus.of("test")
    path = tmp_path / "mine.json"
    rows = [{"image_id": f"videos/{one.clip_id}.mp4", "caption": one.texts()[0]} for one in clips]
    path.write_text(json.dumps(rows), "utf-8")
    voice = voice_of(f"ours={path}")
    assert (voice.name, voice.kind) == ("ours", "file")
    said, notices = voice.say(clips)
    assert said == {one.clip_id: one.texts()[0] for one in clips}
    assert "without folder and suffix" in notices[0]
    assert voice_of(str(path)).name == "mine"


def test_a_folder_without_a_model_says_so(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(InputError, match="holds no model of ours"):
        voice_of(str(tmp_path / "run")).say(corpus.of("test"))


def test_tables_and_plain_values_say_the_same(corpus: Corpus) -> None:
    clips = corpus.of("test")
    said = {clip.clip_id: clip.texts()[1] for clip in clips[:10]}
    found = judge(
        {"test": clips}, [says("one", said)], corpus=corpus, measures=("bleu4", "cider_d")
    )
    (result,) = plain(found)["results"]
    json.dumps(plain(found))
    table = summary_table(found)
    row = dict(zip(table.names, next(zip(*table.data, strict=True)), strict=True))
    assert (row["voice"], row["split"], row["clips"], row["missing"]) == ("one", "test", 10, 2)
    assert row["cider_d"] == result["cider_d"]
    assert row["cider_d_low"] == result["intervals"]["cider_d"]["low"]
    assert row["slots_whole"] == result["slots"]["whole"] == 1
    assert result["missing"]["count"] == 2
    rows = rows_table(found)
    assert len(rows) == 10
    assert rows.data[rows.names.index("references")][0] == clips[0].texts()


def test_bare_references_are_a_corpus_too(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    rows = [{"image_id": 1, "caption": "a cat"}, {"image_id": 1, "caption": "the cat"}]
    path.write_text(json.dumps({"images": [], "annotations": rows}), "utf-8")
    corpus = read_corpus(path)
    assert [(one.clip_id, one.texts()) for one in corpus.clips] == [("1", ("a cat", "the cat"))]
    assert language_of(corpus) == "en"
    with pytest.raises(InputError):
        read_corpus(tmp_path / "nothing.jsonl")
