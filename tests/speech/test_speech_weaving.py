from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.media import MediaRef
from loquitur.model.speech import (
    EngineStamp,
    Feeling,
    Feelings,
    Provenance,
    SpokenWord,
    Turn,
    Turns,
    Word,
    Words,
)
from loquitur.speech.assignment import assign
from loquitur.speech.weaving import WeaveOptions, weave
from loquitur.timing import gap_ms, overlap_ms

STAMP = EngineStamp(name="drawn", version="1")
MEDIA = MediaRef(
    media_id="sha256:" + "0" * 64,
    title="A talk",
    source="talk.mp4",
    size_bytes=1,
    container="mp4",
    tracks=(),
    has_video=False,
    duration_ms=9_000,
)
CHECK = settings(derandomize=True, deadline=None, max_examples=150)


def words_of(*spans: tuple[int, int], text: str = "w") -> Words:
    made = tuple(
        Word(start_ms=start, end_ms=end, text=f"{text}{index}")
        for index, (start, end) in enumerate(spans)
    )
    return Words(words=made, language="en", engine=STAMP)


def turns_of(*turns: tuple[int, int, str]) -> Turns:
    made = tuple(Turn(start_ms=a, end_ms=b, speaker=who) for a, b, who in turns)
    return Turns(turns=made, engine=STAMP)


def feelings_of(*moods: tuple[int, int, str, str | None]) -> Feelings:
    made = tuple(
        Feeling(start_ms=a, end_ms=b, label=label, score=0.5, speaker=who)
        for a, b, label, who in moods
    )
    return Feelings(feelings=made, engine=STAMP)


def speakers_of_words(transcript) -> list[str]:
    return [utterance.speaker for utterance in transcript.utterances for _ in utterance.words]


# The oracle: the rules word by word and span by span, nothing shared with the code under test.


def brute_span(start: int, end: int, spans: list[tuple[int, int]]) -> int:
    def merit(index: int) -> tuple[bool, int, int, int]:
        a, b = spans[index]
        holds = a <= (start + end) / 2 < b
        return holds, overlap_ms(start, end, a, b), -gap_ms(start, end, a, b), -index

    return max(range(len(spans)), key=merit)


def brute(words, turns, feelings, options):
    """Per word: speaker, overlap, feeling label; and the starts of utterances."""
    heard = sorted(turns.turns, key=lambda t: (t.start_ms, t.end_ms, t.speaker)) if turns else []
    names = list(dict.fromkeys(turn.speaker for turn in heard)) or ["SPEAKER_00"]
    spans = [(turn.start_ms, turn.end_ms) for turn in heard]
    who = [
        heard[brute_span(word.start_ms, word.end_ms, spans)].speaker if heard else names[0]
        for word in words.words
    ]
    for i in range(1, len(who) - 1):
        before, word, after = words.words[i - 1 : i + 2]
        if (
            who[i - 1] == who[i + 1] != who[i]
            and word.end_ms - word.start_ms < options.flip_ms
            and word.start_ms - before.end_ms < options.flip_ms
            and after.start_ms - word.end_ms < options.flip_ms
        ):
            who[i] = who[i - 1]
    overlaps = []
    for speaker, word in zip(who, words.words, strict=True):
        least = min(options.overlap_ms, word.end_ms - word.start_ms)
        others = {
            turn.speaker
            for turn in heard
            if turn.speaker != speaker
            and overlap_ms(word.start_ms, word.end_ms, turn.start_ms, turn.end_ms) >= least
        }
        overlaps.append(tuple(sorted(others, key=names.index)))
    moods = sorted(
        feelings.feelings if feelings else (),
        key=lambda m: (m.start_ms, m.end_ms, m.label, m.speaker or ""),
    )
    labels = []
    for speaker, word in zip(who, words.words, strict=True):
        own = [mood for mood in moods if mood.speaker == speaker] or moods
        spans = [(mood.start_ms, mood.end_ms) for mood in own]
        labels.append(own[brute_span(word.start_ms, word.end_ms, spans)].label if own else None)
    cuts, silent_from = [], 0
    for i, word in enumerate(words.words):
        if (
            i == 0
            or who[i] != who[i - 1]
            or labels[i] != labels[i - 1]
            or word.start_ms - silent_from >= options.pause_ms
        ):
            cuts.append(i)
        silent_from = max(silent_from, word.end_ms)
    return who, overlaps, labels, cuts


