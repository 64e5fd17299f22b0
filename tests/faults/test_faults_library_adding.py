"""A process that adds to a library is killed, or cannot write: whole parts, and all comes back."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import signal
import time

import pytest

from loquitur.errors import StoreError
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.library import open as open_library
from loquitur.library import rebuild
from loquitur.library.documents import spoken_document
from loquitur.library.index.embedded import EmbeddedIndex

KILLS = 30
WORDS = ["group", "ring", "field", "module", "vector", "space", "map", "kernel", "image"]


@pytest.fixture
def place(settings, tmp_path):
    return dataclasses.replace(settings, libraries=tmp_path / "libraries", embedding="none")


def talk(number, version=0):
    rng = random.Random(number * 1_000 + version)
    fragments = tuple(
        Fragment(
            start_ms=at * 4_000, end_ms=at * 4_000 + 3_900,
            text=" ".join(rng.choices(WORDS, k=9)) + ".",
        )
        for at in range(60)
    )  # fmt: skip
    return Spoken(
        name="x", title="x", fragments=fragments, language="en", video_id=f"vid{number:08d}"
    )


def contents(library):
    return {
        (volume.media_id, part.name): [
            dataclasses.replace(one, id=0)
            for one in library.index.passages_of(volume.media_id, part.name)
        ]
        for volume in library.volumes()
        for part in library.index.parts(volume.media_id)
    }


def add_for_ever(place):
    """New videos, changed ones, removed ones, until somebody ends it."""
    with open_library("course", settings=place) as library:
        for step in range(10_000):
            library.add(talk(step % 12, step // 12))
            if step % 5 == 4:
                library.remove(f"vid{(step * 7) % 12:08d}")


@pytest.mark.slow
def test_killed_at_any_moment_a_library_has_whole_parts_alone(place):
    context = multiprocessing.get_context("fork")
    rng = random.Random(7)
    whole = {}
    for _ in range(KILLS):
        child = context.Process(target=add_for_ever, args=(place,))
        child.start()
        time.sleep(rng.uniform(0.02, 0.5))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with open_library("course", settings=place) as library:
            assert {one.code for one in library.verify()} <= {"not-indexed", "no-source"}
            assert library.index.verify() == ()
            for (media_id, _), found in contents(library).items():
                number = int(media_id[-8:])
                known = whole.setdefault(number, {})
                assert any(
                    found == known.setdefault(v, list(spoken_document(talk(number, v)).passages))
                    for v in range(80)
                )
    assert rebuild("course", settings=place).findings == ()


def test_what_could_not_be_indexed_is_in_the_store_and_comes_back(place, monkeypatch):
    with open_library("course", settings=place) as library:
        library.add(talk(1))

        def full(self, *given, **more):
            raise StoreError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(EmbeddedIndex, "replace", full)
            with pytest.raises(StoreError, match="full"):
                library.add(talk(2))
            with pytest.raises(StoreError, match="full"):
                library.add(talk(1, version=1))
        assert len(library.volumes()) == 1  # the old one, whole
        assert next(library.index.passages_of("youtube:vid00000001")).text.startswith(
            next(iter(spoken_document(talk(1)).passages)).text
        )
        assert [one.code for one in library.verify()] == ["not-indexed", "not-indexed"]
        restored = {media_id for media_id, _ in library.rebuild().restored}
        assert "youtube:vid00000002" in restored
        newest = list(spoken_document(talk(1, version=1)).passages)
        assert contents(library)["youtube:vid00000001", "speech:en"] == newest
        assert library.verify() == ()


def test_a_full_store_leaves_the_library_as_it_was(place, monkeypatch):
    from loquitur.errors import FullError
    from loquitur.store.folder import Store

    with open_library("course", settings=place) as library:
        library.add(talk(1))
        before = contents(library)

        def full(self, data):
            raise FullError("no space")

        monkeypatch.setattr(Store, "put", full)
        with pytest.raises(FullError):
            library.add(talk(2))
        assert contents(library) == before
        assert library.verify() == ()
