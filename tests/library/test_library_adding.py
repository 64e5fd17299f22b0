"""Adding, taking out and making anew: sources of every kind, and nothing left behind."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest

from loquitur.delivery import Result
from loquitur.errors import InputError, StoreError, UsageError
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.library import Said, rebuild
from loquitur.library import open as open_library
from loquitur.library.deposits import decoded
from loquitur.library.sources import documents_of_paths
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.model.library import Part, Passage, Volume
from loquitur.model.media import MediaRef
from loquitur.model.speech import Chapter, Feeling, Speaker, SpokenWord, Transcript, Utterance
from loquitur.store.collect import collect
from loquitur.store.folder import Store

VIDEO = "t5qgjJIBy9g"
TALK = (
    "1\n00:00:01,000 --> 00:00:04,000\nA group has one identity.\n\n"
    "2\n00:00:05,000 --> 00:00:09,000\nEvery element has an inverse.\n"
)
CSV = (
    "video_id,title,description,channel_title,published_at,duration_s,language,tags\n"
    f'{VIDEO},Group theory,"About groups.\n0:00 Begin\n0:15 Identity\n0:30 End",Ada,'
    '2024-02-29T10:00:00Z,600,en-GB,"[""maths"",""algebra""]"\n'
    "2bP_KuBrXSc,Equivariance,,Ada,2024-03-01T10:00:00Z,,,\n"
)
COMMENTS = (
    "comment_id,video_id,parent_id,author,text\n"
    f"a,{VIDEO},,ann,The best is at 1:05\n"
    f"b,{VIDEO},a,bob,I agree with you wholeheartedly\n"
    f"b,{VIDEO},a,bob,I agree with you wholeheartedly\n"
    f"c,{VIDEO},,cy,\n"
    "d,2bP_KuBrXSc,,dee,What a fine talk this was\n"
)


@pytest.fixture
def place(settings, tmp_path):
    """Settings with libraries of this test's own; the embedded engine is not needed here."""
    return dataclasses.replace(settings, libraries=tmp_path / "libraries", embedding="none")


@pytest.fixture
def library(place):
    with open_library("course", settings=place) as found:
        yield found


@pytest.fixture
def put(tmp_path):
    def write(name, text):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def told(added):
    return [(one.media_id, one.part, one.state) for one in added]


def contents(library):
    """All that is in an index, without the ids."""
    return [
        (volume, part, [dataclasses.replace(one, id=0) for one in
                        library.index.passages_of(volume.media_id, part.name)])
        for volume in library.volumes()
        for part in library.index.parts(volume.media_id)
    ]  # fmt: skip


def talk(at=0, words=30, speaker=None):
    fragments = tuple(
        Fragment(
            start_ms=at + n * 1_000, end_ms=at + n * 1_000 + 900, text=f"Sentence {n} is said.",
            speaker=speaker,
        )
        for n in range(words)
    )  # fmt: skip
    return Spoken(name="x", title="x", fragments=fragments, language="en", video_id=VIDEO)


def test_a_caption_file_is_found_again_and_passed_over(library, put):
    path = put(f"talk [{VIDEO}].en.srt", TALK)
    name = f"youtube:{VIDEO}"
    assert told(library.add(path)) == [(name, "speech:en", "new")]
    (volume,) = library.volumes()
    assert (volume.title, volume.origin) == ("talk", f"https://youtu.be/{VIDEO}")
    (found,) = library.index.passages_of(name)
    assert found.text == "A group has one identity. Every element has an inverse."
    assert found.time_of(found.text.index("inverse")) > 7_000
    assert told(library.add(path)) == [(name, "speech:en", "same")]
    assert next(library.index.passages_of(name)).id == found.id
    assert library.verify() == ()