def span(limit: int = 400, length: int = 120):
    return st.tuples(st.integers(0, limit), st.integers(1, length)).map(lambda p: (p[0], sum(p)))


SPEAKERS = st.sampled_from(["anna", "bert", "cleo"])
WORDS = st.lists(span(length=60), max_size=25).map(lambda s: words_of(*sorted(s)))
TURNS = st.lists(st.tuples(span(), SPEAKERS), max_size=12).map(
    lambda items: turns_of(*sorted((a, b, who) for (a, b), who in items))
)
MOODS = st.lists(
    st.tuples(span(), st.sampled_from(["calm", "neutral"]), st.one_of(st.none(), SPEAKERS)),
    max_size=8,
).map(
    lambda items: feelings_of(
        *sorted(((a, b, label, who) for (a, b), label, who in items), key=lambda m: m[:3])
    )
)
OPTIONS = st.builds(
    WeaveOptions,
    pause_ms=st.integers(1, 80),
    overlap_ms=st.integers(1, 40),
    flip_ms=st.sampled_from([0, 0, 20, 60]),
)


@CHECK
@given(words=WORDS, turns=st.none() | TURNS, feelings=st.none() | MOODS, options=OPTIONS)
def test_agrees_with_brute_force(words, turns, feelings, options):
    transcript = weave(words, turns, feelings, media=MEDIA, options=options)
    who, overlaps, labels, cuts = brute(words, turns, feelings, options)
    woven = [word for utterance in transcript.utterances for word in utterance.words]
    assert speakers_of_words(transcript) == who
    assert [word.overlap for word in woven] == overlaps
    lengths = [len(utterance.words) for utterance in transcript.utterances]
    assert [sum(lengths[:i]) for i in range(len(lengths))] == cuts
    assert [u.feeling and u.feeling.label for u in transcript.utterances] == [
        labels[cut] for cut in cuts
    ]


@CHECK
@given(words=WORDS, turns=st.none() | TURNS, feelings=st.none() | MOODS)
def test_no_word_is_lost_doubled_or_moved(words, turns, feelings):
    transcript = weave(words, turns, feelings, media=MEDIA)
    woven = [word for utterance in transcript.utterances for word in utterance.words]
    fields = ("start_ms", "end_ms", "text", "confidence", "timing")
    assert [[getattr(word, name) for name in fields] for word in woven] == [
        [getattr(word, name) for name in fields] for word in words.words
    ]
    known = {speaker.id for speaker in transcript.speakers}
    for utterance in transcript.utterances:
        assert utterance.start_ms == min(word.start_ms for word in utterance.words)
        assert utterance.end_ms == max(word.end_ms for word in utterance.words)
        assert utterance.speaker in known
        for word in utterance.words:
            assert known >= set(word.overlap)
            assert utterance.speaker not in word.overlap
            assert len(set(word.overlap)) == len(word.overlap)
            # As the constructor would have made it, promises kept.
            assert word == SpokenWord(
                **{name: getattr(word, name) for name in (*fields, "overlap")}
            )


@CHECK
@given(words=WORDS, turns=TURNS, feelings=MOODS, data=st.data())
def test_order_of_equal_starts_does_not_matter(words, turns, feelings, data):
    def shuffled(items):
        mixed = data.draw(st.permutations(items))
        return tuple(sorted(mixed, key=lambda item: item.start_ms))

    again = weave(
        words,
        Turns(turns=shuffled(turns.turns), engine=STAMP),
        Feelings(feelings=shuffled(feelings.feelings), engine=STAMP),
        media=MEDIA,
    )
    assert again == weave(words, turns, feelings, media=MEDIA)


