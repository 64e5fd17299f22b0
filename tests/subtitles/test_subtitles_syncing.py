"""Sync against masks like those of speech; `benchmarks/sync_accuracy.py` has real speech."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scenes_files import srt, vtt

from loquitur import formats
from loquitur.errors import InputError
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.subtitles.moving import frame_rate, rate_line, scaled, shifted
from loquitur.subtitles.referencing import synced_to
from loquitur.subtitles.syncing import RATIOS, SyncOptions, synced
from loquitur.subtitles.voice_mask import VoiceField, VoiceMask

LAG_MS = 55
"""Voice activity comes so late, as measured on forced word times."""


def talk(seed, count=60):
    """Spans of speech with pauses of a talk, in ms."""
    rng = np.random.default_rng(seed)
    at, found = 2_000, []
    for _ in range(count):
        lasts = int(rng.uniform(600, 5_000))
        found.append((at, at + lasts))
        at += lasts + int(rng.choice([120, 400, 900, 2_500], p=[0.4, 0.3, 0.2, 0.1]))
    return found


def heard(spans, *, frame_ms=32, seed=0):
    """The mask of a detector that is late and not always sure."""
    rng = np.random.default_rng(seed)
    frames = (spans[-1][1] + 4_000) // frame_ms
    levels = rng.uniform(0, 0.15, frames)
    for start, end in spans:
        low, high = (start + LAG_MS) // frame_ms, (end + LAG_MS) // frame_ms
        levels[low:high] = rng.uniform(0.7, 1, high - low)
    return VoiceMask(levels=levels, frame_ms=frame_ms)


def captions(spans, seed=1):
    """Captions that come a little early and stay."""
    rng = np.random.default_rng(seed)
    cues = []
    for number, (start, end) in enumerate(spans):
        until = spans[number + 1][0] if number + 1 < len(spans) else end + 500
        cues.append(
            Cue(
                start_ms=start - int(rng.uniform(0, 80)),
                end_ms=min(end + int(rng.uniform(0, 400)), until),
                payload=f"cue {number}",
            )
        )
    return CaptionTrack(language="en", cues=tuple(cues))


def errors_ms(result, track):
    return [abs(a.start_ms - b.start_ms) for a, b in zip(result.cues, track.cues, strict=True)]


@pytest.fixture(scope="module")
def spans():
    return talk(3)


@pytest.fixture(scope="module")
def mask(spans):
    return heard(spans)


@pytest.mark.parametrize("offset_ms", [-30_000, -4_321, 0, 700, 30_000])
def test_a_shifted_file_comes_back(spans, mask, offset_ms):
    track = captions(spans)
    moved = shifted(track, offset_ms, before_zero="keep").track
    done = synced(moved, mask)
    assert len(done.pieces) == 1
    assert max(errors_ms(done.track, track)) <= 60
    assert done.peak_ratio > 1.5


@pytest.mark.parametrize("ratio", RATIOS[1:], ids=str)
def test_a_stretched_file_comes_back(spans, mask, ratio):
    track = captions(spans)
    moved = scaled(track, rate_line(ratio, Fraction(1))).track
    done = synced(moved, mask)
    assert float(done.pieces[0].line.ratio) == pytest.approx(float(1 / ratio), abs=2e-3)
    assert np.percentile(errors_ms(done.track, track), 90) <= 100


def test_a_file_cut_in_three_comes_back(spans, mask):
    track = captions(spans)
    offsets = [-7_000] * 20 + [12_000] * 20 + [31_000] * 20
    cues = tuple(
        replace(cue, start_ms=cue.start_ms + by, end_ms=cue.end_ms + by)
        for cue, by in zip(track.cues, offsets, strict=True)
    )
    done = synced(replace(track, cues=cues), mask)
    assert [piece.count for piece in done.pieces] == [20, 20, 20]
    assert max(errors_ms(done.track, track)) <= 100


def test_another_film_is_refused(mask):
    for seed in (11, 12, 13):
        with pytest.raises(InputError, match="not clear where") as caught:
            synced(captions(talk(seed)), mask)
        assert caught.value.code == "LQ-SYNC-UNSURE"


def test_what_cannot_be_synced_is_said(mask):
    with pytest.raises(InputError, match="too few"):
        synced(srt("a", "b"), mask)
    silent = VoiceMask(levels=np.zeros(500), frame_ms=32)
    with pytest.raises(InputError, match="nobody speaks"):
        synced(srt("a", "b", "c", "d"), silent)


def test_the_order_of_the_file_and_inner_times_stay(spans, mask):
    track = captions(spans)
    first, second, *rest = track.cues
    inner = replace(second, payload=f"x <00:00:0{second.start_ms // 1000}.900>y")
    mixed = replace(track, cues=(inner, first, *rest))
    done = synced(mixed, mask, options=SyncOptions(pieces=False))
    by = done.track.cues[0].start_ms - inner.start_ms
    assert [cue.payload for cue in done.track.cues[1:]] == [cue.payload for cue in mixed.cues[1:]]
    assert f"{900 + by:03d}>y" in done.track.cues[0].payload or abs(by) > 99


def test_rows_of_sums_are_the_sums():
    rng = np.random.default_rng(5)
    field = VoiceField(VoiceMask(levels=rng.uniform(0, 1, 200), frame_ms=10, offset_ms=30))
    times = -777.5 + 40.0 * np.arange(120)
    assert field.upto_row(-777.5, 4, 120) == pytest.approx(field.upto(times))


def test_a_reference_with_the_same_words_gives_its_times(shared):
    reference = formats.read(shared / "subtitles" / "google-captions" / "en" / "AGU-EPA.srt")
    for moved in (
        shifted(reference, 29_000).track,
        scaled(reference, rate_line(frame_rate("25"), frame_rate("23.976"))).track,
    ):
        done = synced_to(moved, reference)
        assert done.share == 1.0
        assert done.track.cues == reference.cues


def test_cues_with_other_words_move_with_their_neighbours():
    texts = {n: f"word{n} and more{n}" for n in range(10, 20)}

    def spoken(late_s, said):
        times = "00:{0:02d}.000 --> 00:{0:02d}.900\n{1}"
        return vtt("\n\n".join(times.format(n + late_s, text) for n, text in said.items()))

    reference = spoken(0, texts)
    track = spoken(5, texts | {14: "other text here"})
    done = synced_to(track, reference)
    assert [cue.start_ms for cue in done.track.cues] == [n * 1_000 for n in range(10, 20)]
    assert done.exact == 9


def test_another_language_is_synced_by_when_there_are_captions(spans):
    english = captions(spans)
    other = replace(english, cues=tuple(replace(cue, payload=f"mot{number} autre")
                                        for number, cue in enumerate(english.cues)))  # fmt: skip
    done = synced_to(shifted(other, 9_000).track, english)
    assert max(errors_ms(done.track, english)) <= 40
    with pytest.raises(InputError, match="no cues"):
        synced_to(english, CaptionTrack(language=""))