def test_a_changed_file_takes_the_place_of_the_old_one(library, put):
    path = put("talk.en.srt", TALK)
    (first,) = library.add(path)
    put("talk.en.srt", TALK.replace("inverse", "opposite"))
    assert told(library.add(path)) == [(first.media_id, "speech:en", "changed")]
    (found,) = library.index.passages_of(first.media_id)
    assert "opposite" in found.text
    assert len(list(library.deposits().all())) == 1
    assert library.index.frequencies(["invers", "opposit"]) == {"invers": 0, "opposit": 1}


def test_a_file_whose_language_is_read_otherwise_leaves_no_old_speech(library, put):
    path = put("talk.srt", TALK)
    library.add(path)
    library.add(path, said=Said(language="de"))
    (volume,) = library.volumes()
    assert [one.name for one in library.index.parts(volume.media_id)] == ["speech:de"]
    assert [one.part for one in library.deposits().all()] == ["speech:de"]


@pytest.mark.slow
def test_removing_leaves_the_library_as_if_it_had_never_been_there(library, put, place):
    library.add(put("one.srt", TALK))
    before = contents(library)
    gone = put(f"two [{VIDEO}].csv", CSV)
    library.add(gone, kind="metadata")
    library.add(talk())
    assert len(library.volumes()) == 3
    assert library.remove(VIDEO)
    assert library.remove("youtube:2bP_KuBrXSc")
    assert not library.remove(VIDEO)
    assert contents(library) == before
    assert library.index.frequencies(["sentenc", "algebra", "equivari"]) == {
        "sentenc": 0, "algebra": 0, "equivari": 0,
    }  # fmt: skip
    assert len(list(library.deposits().all())) == 1
    assert library.verify() == ()
    store = Store.open(place.store)
    digests = {digest for record in store.records() for _, digest in record.outputs}
    collect(store, grace_s=0)
    assert set(store.objects.names()) == digests


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_a_library_holds_what_was_added_last(library, put, place, seed):
    """Against a new library that was only ever given what is left."""
    rng = random.Random(seed)
    table = put("comments.csv", COMMENTS)
    there = {}
    for _ in range(25):
        name = rng.choice(["talk", "comments", "gone"])
        if name == "gone":
            assert library.remove(VIDEO) == any(there.values())
            there = {}
        elif name == "talk":
            there[name] = talk(at=rng.randrange(3), words=rng.randint(1, 40))
            library.add(there[name])
        else:
            there[name] = table
            library.add(table)
        if not there:
            library.remove("2bP_KuBrXSc")
    with open_library("other", settings=place) as other:
        for source in there.values():
            other.add(source)
        assert contents(library) == contents(other)
        words = ["sentenc", "agre", "best", "talk", "0", "39"]
        assert library.index.frequencies(words) == other.index.frequencies(words)
    assert library.verify() == ()
    assert len(list(library.deposits().all())) == len(contents(library))


def test_one_part_can_be_taken_out(library, put):
    library.add(talk())
    library.add(put("comments.csv", COMMENTS))
    assert library.remove(VIDEO, part="comments:und")
    assert [one.name for one in library.index.parts(f"youtube:{VIDEO}")] == ["speech:en"]
    assert library.verify() == ()


def test_what_a_later_part_does_not_know_stays(library, put):
    library.add(put("videos.csv", CSV))
    library.add(talk())
    volume = library.find(VIDEO)
    assert volume == Volume(
        media_id=f"youtube:{VIDEO}", title="Group theory", channel="Ada", published="2024-02-29",
        language="en", duration_ms=600_000, origin=f"https://youtu.be/{VIDEO}",
    )  # fmt: skip


@pytest.mark.parametrize("described_first", [True, False])
def test_the_chapters_of_a_description_are_those_of_the_speech(library, put, described_first):
    videos = put("videos.csv", CSV)
    for source in [videos, talk(words=40)] if described_first else [talk(words=40), videos]:
        added = library.add(source)
    if not described_first:
        assert told(added)[1] == (f"youtube:{VIDEO}", "speech:en", "changed")
    found = list(library.index.passages_of(f"youtube:{VIDEO}", "speech:en"))
    assert [one.chapter for one in found] == ["Begin", "Identity", "End"]
    assert [one.start_ms for one in found] == [0, 15_000, 30_000]
    assert told(library.add(talk(words=40)))[0][2] == "same"
    assert library.rebuild().findings == ()
    assert list(library.index.passages_of(f"youtube:{VIDEO}", "speech:en")) == found