def test_turns_that_begin_together_may_come_in_any_order():
    begun = [(0, 500, "cleo"), (0, 500, "anna"), (0, 400, "bert")]
    words = words_of((100, 200), (420, 480))
    woven = {weave(words, turns_of(*order), media=MEDIA) for order in itertools.permutations(begun)}
    (transcript,) = woven
    assert [speaker.id for speaker in transcript.speakers] == ["bert", "anna", "cleo"]
    assert speakers_of_words(transcript) == ["bert", "anna"]


def test_midpoint_decides_before_overlap():
    # The midpoint 150 lies in bert's turn alone; anna's turns are longer or nearer.
    transcript = weave(
        words_of((100, 200)),
        turns_of((0, 149, "anna"), (149, 152, "bert"), (152, 300, "anna")),
        media=MEDIA,
    )
    assert speakers_of_words(transcript) == ["bert"]


def test_half_millisecond_midpoint_is_not_rounded():
    # 100.5 lies in [100, 101), and in no other turn.
    transcript = weave(
        words_of((100, 101)), turns_of((90, 100, "anna"), (100, 101, "bert")), media=MEDIA
    )
    assert speakers_of_words(transcript) == ["bert"]


def test_largest_overlap_where_no_turn_holds_the_midpoint():
    transcript = weave(
        words_of((100, 200)), turns_of((0, 120, "anna"), (160, 300, "bert")), media=MEDIA
    )
    assert speakers_of_words(transcript) == ["bert"]


def test_nearest_turn_else_and_the_earlier_of_two():
    transcript = weave(
        words_of((10, 20), (140, 160), (200, 210), (900, 950)),
        turns_of((50, 100, "anna"), (200, 300, "bert"), (400, 500, "cleo")),
        media=MEDIA,
    )
    assert speakers_of_words(transcript) == ["anna", "anna", "bert", "cleo"]


def test_overlap_names_others_in_order_of_first_appearance():
    transcript = weave(
        words_of((1_000, 1_300), (2_000, 2_300)),
        turns_of((0, 100, "zoe"), (900, 1_400, "anna"), (950, 1_350, "bert"), (960, 1_090, "zoe")),
        media=MEDIA,
    )
    first, second = (word for u in transcript.utterances for word in u.words)
    assert first.overlap == ("zoe", "bert")
    assert second.overlap == ()
    assert [speaker.id for speaker in transcript.speakers] == ["zoe", "anna", "bert"]


def test_overlap_needs_its_minimum_or_the_whole_word():
    turns = turns_of((0, 3_000, "anna"), (1_060, 1_139, "bert"), (2_000, 2_030, "bert"))
    words = words_of((1_000, 1_500), (2_000, 2_030))
    transcript = weave(words, turns, media=MEDIA)
    first, second = (word for u in transcript.utterances for word in u.words)
    assert first.overlap == ()  # 79 ms of 80
    assert second.overlap == ("bert",)  # 30 ms, all of it
    looser = weave(words, turns, media=MEDIA, options=WeaveOptions(overlap_ms=79))
    assert looser.utterances[0].words[0].overlap == ("bert",)


def test_no_turns_is_one_speaker_and_no_words_is_no_utterance():
    for turns in (None, turns_of()):
        transcript = weave(words_of((0, 100), (150, 300)), turns, media=MEDIA)
        assert [speaker.id for speaker in transcript.speakers] == ["SPEAKER_00"]
        assert [u.speaker for u in transcript.utterances] == ["SPEAKER_00"]
    empty = weave(
        words_of(), turns_of((0, 10, "anna")), feelings_of((0, 9, "calm", None)), media=MEDIA
    )
    assert empty.utterances == ()
    assert [speaker.id for speaker in empty.speakers] == ["anna"]


