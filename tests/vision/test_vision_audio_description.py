"""Descriptions in the pauses of a dialogue: never over it, never over one another."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Alternative, Description, Descriptions
from loquitur.subtitles.check import check
from loquitur.timing import Span
from loquitur.vision.audio_description import Pace, fit, gaps_of
from loquitur.vision.description_files import content_of, document_of, track_of

PACE = Pace(words_per_minute=600, apart_ms=100, early_ms=2_000, shortest_ms=100)


def seen(start, end, text, *others):
    alternatives = tuple(Alternative(text=other) for other in others)
    return Description(start_ms=start, end_ms=end, text=text, alternatives=alternatives)


def spoken(*pairs):
    return [Span(start_ms=start, end_ms=end) for start, end in pairs]


def placed(descriptions, dialogue, *, end=60_000, pace=PACE):
    found = fit(descriptions, dialogue, end_ms=end, pace=pace)
    return [(one.start_ms, one.end_ms, one.text) for one in found.narrations], found.left_out


def test_it_is_said_when_it_happens_where_nobody_speaks():
    said, left = placed([seen(5_000, 9_000, "a man walks")], [])
    assert said == [(5_000, 5_300, "a man walks")]
    assert left == ()


def test_before_its_event_or_behind_its_start_whichever_is_nearer():
    dog = [seen(5_000, 9_000, "a dog runs off")]
    near_before = placed(dog, spoken((4_800, 8_000)))[0]
    assert near_before == [(4_300, 4_700, "a dog runs off")]
    near_behind = placed(dog, spoken((1_000, 5_500)))[0]
    assert near_behind == [(5_600, 6_000, "a dog runs off")]


def test_what_does_not_fit_loses_clauses_then_gives_way_to_a_shorter_sentence():
    long = "A dark room; a man sits by the window and reads; rain runs down the glass."
    said, left = placed([seen(1_000, 3_000, long)], spoken((0, 900), (2_300, 9_000)))
    assert [text for _, _, text in said] == ["A dark room; a man sits by the window and reads."]
    other = seen(1_000, 2_000, "a man in a long coat walks along", "a man", "walks and walks")
    said, left = placed([other], spoken((0, 900), (1_400, 9_000)))
    assert [text for _, _, text in said] == ["a man"]
    assert left == ()


def test_what_finds_no_gap_is_told_with_the_room_there_was():
    said, (left,) = placed([seen(1_000, 2_000, "a man walks along a road")], spoken((0, 60_000)))
    assert said == []
    assert (left.reason, left.needed_ms, left.room_ms) == ("no gap", 600, 0)
    _, (left,) = placed([seen(1_000, 2_000, "a man walks along")], spoken((0, 900), (1_300, 9_000)))
    assert left.room_ms == 200


def test_the_same_sentence_is_not_said_twice_and_an_empty_one_never():
    same = [seen(0, 5_000, "A dog."), seen(5_000, 9_000, "a dog"), seen(9_000, 9_900, " ... ")]
    said, left = placed(same, [])
    assert len(said) == 1
    assert [one.reason for one in left] == ["repeated", "empty"]


def test_times_of_speaking_by_words_and_by_signs():
    assert Pace().spoken_ms("one two three four five six seven eight") == 3_000
    assert Pace().spoken_ms("男の人が歩く。") == 1_200
    assert Pace().spoken_ms("") == Pace().shortest_ms


def test_japanese_loses_clauses_without_blanks():
    text = "暗い画面、主に青。カメラは静止。白いものが右へ動く。"
    said, _ = placed([seen(0, 4_000, text)], spoken((2_200, 9_000)), pace=Pace(apart_ms=100))
    assert [one for _, _, one in said] == ["暗い画面、主に青。"]


SPANS = st.lists(
    st.tuples(st.integers(0, 50_000), st.integers(1, 4_000)).map(
        lambda pair: Span(start_ms=pair[0], end_ms=sum(pair))
    ),
    max_size=25,
)
SENTENCES = st.lists(
    st.tuples(st.integers(0, 50_000), st.integers(1, 9_000), st.integers(1, 30)), max_size=25
).map(
    lambda rows: [
        seen(start, start + length, " ".join(f"word{at}{n}" for n in range(words)))
        for at, (start, length, words) in enumerate(sorted(rows))
    ]
)


@given(SPANS, SENTENCES, st.integers(0, 900), st.integers(0, 5_000))
def test_nothing_is_said_over_dialogue_or_over_another(dialogue, sentences, apart, early):
    pace = Pace(words_per_minute=300, apart_ms=apart, early_ms=early, shortest_ms=200)
    found = fit(sentences, dialogue, end_ms=60_000, pace=pace)
    assert len(found.narrations) + len(found.left_out) == len(sentences)
    last = 0
    for one in found.narrations:
        assert 0 <= one.start_ms < one.end_ms <= 60_000
        assert one.start_ms >= last
        last = one.end_ms + apart
        assert one.end_ms - one.start_ms == pace.spoken_ms(one.text)
        assert one.of.start_ms - early <= one.start_ms < one.of.end_ms
        for span in dialogue:
            assert one.end_ms + apart <= span.start_ms or span.end_ms + apart <= one.start_ms


@given(SPANS, st.integers(0, 500))
def test_gaps_and_dialogue_together_are_the_film(dialogue, apart):
    gaps = gaps_of(dialogue, end_ms=60_000, apart_ms=apart)
    assert all(one.end_ms < other.start_ms for one, other in pairwise(gaps))
    free = sum(gap.duration_ms for gap in gaps)
    taken = set()
    for span in dialogue:
        low, high = max(0, span.start_ms - apart), min(60_000, span.end_ms + apart)
        taken.update(range(low, high))
    assert free == 60_000 - len(taken)


def descriptions(*said, draft=False):
    return Descriptions(
        media_id="sha256:" + "0" * 64,
        language="en",
        engine=EngineStamp(name="git", version="5", model="tiny", draft=draft),
        descriptions=tuple(said),
    )


def test_the_track_is_of_the_kind_descriptions_and_holds_what_check_asks():
    made = descriptions(seen(0, 4_000, "A man --> walks\n<b>on</b>"), seen(4_000, 9_000, "A dog"))
    found = fit(made.descriptions, spoken((2_500, 5_000)), end_ms=9_000, pace=Pace(apart_ms=100))
    track = track_of(made, fitted=found, title="x")
    text = content_of(made, "vtt", video="x.mp4", fitted=found).decode()
    assert text.startswith("WEBVTT\nKind: descriptions\nLanguage: en\n")
    assert "&lt;b&gt;on" in text
    assert [one for one in check(track, duration_ms=9_000) if one.severity == "error"] == []
    from loquitur.formats.document import Document
    from loquitur.formats.webvtt.reader import read

    again = read(Document.of_text(text))
    assert again.kind == "descriptions"
    assert [(one.start_ms, one.end_ms) for one in again.cues] == [(0, 2_250), (5_100, 5_900)]


def test_the_document_has_the_keys_of_the_contract_and_null_for_what_nobody_knows():
    made = descriptions(seen(0, 4_000, "A man", "A person"))
    document = document_of(made, video="dQw4w9WgXcQ")
    assert document["video"] == "dQw4w9WgXcQ"
    (one,) = document["descriptions"]
    assert {name: one[name] for name in ("start_ms", "end_ms", "text", "score")} == {
        "start_ms": 0, "end_ms": 4_000, "text": "A man", "score": None,
    }  # fmt: skip
    assert document["duration_ms"] is None
    for form in ("srt", "txt", "csv"):
        assert "A man" in content_of(made, form, video="x").decode()