def test_a_table_of_videos(library, put):
    library.add(put("videos.csv", CSV))
    first, second = sorted(library.volumes(), key=lambda one: one.title)
    assert (first.title, first.duration_ms) == ("Equivariance", None)
    (found,) = library.index.passages_of(second.media_id)
    assert found.text == "About groups. 0:00 Begin 0:15 Identity 0:30 End maths, algebra"
    assert found.time_of(found.text.index("Identity")) == 15_000
    (found,) = library.index.passages_of(first.media_id)  # no description: its title at least
    assert (found.text, found.timed) == ("Equivariance", False)


def test_a_table_of_comments(library, put):
    added = library.add(put("comments.csv", COMMENTS))
    assert told(added) == [
        (f"youtube:{VIDEO}", "comments:und", "new"), ("youtube:2bP_KuBrXSc", "comments:und", "new"),
    ]  # fmt: skip
    found = list(library.index.passages_of(f"youtube:{VIDEO}"))
    assert [(one.speaker, one.timed) for one in found] == [("ann", True), ("bob", False)]
    assert (found[0].start_ms, found[0].kind) == (65_000, "comments")


def test_a_chat_of_a_replay(library, put):
    rows = [
        {"id": str(at), "type": "text", "offset_ms": at * 1_000, "author_name": f"a{at}",
         "text": f"message {at}"}
        for at in range(4)
    ]  # fmt: skip
    path = put(f"chat [{VIDEO}].jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert told(library.add(path)) == [(f"youtube:{VIDEO}", "chat:und", "new")]
    (found,) = library.index.passages_of(f"youtube:{VIDEO}")
    assert found.speakers == ("a0", "a1", "a2", "a3")
    assert found.time_of(found.text.index("message 2")) == 2_000


def test_descriptions_of_clips(library, put):
    clips = [{"start_ms": 2_000, "end_ms": 4_000, "text": "A dog runs.", "score": 0.5}]
    text = json.dumps({"video": VIDEO, "descriptions": clips})
    assert told(library.add(put("clips.json", text))) == [
        (f"youtube:{VIDEO}", "descriptions:und", "new")
    ]
    (found,) = library.index.passages_of(f"youtube:{VIDEO}")
    assert (found.start_ms, found.end_ms, found.timed) == (2_000, 4_000, True)
    with pytest.raises(InputError, match="no descriptions of clips"):
        library.add(put("bad.json", '{"video": 1, "descriptions": [{}]}'))


def test_values_that_are_no_files(library):
    track = CaptionTrack(
        language="en", cues=(Cue(start_ms=0, end_ms=900, payload="Hello there, you."),)
    )
    with pytest.raises(UsageError, match="which video"):
        library.add(track)
    said = Said(
        video_id=VIDEO, title="Hello", channel="Ada", published="2024-01-02",
        chapters=(Chapter(start_ms=0, title="One"),),
    )  # fmt: skip
    assert told(library.add(track, said=said)) == [(f"youtube:{VIDEO}", "speech:en", "new")]
    assert library.find(VIDEO).channel == "Ada"
    assert next(library.index.passages_of(f"youtube:{VIDEO}")).chapter == "One"
    with pytest.raises(UsageError, match="holds no int"):
        library.add(3)


def test_the_result_of_a_run(library):
    said = Utterance(
        start_ms=0, end_ms=900, speaker="s0",
        words=(SpokenWord(start_ms=0, end_ms=500, text="Hello"),
               SpokenWord(start_ms=500, end_ms=900, text="there.")),
        feeling=Feeling(start_ms=0, end_ms=900, label="joy", score=0.9),
    )  # fmt: skip
    media = MediaRef(
        media_id="sha256:" + "ab" * 32, title="Talk", source="https://example.org/talk.mp4",
        size_bytes=1, container="mp4", tracks=(), has_video=True, duration_ms=900,
        uploader="Ada", published="20240229",
    )  # fmt: skip
    transcript = Transcript(
        media_id=media.media_id, title="", language="en", duration_ms=900,
        speakers=(Speaker(id="s0", name="Anna"),), utterances=(said,),
    )  # fmt: skip
    library.add(Result(input="talk.mp4", media=media, stages=(), transcript=transcript))
    (volume,) = library.volumes()
    assert volume == Volume(
        media_id=media.media_id, title="Talk", channel="Ada", published="2024-02-29",
        language="en", duration_ms=900, origin="https://example.org/talk.mp4",
    )  # fmt: skip
    (found,) = library.index.passages_of(media.media_id)
    assert (found.text, found.speaker, found.emotion) == ("Hello there.", "Anna", "joy")
    assert found.times_ms == (0, 500)
    assert repr(library) == "<Library course: 1 volume, 1 passage>"
    failed = Result(input="x", media=media, stages=())
    with pytest.raises(UsageError, match="made no transcript"):
        library.add(failed)


@pytest.mark.slow
def test_chapters_are_found_where_that_is_asked_for(library, shared):
    path = shared / "seeds" / "equivariant_2bP_KuBrXSc.en.json"
    library.add(path, said=Said(find_chapters=True))
    chapters = {one.chapter for one in library.index.passages_of("youtube:2bP_KuBrXSc")}
    assert len(chapters) > 2


@pytest.mark.parametrize(
    ("name", "error"), [("nowhere.srt", InputError), ("https://youtu.be/t5qgjJIBy9g", UsageError)]
)
def test_what_cannot_be_added(library, name, error):
    with pytest.raises(error):
        library.add(name)
    assert library.volumes() == ()


@pytest.mark.parametrize("said", [{"video_id": "x"}, {"published": "today"}, {"language": "?"}])
def test_what_is_said_beside_a_file_is_checked(said):
    with pytest.raises(UsageError):
        Said(**said)


def test_of_the_formats_of_one_speech_the_fullest_is_taken(put, tmp_path):
    put("talk.en.srt", TALK)
    vtt = "WEBVTT\n\n" + TALK.replace(",000", ".000").replace("1\n", "", 1)
    put("talk.en.vtt", vtt.replace("\n2\n", "\n"))
    put("talk.de.vtt", "WEBVTT\n\n00:01.000 --> 00:04.000\nEine Gruppe hat ein Element.\n")
    put("broken.json", '{"schema": "loquitur/transcript/1"}')
    put("notes.txt", "no times in it")
    failed, left_out = [], []
    found = list(
        documents_of_paths(
            [tmp_path / "in"],
            failed=lambda name, error: failed.append(name),
            left_out=left_out.append,
        )
    )
    assert [name.rpartition("/")[2] for name in left_out] == ["talk.en.srt"]
    assert [one.volume.media_id.rpartition("/")[2] for one in found] == [
        "talk.de.vtt", "talk.en.vtt",
    ]  # fmt: skip
    assert [name.rpartition("/")[2] for name in failed] == ["broken.json"]


def test_strange_characters_are_no_trouble(library):
    text = "half \ud800 and nul \0 here"
    fragments = (Fragment(start_ms=0, end_ms=900, text=text, speaker="a\udc80"),)
    spoken = Spoken(name="x\udc80", title="x", fragments=fragments, media_id="file:/\udc80")
    library.add(spoken)
    (volume,) = library.volumes()
    (found,) = library.index.passages_of(volume.media_id)
    assert (found.text, found.speaker) == ("Half \ufffd and nul \ufffd here.", "a\ufffd")
    assert library.verify() == ()


# --- made anew ------------------------------------------------------------------------------------


def test_a_lost_library_comes_back_from_the_store(place, put):
    with open_library("course", settings=place) as library:
        library.add(put("one.srt", TALK))
        library.add(put("videos.csv", CSV))
        library.add(talk(words=40, speaker="Anna"))
        before = contents(library)
        path = library.index.path
    for beside in path.parent.glob("course.library*"):
        beside.unlink()
    with open_library("course", settings=place) as library:
        assert {one.code for one in library.verify()} == {"not-indexed"}
    done = rebuild("course", settings=place)
    assert (done.parts, len(done.restored), done.findings) == (4, 4, ())
    with open_library("course", settings=place) as library:
        assert contents(library) == before
    assert rebuild("course", settings=place).restored == ()


def test_a_damaged_library_is_moved_aside_and_made_anew(place, put):
    with open_library("course", settings=place) as library:
        library.add(put("one.srt", TALK))
        before = contents(library)
        path = library.index.path
    path.write_bytes(b"junk" * 5_000)
    done = rebuild("course", settings=place)
    assert done.set_aside.endswith("course.library.damaged-1")
    assert len(done.restored) == 1
    with open_library("course", settings=place) as library:
        assert contents(library) == before


def test_another_embedding_makes_vectors_of_all(place, put):
    with open_library("course", settings=place) as library:
        library.add(put("one.srt", TALK))
        own = Part(kind="speech", language="en")
        made = Passage(
            media_id="file:/own", part=own.name, number=0, start_ms=0, end_ms=9, text="Put by hand"
        )
        library.put(Volume(media_id="file:/own", title="own"), own, [made])
        done = library.rebuild(embedding="hashing")
        assert (done.passages, done.vectors, done.findings) == (2, 2, ())
        assert library.stats().embedding == "hashing"
        library.add(put("two.srt", TALK.replace("group", "ring")))
        assert library.stats().vectors == 3
        assert library.rebuild(embedding="none").vectors == 0
        assert library.index.encoding is None


def test_libraries_do_not_see_each_others_deposits(place, put, tmp_path):
    path = put("one.srt", TALK)
    for name in ("course", "other", str(tmp_path / "by path.library")):
        with open_library(name, settings=place) as library:
            library.add(path)
            assert len(list(library.deposits().all())) == 1
            assert library.verify() == ()
    with open_library("course", settings=place) as library:
        library.remove(str(path))
    with open_library("other", settings=place) as library:
        assert library.verify() == ()


def test_a_deposit_that_is_gone_from_the_store_is_told(library, put, place):
    library.add(put("one.srt", TALK))
    (deposit,) = library.deposits().all()
    Store.open(place.store).retire(deposit.key)
    assert [one.code for one in library.verify()] == ["no-source"]
    assert [one.code for one in library.rebuild().findings] == ["no-source"]
    library.add(put("one.srt", TALK))  # the same file: only its source was missing
    assert library.verify() == ()


@pytest.mark.parametrize("data", [b"", b"x", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_deposit_is_told(data):
    with pytest.raises(StoreError, match="deposit"):
        decoded(data)


@pytest.mark.slow
def test_a_library_on_a_server_is_filled_lost_and_made_anew(server_library, place, put):
    with open_library(server_library, settings=place) as library:
        library.add(put("one.srt", TALK))
        library.add(put("videos.csv", CSV))
        library.add(talk(words=40))
        before = contents(library)
        assert library.verify() == ()
        assert library.rebuild(embedding="hashing").vectors == library.stats().passages
        assert library.rebuild(embedding="none").findings == ()
        for volume in library.volumes():
            library.index.remove(volume.media_id)
        assert {one.code for one in library.verify()} == {"not-indexed"}
    done = rebuild(server_library, settings=place)
    assert (len(done.restored), done.findings) == (4, ())
    with open_library(server_library, settings=place) as library:
        assert sorted(map(repr, contents(library))) == sorted(map(repr, before))
        assert library.remove(VIDEO)