def test_pause_begins_an_utterance_and_sound_of_others_is_no_pause():
    words = words_of((0, 100), (2_099, 2_200), (4_200, 4_300))
    assert [len(u.words) for u in weave(words, media=MEDIA).utterances] == [2, 1]
    nested = words_of((0, 3_000), (100, 200), (2_300, 2_400))
    assert len(weave(nested, media=MEDIA).utterances) == 1


def test_feeling_is_the_speakers_own_else_the_nearest_of_theirs_else_anybodys():
    words = words_of((100, 200), (1_100, 1_200), (3_000, 3_100))
    turns = turns_of((0, 1_000, "anna"), (1_000, 2_000, "bert"), (2_900, 3_200, "anna"))
    moods = feelings_of((0, 150, "calm", "bert"), (0, 999, "excited", "anna"))
    transcript = weave(words, turns, moods, media=MEDIA)
    assert [u.feeling.label for u in transcript.utterances] == ["excited", "calm", "excited"]
    nobodys = weave(words, turns, feelings_of((0, 50, "calm", None)), media=MEDIA)
    assert {u.feeling.label for u in nobodys.utterances} == {"calm"}


def test_utterance_takes_the_feeling_that_overlaps_it_most():
    moods = feelings_of((0, 300, "calm", None), (300, 2_000, "calm", None))
    transcript = weave(words_of((0, 280), (310, 900)), None, moods, media=MEDIA)
    (utterance,) = transcript.utterances
    assert utterance.feeling is moods.feelings[1]


def test_flips_are_kept_unless_asked():
    words = words_of((0, 300), (310, 500), (510, 900))
    turns = turns_of((0, 305, "anna"), (305, 505, "bert"), (505, 1_000, "anna"))
    assert speakers_of_words(weave(words, turns, media=MEDIA)) == ["anna", "bert", "anna"]
    mended = weave(words, turns, media=MEDIA, options=WeaveOptions(flip_ms=400))
    assert speakers_of_words(mended) == ["anna"] * 3
    # The one who was heard there is not forgotten.
    assert mended.utterances[0].words[1].overlap == ("bert",)


def test_passes_on_what_the_stages_said():
    stamp = Provenance(stage="transcribe", engine="drawn", version="1", draft=True)
    turns = Turns(turns=(), engine=STAMP, notes=("one speaker: no weights", "twice"))
    transcript = weave(
        words_of((0, 10)), turns, media=MEDIA, duration_ms=77, provenance=(stamp,), notes=("twice",)
    )
    assert (transcript.duration_ms, transcript.draft) == (77, True)
    assert transcript.provenance == (stamp,)
    assert transcript.notes == ("twice", "one speaker: no weights")
    assert weave(words_of((0, 10)), media=MEDIA).duration_ms == 9_000
    assert (transcript.media_id, transcript.title) == (MEDIA.media_id, "A talk")


def test_nothing_given_is_changed_and_the_result_pickles():
    words = words_of((0, 300), (310, 500))
    turns = turns_of((0, 305, "anna"), (305, 505, "bert"))
    moods = feelings_of((0, 500, "calm", None))
    before = pickle.dumps((words, turns, moods))
    transcript = weave(words, turns, moods, media=MEDIA, options=WeaveOptions(flip_ms=400))
    assert pickle.dumps((words, turns, moods)) == before
    assert pickle.loads(pickle.dumps(transcript)) == transcript
    with pytest.raises(AttributeError):
        transcript.utterances[0].words[0].start_ms = 5


def test_one_turn_over_all_does_not_make_it_quadratic():
    # Naive pruning keeps every short turn beside the long one; the sets must stay small.
    starts = np.arange(20_000, dtype=np.int64) * 100
    ends = starts + 150
    spans = np.concatenate(([0], starts)), np.concatenate(([10**7], starts + 100))
    found = assign(starts, ends, *spans)
    assert max(map(len, found.meetings)) == 3
    assert (found.span == 0).all()


