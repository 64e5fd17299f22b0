"""What is seen in a medium, beside what is said in it: one volume, links to the second."""

from __future__ import annotations

import json
import os

import pytest

from loquitur.describing import Described
from loquitur.errors import UsageError
from loquitur.library.adding import add
from loquitur.library.documents import Said, read_documents
from loquitur.library.sources import documents_of
from loquitur.model.media import MediaRef, Track
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Description, Descriptions
from loquitur.vision.description_files import content_of

MEDIA_ID = "sha256:" + "ab" * 32


def described(source, *, video_id=None, language="en"):
    media = MediaRef(
        media_id=MEDIA_ID, title="Harbour", source=str(source), size_bytes=9, container="mp4",
        tracks=(Track(index=0, kind="video", codec="h264"),), has_video=True,
        duration_ms=60_000, video_id=video_id,
    )  # fmt: skip
    seen = (
        Description(start_ms=0, end_ms=9_000, text="a red boat sails"),
        Description(start_ms=9_000, end_ms=20_000, text=" "),
        Description(start_ms=20_000, end_ms=30_000, text="a whale comes up"),
    )
    made = Descriptions(
        media_id=MEDIA_ID,
        language=language,
        engine=EngineStamp(name="git", version="5"),
        descriptions=seen,
    )
    return Described(input=str(source), media=media, descriptions=made)


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "harbour.mp4"
    path.write_bytes(b"x")
    return path


def test_straight_from_a_run_and_from_its_file_it_is_the_same(film, tmp_path):
    result = described(film)
    (straight,) = documents_of(result)
    assert straight.volume.media_id == MEDIA_ID
    assert straight.volume.origin == film.as_uri()
    assert (straight.part.kind, straight.part.name) == ("descriptions", "descriptions:und")
    texts = [(one.start_ms, one.end_ms, one.text) for one in straight.passages]
    assert texts == [(0, 9_000, "a red boat sails"), (20_000, 30_000, "a whale comes up")]
    assert {one.language for one in straight.passages} == {"en"}
    place = tmp_path / "out" / "harbour.descriptions.json"
    place.parent.mkdir()
    place.write_bytes(
        content_of(result.descriptions, "json", video=str(film), title="Harbour",
                   duration_ms=60_000)
    )  # fmt: skip
    (read,) = read_documents(place)
    assert read.volume == straight.volume
    assert read.part == straight.part
    assert read.passages == straight.passages


def test_a_video_of_youtube_keeps_its_id(film):
    (one,) = documents_of(described(film, video_id="dQw4w9WgXcQ"))
    assert one.volume.media_id == "youtube:dQw4w9WgXcQ"
    assert one.volume.origin == "https://youtu.be/dQw4w9WgXcQ"


@pytest.mark.slow
def test_what_a_file_says_of_itself_is_held_against_what_it_may_say(tmp_path):
    place = tmp_path / "x.json"
    clip = {"start_ms": 0, "end_ms": 900, "text": "a dog runs along the beach"}
    hostile = {
        "video": "\x00nowhere", "media_id": "youtube:dQw4w9WgXcQ", "title": "A\x1b[31m\nB",
        "duration_ms": -5, "language": "not a tag", "descriptions": [clip],
    }  # fmt: skip
    place.write_text(json.dumps(hostile))
    (one,) = read_documents(place, said=Said(language="en"))
    assert one.volume.media_id.startswith("file:")
    assert "\n" not in one.volume.title
    assert one.volume.duration_ms is None
    place.write_text(json.dumps({"video": "x", "descriptions": []}))
    assert read_documents(place) == ()


def test_nothing_else_is_taken_for_it():
    with pytest.raises(UsageError, match="holds no Described"):
        list(documents_of(Described(input="x")))


def test_again_it_takes_the_place_of_the_old(film, tmp_path):
    from loquitur.library.adding import Writing
    from loquitur.library.index.embedded import EmbeddedIndex

    index = EmbeddedIndex(tmp_path / "x.library")
    for state in ("new", "same"):
        (one,) = add(Writing(index=index), documents_of(described(film)))
        assert (one.state, one.passages) == (state, 2)
    index.close()


def test_a_medium_named_by_its_content_is_found_by_its_path(film, settings, tmp_path):
    from loquitur.library.shelf import open_library

    with open_library(tmp_path / "seen.library", settings=settings) as shelf:
        shelf.add(described(film))
        assert shelf.find(str(film.with_name("other.mp4"))) is None
        assert shelf.find(os.path.relpath(film)).media_id == MEDIA_ID
        assert shelf.remove(str(film))
        assert shelf.verify() == ()
        assert shelf.volumes() == ()
