"""Every reader on broken and hostile files: a track, or an error of our own.

Iterates over whatever formats can be read, so a new one is held to the same.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from formats_scenes import adversarial, rich

from loquitur import formats
from loquitur.errors import LoquiturError, MissingError
from loquitur.formats import Document
from loquitur.subtitles.segment import segment
from loquitur.testing.mutations import hostile, mutated

DATA = Path(__file__).parents[3] / "shared" / "data" / "subtitles"
SUFFIXES = {name: (form.suffix, *form.suffixes) for name, form in formats.FORMATS.items()}
MOST_SEED_BYTES = 20_000


def seeds(name):
    """Small good files of a format: what we write, and what others have."""
    found = []
    form = formats.find(name)
    if form.writer:
        found = [
            formats.write_track(name, track).content for track in (rich(), segment(adversarial()))
        ]
    if DATA.is_dir():
        paths = [path for suffix in SUFFIXES[name] for path in sorted(DATA.rglob(f"*.{suffix}"))]
        sizes = [path for path in paths if path.stat().st_size <= MOST_SEED_BYTES]
        found += [path.read_bytes() for path in sizes[:: max(1, len(sizes) // 25)]]
    return found


def attempt(name, data):
    """A reader on a file, and a writer on what it made of it."""
    try:
        track = formats.read(Document(data=data), form=name)
    except MissingError as exc:
        pytest.skip(str(exc))
    except LoquiturError:
        return
    for cue in track.cues[:20]:
        assert isinstance(cue.text, str)
    if formats.find(name).writer:
        formats.write_track(name, track)
    formats.write_track("vtt", dataclasses.replace(track, cues=track.cues[:50]))


@pytest.mark.parametrize("name", formats.readable())
def test_broken_files_give_a_track_or_our_error(name):
    found = seeds(name)
    if not found:
        pytest.skip("no file of this format to break")
    for data in mutated(found, 60, seed=1):
        attempt(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", formats.readable())
def test_many_broken_files_give_a_track_or_our_error(name):
    """LOQUITUR_FUZZ says how many; `benchmarks/caption_fuzz.py` takes 20,000."""
    found = seeds(name)
    if not found:
        pytest.skip("no file of this format to break")
    count = int(os.environ.get("LOQUITUR_FUZZ", "2000"))
    for data in mutated([data[:4000] for data in found], count, seed=2):
        attempt(name, data)


HEADS = {
    "vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n",
    "srt": b"1\n00:00:01,000 --> 00:00:02,000\n",
}


@pytest.mark.parametrize("name", formats.readable())
@pytest.mark.parametrize("headed", [False, True])
def test_hostile_files_give_a_track_or_our_error(name, headed):
    """How long they take is measured by `benchmarks/caption_fuzz.py`."""
    for _, data in hostile(20_000):
        attempt(name, (HEADS.get(name, b"") if headed else b"") + data)
