from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.captions import Cue
from loquitur.subtitles.fit import Spoken, fit, needed_ms
from loquitur.subtitles.limits import Limits

CHECK = settings(derandomize=True, deadline=None, max_examples=80)
LIMITS = st.sampled_from(
    [
        Limits(),
        Limits(gap_ms=0, chain_ms=0),
        Limits(speed_cps=12, shortest_ms=1_333, longest_ms=6_000, gap_ms=160, chain_ms=1_000),
        Limits(speed_cps=None, speed_wpm=160, fps=50, gap_ms=40),
    ]
)
CUTS = st.lists(st.integers(0, 20_000), max_size=12)
TEXTS = st.integers(1, 80).map(lambda count: ("word " * count)[:count].strip() or "w")


@st.composite
def shown(draw):
    """Cues as files may have them: overlapping, upside down, at once."""
    cues = []
    for text in draw(st.lists(TEXTS, max_size=8)):
        start = draw(st.integers(-500, 15_000))
        cues.append(
            Cue(start_ms=start, end_ms=start + draw(st.integers(-300, 9_000)), payload=text)
        )
    return cues


@st.composite
def spoken(draw):
    now, cues, spans = 0, [], []
    for text in draw(st.lists(TEXTS, max_size=8)):
        now += draw(st.integers(0, 2_500))
        spans.append(Spoken(start_ms=now, end_ms=now + draw(st.integers(0, 3_000))))
        cues.append(Cue(start_ms=0, end_ms=0, payload=text))
    return cues, spans


@CHECK
@given(cues=shown(), limits=LIMITS, cuts=CUTS, end=st.sampled_from([None, 12_000]))
def test_fitting_twice_is_fitting_once(cues, limits, cuts, end):
    once = fit(cues, limits=limits, cuts=cuts, duration_ms=end)
    assert fit(once, limits=limits, cuts=cuts, duration_ms=end) == once
    assert sorted(cue.payload for cue in once) == sorted(cue.payload for cue in cues)
    before = 0
    for cue in once:
        assert before <= cue.start_ms < cue.end_ms <= cue.start_ms + limits.longest_ms
        before = cue.end_ms


@CHECK
@given(scene=spoken(), limits=LIMITS, cuts=CUTS, end=st.sampled_from([None, 30_000]))
def test_cues_follow_the_speech(scene, limits, cuts, end):
    cues, spans = scene
    once = fit(cues, limits=limits, cuts=cuts, duration_ms=end, spoken=spans)
    assert fit(once, limits=limits, cuts=cuts, duration_ms=end, spoken=spans) == once
    lead_ms = int(2000 / limits.fps)
    together = len({span.start_ms for span in spans}) < len(spans)
    for index, (cue, span) in enumerate(zip(once, spans, strict=True)):
        assert cue.start_ms >= span.start_ms - lead_ms
        assert together or cue.start_ms <= span.start_ms
        if end is not None and cue.start_ms < end:
            assert cue.end_ms <= end
        assert cue.end_ms <= max(span.end_ms + 1_500, cue.start_ms + 1)
        if index + 1 < len(once):
            following = once[index + 1].start_ms
            assert cue.end_ms <= following
            # the gap is missing only where the cue has not even that time
            apart = following - cue.end_ms >= limits.gap_ms
            assert apart or following - span.start_ms <= limits.gap_ms


@CHECK
@given(scene=spoken(), limits=LIMITS)
def test_there_is_time_to_read_where_the_next_cue_leaves_it(scene, limits):
    cues, spans = scene
    made = fit(cues, limits=limits, spoken=spans)
    for index, cue in enumerate(made):
        need = needed_ms(cue.text.split("\n"), limits)
        latest = min(spans[index].end_ms + 1_500, cue.start_ms + limits.longest_ms)
        if index + 1 < len(made):
            latest = min(latest, made[index + 1].start_ms - limits.gap_ms)
        assert cue.duration_ms >= min(need, latest - cue.start_ms)


def one(text: str, start_ms: int, end_ms: int, *more: Cue, **wish) -> tuple[int, int]:
    cue = Cue(start_ms=start_ms, end_ms=end_ms, payload=text)
    found = fit([cue, *more], limits=Limits(), **wish)[0]
    return found.start_ms, found.end_ms


def test_the_repairs_one_by_one():
    later = Cue(start_ms=5_000, end_ms=7_000, payload="Later, and long enough.")
    # the least time, the reading speed: the end goes into the silence
    assert one("Yes.", 1_000, 1_200) == (1_000, 1_833)
    assert one("x" * 40, 1_000, 1_200) == (1_000, 3_000)
    # chaining: a gap of under half a second flickers; a longer one stays
    assert one("Some words.", 3_000, 4_600, later) == (3_000, 4_917)
    assert one("Some words.", 3_000, 4_400, later) == (3_000, 4_400)
    # the least gap: two frames
    assert one("Some words.", 3_000, 4_990, later) == (3_000, 4_917)
    # overlaps end where the next one begins
    assert one("Some words.", 3_000, 6_000, later) == (3_000, 4_917)
    assert one("Some words.", 3_000, 13_000) == (3_000, 10_000)
    assert one("Some words.", 3_000, 4_000, duration_ms=3_500) == (3_000, 3_500)


def test_cuts_without_speech_known():
    assert one("Some words.", 3_100, 6_000, cuts=[3_000]) == (3_000, 6_000)
    assert one("Some words.", 2_800, 6_000, cuts=[3_000]) == (3_000, 6_000)
    assert one("Some words.", 2_600, 6_000, cuts=[3_000]) == (2_500, 6_000)
    assert one("Some words.", 3_000, 6_000, cuts=[6_200]) == (3_000, 6_117)
    assert one("Some words.", 3_000, 6_000, cuts=[5_700]) == (3_000, 5_617)
    assert one("Some words.", 3_000, 6_000, cuts=[5_400]) == (3_000, 6_000)


def test_no_cue_waits_for_a_cut_behind_its_first_word():
    words = [Spoken(start_ms=2_800, end_ms=4_000)]
    assert one("Some words.", 0, 0, spoken=words, cuts=[3_000])[0] == 2_800
    assert one("Some words.", 0, 0, spoken=words, cuts=[2_750])[0] == 2_750
    assert one("Some words.", 0, 0, spoken=words, cuts=[2_600])[0] == 2_800


def test_what_cannot_be_fitted_is_said():
    cue = Cue(start_ms=0, end_ms=1, payload="x")
    with pytest.raises(ValueError, match="spans of speech"):
        fit([cue], limits=Limits(), spoken=[])
    late, early = Spoken(start_ms=9, end_ms=10), Spoken(start_ms=1, end_ms=2)
    with pytest.raises(ValueError, match="sorted"):
        fit([cue, cue], limits=Limits(), spoken=[late, early])