def test_options_refuse_nonsense():
    for wrong in ({"pause_ms": 0}, {"overlap_ms": 0}, {"flip_ms": -1}):
        with pytest.raises(ValueError, match="positive"):
            WeaveOptions(**wrong)
    with pytest.raises(ValueError, match="no span"):
        assign(*(np.zeros(0, np.int64),) * 4)


# --- words that say whose they are ---


def said(*words: tuple[int, int, str]) -> Words:
    made = tuple(
        Word(start_ms=start, end_ms=end, text=f"{who}{index}")
        for index, (start, end, who) in enumerate(words)
    )
    return Words(
        words=made, language="en", engine=STAMP, speakers=tuple(who for _, _, who in words)
    )


def shown(words: Words, turns: Turns | None = None, moods: Feelings | None = None):
    woven = weave(words, turns, moods, media=MEDIA)
    assert sorted(word.text for item in woven.utterances for word in item.words) == sorted(
        word.text for word in words.words
    )
    return [(item.speaker, item.text) for item in woven.utterances]


def test_two_who_speak_at_once_have_an_utterance_each():
    words = said((0, 400, "a"), (200, 600, "b"), (420, 800, "a"), (620, 900, "b"), (810, 990, "a"))
    assert shown(words) == [("a", "a0 a2 a4"), ("b", "b1 b3")]


def test_whose_a_word_is_counts_more_than_the_turns():
    words = said((0, 400, "a"), (450, 900, "b"))
    turns = turns_of((0, 1_000, "b"), (0, 300, "a"))
    assert shown(words, turns) == [("a", "a0"), ("b", "b1")]
    woven = weave(words, turns, media=MEDIA)
    assert [word.overlap for item in woven.utterances for word in item.words] == [("b",), ()]


def test_who_answers_in_a_pause_ends_the_utterance():
    words = said((0, 400, "a"), (450, 700, "b"), (800, 1_200, "a"), (1_250, 1_500, "a"))
    assert shown(words) == [("a", "a0"), ("b", "b1"), ("a", "a2 a3")]


def test_a_pause_without_an_answer_does_not_till_it_is_long():
    words = said((0, 400, "a"), (1_200, 1_500, "a"), (3_600, 3_900, "a"), (3_700, 4_000, "b"))
    assert shown(words) == [("a", "a0 a1"), ("a", "a2"), ("b", "b3")]


def test_a_speaker_no_turn_knows_is_there_all_the_same():
    words = said((0, 400, "a"), (450, 900, "c"))
    woven = weave(words, turns_of((0, 1_000, "a")), media=MEDIA)
    assert [speaker.id for speaker in woven.speakers] == ["a", "c"]
    assert [item.speaker for item in woven.utterances] == ["a", "c"]


def test_moods_of_those_who_speak_at_once():
    words = said((0, 400, "a"), (200, 600, "b"), (420, 800, "a"))
    moods = feelings_of((0, 800, "calm", "a"), (0, 800, "cross", "b"))
    woven = weave(words, None, moods, media=MEDIA)
    assert [item.feeling.label for item in woven.utterances] == ["calm", "cross"]


@given(
    st.lists(
        st.tuples(st.integers(0, 6_000), st.integers(1, 900), st.sampled_from("abc")), max_size=25
    )
)
@CHECK
def test_words_of_their_own_speakers_are_all_there_in_order(drawn):
    words = said(*sorted((start, start + length, who) for start, length, who in drawn))
    woven = weave(words, media=MEDIA)
    starts = [item.start_ms for item in woven.utterances]
    assert starts == sorted(starts)
    for who in "abc":
        own = [w.text for item in woven.utterances if item.speaker == who for w in item.words]
        assert own == [w.text for w in words.words if w.text.startswith(who)]
