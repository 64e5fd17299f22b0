"""What is kept of publications on the disk: locks, texts, backups, and damage to them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading

import pytest

from loquitur.delivery import Result, Translation
from loquitur.emulator import Emulator
from loquitur.errors import CorruptError, InputError, LockedError, StoreError, UsageError
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.model.media import MediaRef
from loquitur.model.speech import Transcript
from loquitur.settings import Settings
from loquitur.store import Store
from loquitur.youtube import replacing
from loquitur.youtube.captions import Track, list_tracks
from loquitur.youtube.publications import Attempt, Publications
from loquitur.youtube.publishing import carry_out, plan_publication
from loquitur.youtube.runs import files_of, publish
from loquitur.youtube.sessions import open_client

VIDEO = "abcdefghijk"
WORLD = {
    "captions": {"seeded": False},
    "quota": {"shared": 1_000_000},
    "video": [{"key": "own", "id": VIDEO, "title": "Own"}],
}
HOLDER = """
import sys
from pathlib import Path
from loquitur.youtube.publications import Publications
with Publications(Path(sys.argv[1])).slot(sys.argv[2], "en").locked():
    print("held", flush=True)
    sys.stdin.read()
"""
NAME = """
from loquitur.store.owners import myself
me = myself()
print(f".new-{me.place}-{me.pid}-{me.start}-ab")
"""
SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello there\n"
OTHER = SRT.replace(b"there", b"again")
TRACK = Track(id="AU1", video_id=VIDEO, language="en", last_updated="2026-01-01T00:00:00Z")


@pytest.fixture
def kept(tmp_path):
    return Publications(tmp_path / "store")


@pytest.fixture
def emulator():
    with Emulator(seed=2, plan=WORLD) as running:
        yield running


@pytest.fixture
def place(emulator, tmp_path):
    return Settings(
        store=tmp_path / "store", youtube_endpoint=emulator.endpoint,
        youtube_limits={"shared": "1000000"},
    )  # fmt: skip


def test_one_slot_for_codes_of_one_meaning_and_each_name(kept):
    assert kept.slot(VIDEO, "iw").folder == kept.slot(VIDEO, "he").folder
    folders = {
        kept.slot(*one).folder
        for one in (
            (VIDEO, "en"),
            (VIDEO, "en", "SDH"),
            (VIDEO.upper(), "en"),
            ("-" + "a" * 10, "en"),
        )
    }
    assert len({str(folder).lower() for folder in folders}) == 4
    assert not any(part.startswith("-") for folder in folders for part in folder.parts)


def test_a_slot_is_held_by_one_at_a_time(kept):
    slot, told = kept.slot(VIDEO, "en", "mine"), []
    with slot.locked():
        with (
            pytest.raises(LockedError, match="en 'mine' track"),
            kept.slot(VIDEO, "en", "mine").locked(wait_s=0.1, tell=told.append),
        ):
            pass
        assert len(told) == 1
        with kept.slot(VIDEO, "de").locked(wait_s=0.1):
            pass
    with slot.locked(wait_s=0.0):
        pass


def test_a_lock_dies_with_its_process(kept):
    slot = kept.slot(VIDEO, "en")
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(kept.folder.parents[1]), VIDEO],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout.readline() == "held\n"
    with pytest.raises(LockedError), slot.locked(wait_s=0.05):
        pass
    child.kill()
    child.communicate()
    with slot.locked(wait_s=5.0):
        pass


def test_what_a_killed_process_left_is_swept_and_nothing_else(kept):
    slot = kept.slot(VIDEO, "en")
    digest = slot.keep_text(SRT)
    ended = subprocess.run([sys.executable, "-c", NAME], capture_output=True, text=True, check=True)
    dead = slot.folder / ended.stdout.strip()
    dead.write_bytes(b"half")
    strange = slot.folder / ".new-somebody"
    strange.write_bytes(b"theirs")
    with slot.locked():
        assert not dead.exists()
    assert strange.exists()
    assert slot.text(digest) == SRT


def test_a_backup_is_made_once_for_each_state(kept):
    slot = kept.slot(VIDEO, "en")
    digest = slot.keep_text(SRT)
    first = slot.back_up(TRACK, digest, reason="update")
    assert slot.back_up(TRACK, digest, reason="update") == first
    later = dataclasses.replace(TRACK, last_updated="2026-01-02T00:00:00Z")
    assert slot.back_up(later, digest, reason="delete").number == 2
    assert [one.number for one in replacing.backups_of(kept, VIDEO)] == [2, 1]
    assert kept.slots(VIDEO)[0].language == "en"


def test_damage_is_told_where_it_matters_and_forgotten_where_not(kept):
    slot = kept.slot(VIDEO, "en")
    digest = slot.keep_text(SRT)
    slot.remember(TRACK, digest)
    slot.note(Attempt(state="sent", action="update", digest=digest, before=("a", "b")))
    assert slot.attempt().before == ("a", "b")
    slot.back_up(TRACK, digest, reason="update")
    for name in ("known.json", "journal.json"):
        (slot.folder / name).chmod(0o600)
        (slot.folder / name).write_bytes(b"{damaged")
    assert (slot.known(), slot.attempt()) == (None, None)
    text = slot.folder / "texts" / digest
    text.chmod(0o600)
    text.write_bytes(b"something else")
    assert not slot.has_text(digest)
    with pytest.raises(CorruptError, match="damaged"):
        slot.text(digest)
    backup = slot.folder / "backups" / "0001.json"
    backup.chmod(0o600)
    backup.write_bytes(b"")
    with pytest.raises(CorruptError, match="cannot be read"):
        slot.backups()


def test_a_store_may_be_made_around_publications(kept, tmp_path):
    kept.slot(VIDEO, "en").keep_text(SRT)
    store = Store.open(tmp_path / "store")
    assert store.put(b"x")
    assert kept.slot(VIDEO, "en").has_text(kept.slot(VIDEO, "en").keep_text(SRT))


@pytest.mark.slow
def test_the_backup_is_on_the_disk_before_anything_is_sent(emulator, place, kept, write_points):
    """A crash between any two system calls: the old text is there, or its backup is."""
    with open_client(place) as client:

        def go(content):
            plan = plan_publication(client, VIDEO, content, publications=kept, language="en")
            carry_out(client, plan, publications=kept)

        go(SRT)
        points = []
        write_points(points.append)
        go(OTHER)
        write_points(lambda name: None)
        count = len(points)
        assert count > 20
        for number in range(0, count, 5):
            content = SRT.replace(b"there", b"%d" % number)
            seen = iter(range(count + 1))

            def crash(name, stop=number, seen=seen):
                if next(seen) == stop:
                    raise KeyboardInterrupt(name)

            before = replacing.backups_of(kept, VIDEO)
            write_points(crash)
            with pytest.raises(KeyboardInterrupt):
                go(content)
            write_points(lambda name: None)
            (track,) = list_tracks(client, VIDEO)
            known = kept.slot(VIDEO, "en").known()
            now = replacing.backups_of(kept, VIDEO)
            assert known is not None
            if not known.is_of(track):
                assert len(now) > len(before)
            go(content)
            assert len(list_tracks(client, VIDEO)) == 1


def test_a_full_disk_stops_it_before_anything_is_sent(emulator, place, kept):
    with open_client(place) as client:
        plan = plan_publication(client, VIDEO, SRT, publications=kept, language="en")
        folder = kept.slot(VIDEO, "en").folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_bytes(b"a file where a folder must be")
        with pytest.raises(StoreError):
            carry_out(client, plan, publications=kept)
        assert not emulator.calls("captions.insert")
        folder.unlink()
        assert carry_out(client, plan, publications=kept).changed


def test_two_threads_leave_one_track(emulator, place, kept):
    told, lock = [], threading.Barrier(2)

    def work():
        with open_client(place) as client:
            lock.wait()
            plan = plan_publication(client, VIDEO, SRT, publications=kept, language="en")
            told.append(carry_out(client, plan, publications=kept).changed)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False, True]
    with open_client(place) as client:
        assert len(list_tracks(client, VIDEO)) == 1


def made(language="en", text="Hello there, how are you?", *, end_ms=2_000):
    cue = Cue(start_ms=1_000, end_ms=end_ms, payload=text)
    return CaptionTrack(language=language, cues=(cue,))


def result(track, *, duration_ms=5_000, translations=()):
    media = MediaRef(
        media_id="sha256:" + "0" * 64, title="talk", source="talk.wav", duration_ms=duration_ms,
        tracks=(), size_bytes=1, container="wav", has_video=False,
    )  # fmt: skip
    return Result(
        input="talk.wav", media=media, stages=(), track=track, translations=tuple(translations)
    )


def translated(language, text):
    said = Transcript(
        media_id="sha256:" + "0" * 64, language=language, duration_ms=5_000, utterances=(),
        speakers=(), provenance=(), title="talk",
    )  # fmt: skip
    return Translation(language=language, transcript=said, track=made("", text))


def test_translations_are_tracks_of_their_languages(emulator, place):
    whole = result(made(), translations=[translated("de", "Hallo"), translated("pt-BR", "Oi")])
    outcomes = publish(whole, VIDEO, settings=place)
    assert [outcome.plan.language for outcome in outcomes] == ["en", "de", "pt-BR"]
    assert sum(outcome.plan.spent for outcome in outcomes) == 50
    publish(whole, VIDEO, settings=place, yes=True, draft=True)
    with open_client(place) as client:
        tracks = list_tracks(client, VIDEO)
    assert [(one.language, one.is_draft) for one in tracks] == [
        ("en", True), ("de", True), ("pt-BR", True),
    ]  # fmt: skip
    before = len(emulator.calls())
    assert not any(
        outcome.done.changed for outcome in publish(whole, VIDEO, settings=place, yes=True)
    )
    assert [call.method for call in emulator.calls()[before:]] == ["captions.list"]


def test_captions_that_outlast_the_medium_are_of_another_one(emulator, place):
    with pytest.raises(InputError, match="the video at"):
        publish(result(made(end_ms=9_000)), VIDEO, settings=place, yes=True)
    with pytest.raises(InputError, match="no captions"):
        list(files_of(result(None)))
    with pytest.raises(InputError, match="not a video"):
        publish(made(), "https://example.org/", settings=place)
    with pytest.raises(UsageError, match="not sent"):
        publish(made(), VIDEO, settings=place, format="docx")
    assert emulator.calls() == []
