"""Videos that are there already are found by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from loquitur.errors import InputError
from loquitur.media.probe import probe
from loquitur.testing import tiny_corpora as tiny
from loquitur.vision.clips import Clip, Corpus
from loquitur.vision.corpora import read
from loquitur.vision.corpora.places import MISSING, located

FILMS = tiny.films(4)


def test_cut_clips_are_shown_whole(tmp_path: Path) -> None:
    corpus = read(tiny.write_msvd(tmp_path, FILMS, cut=True))
    found, missing = located(corpus, tmp_path / "videos")
    assert len(found.clips) == 6
    assert {clip.video_id for clip in missing} == {FILMS[-1].video_id}
    for clip in found.clips:
        assert (clip.start_ms, clip.end_ms) == (None, None)
        assert probe(Path(clip.source), isolated=False).duration_ms == 2000
    (dropped,) = (one for one in found.dropped if one.reason == MISSING)
    assert dropped.count == 2


def test_whole_videos_keep_their_spans(tmp_path: Path) -> None:
    corpus = read(tiny.write_msvd(tmp_path, FILMS))
    tiny.write_whole(tmp_path / "videos" / "deep", FILMS[:1])
    tiny.write_film(FILMS[1], tmp_path / "videos" / f"v_{FILMS[1].video_id}.mp4")
    found, missing = located(corpus, tmp_path / "videos")
    spans = [(clip.start_ms, clip.end_ms) for clip in found.clips]
    assert spans == [(0, 2000), (2000, 4000)] * 2
    assert len(missing) == 4


def test_a_clip_that_is_its_video_keeps_its_span(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"")
    clip = Clip(clip_id="x", video_id="x", start_ms=100)
    found, _ = located(Corpus(name="c", clips=(clip,)), tmp_path)
    assert found.clips[0].start_ms == 100
    assert found.clips[0].source == str(tmp_path / "x.mp4")


def test_none_at_all_is_an_error(tmp_path: Path) -> None:
    corpus = Corpus(name="c", clips=(Clip(clip_id="a", video_id="b"),))
    with pytest.raises(InputError, match="none of the 1 clips is in it"):
        located(corpus, tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        located(corpus, tmp_path / "gone")
