"""Libraries whose store or place changed: what died in between, new titles, moves, `put`."""

from __future__ import annotations

import dataclasses

import pytest

from loquitur.library import Said, rebuild
from loquitur.library import open as open_library
from loquitur.library.sources import documents_of_paths
from loquitur.model.library import Part, Passage, Volume

VIDEO = "t5qgjJIBy9g"
TALK = "1\n00:00:01,000 --> 00:00:04,000\nA group has one identity.\n"


@pytest.fixture
def place(settings, tmp_path):
    return dataclasses.replace(settings, libraries=tmp_path / "libraries", embedding="none")


@pytest.fixture
def library(place):
    with open_library("course", settings=place) as found:
        yield found


@pytest.fixture
def put(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def contents(library):
    """All that is in an index, without the ids."""
    return [
        (volume, part, [dataclasses.replace(one, id=0) for one in
                        library.index.passages_of(volume.media_id, part.name)])
        for volume in library.volumes()
        for part in library.index.parts(volume.media_id)
    ]  # fmt: skip


def test_a_process_that_died_between_store_and_index_is_told_and_mended(place, put):
    with open_library("course", settings=place) as library:
        library.add(put("talk.srt", TALK))
        changed = put("talk.srt", TALK.replace("group", "ring"))
        (document,) = documents_of_paths([changed])
        library.deposits().put(document)
        (finding,) = library.verify()
        assert finding.code == "not-indexed"
        assert "ring" not in repr(contents(library))
        assert library.rebuild().findings == ()
        assert "ring" in repr(contents(library))
        assert len(list(library.deposits().of(library.volumes()[0].media_id))) == 1


def test_a_new_title_is_everywhere(library, put):
    path = put(f"talk [{VIDEO}].en.srt", TALK)
    library.add(path)
    told_again = library.add(path, said=Said(title="Symmetry for beginners", channel="Ada"))
    assert [one.state for one in told_again] == ["changed"]
    (hit,) = library.search("symmetry").hits
    assert hit.volume.title == "Symmetry for beginners"
    library.add(path)
    assert library.find(VIDEO).title == "Symmetry for beginners"
    assert library.rebuild().findings == ()
    assert (library.find(VIDEO).title, library.find(VIDEO).channel) == (
        "Symmetry for beginners", "Ada",
    )  # fmt: skip


def test_the_title_that_was_told_last_outlasts_the_file(place, put):
    row = f"{VIDEO},From the page,About groups.,en"
    table = put("videos.csv", f"video_id,title,description,language\n{row}\n")
    talk = put(f"talk [{VIDEO}].en.srt", TALK)
    with open_library("course", settings=place) as library:
        library.add(table)
        library.add(talk, said=Said(title="Mine"))
        library.add(table)
        assert library.find(VIDEO).title == "From the page"
        assert [one.state for one in library.add(table)] == ["same"]
        assert len(list(library.deposits().of(f"youtube:{VIDEO}"))) == 2
    (place.libraries / "course.library").unlink()
    rebuild("course", settings=place)
    with open_library("course", settings=place) as library:
        assert library.find(VIDEO).title == "From the page"
        assert library.verify() == ()


def test_a_library_that_is_moved_keeps_what_it_holds(place, put, tmp_path):
    path = put("talk.srt", TALK)
    with open_library("course", settings=place) as library:
        library.add(path)
        before = contents(library)
    moved = tmp_path / "elsewhere" / "course.library"
    moved.parent.mkdir()
    (place.libraries / "course.library").rename(moved)
    with open_library(moved, settings=place) as library:
        assert contents(library) == before
        assert [one.code for one in library.verify()] == ["no-source"]
        library.rebuild()
        assert contents(library) == before
        assert [one.state for one in library.add(path)] == ["same"]
        assert library.verify() == ()


def test_passages_made_elsewhere_outlast_a_rebuild(library):
    volume, part = Volume(media_id="x:1", title="Mine"), Part(kind="speech", language="en")
    said = Passage(
        media_id="x:1", part=part.name, number=0, text="A lone sentence.", start_ms=0, end_ms=900
    )
    library.put(volume, part, [said])
    before = contents(library)
    for embedding in ("", "hashing", "none"):
        assert library.rebuild(embedding=embedding).findings == ()
        assert contents(library) == before
