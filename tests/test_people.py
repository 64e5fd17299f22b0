"""The folder of known voices: whole files, nobody else's eyes, and nothing left when forgotten."""

from __future__ import annotations

import json
import os
import stat
import threading

import pytest

from loquitur.errors import FullError, InputError, LoquiturError, StoreError, UsageError
from loquitur.model.speakers import Enrolment
from loquitur.model.speech import EngineStamp
from loquitur.people import MOST_ENROLMENTS, People, comparable
from loquitur.text import person_name

STAMP = EngineStamp(name="ge2e", version="1", model="ge2e", model_digest="ab" * 32)


def heard(medium="one", speaker="SPEAKER_00", embedding=(0.6, 0.8)):
    return Enrolment(
        embedding=embedding,
        speech_ms=9000,
        media_id=f"sha256:{medium}",
        title=f"talk {medium}",
        speaker=speaker,
        when="2026-11-25T18:00:00+00:00",
    )


@pytest.fixture
def people(tmp_path):
    return People(tmp_path / "some" / "voices")


def everything(folder):
    """All names and bytes below a folder."""
    for path in folder.rglob("*"):
        yield path.name.encode() + (path.read_bytes() if path.is_file() else b"")


# --- enrolling ---


def test_nobody_is_known_at_first_and_nothing_is_made(people):
    assert people.all() == ()
    assert people.find("Ann") is None
    assert not people.folder.exists()


def test_what_is_enrolled_is_found(people):
    made = people.enroll("Ann", heard(), STAMP)
    assert people.find("ANN") == made
    assert people.all() == (made,)
    assert (made.name, made.engine, made.enrolments) == ("Ann", STAMP, (heard(),))


def test_the_folder_and_its_files_are_the_users_alone(people):
    before = os.umask(0)
    try:
        people.enroll("Ann", heard(), STAMP)
    finally:
        os.umask(before)
    assert stat.S_IMODE(people.folder.stat().st_mode) == 0o700
    for path in people.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_one_file_for_a_person_called_by_no_name(people):
    people.enroll("Ann Example", heard(), STAMP)
    people.enroll("ann  example", heard("two"), STAMP)
    (path,) = people.folder.glob("*.json")
    assert "ann" not in path.name.lower()
    document = json.loads(path.read_bytes())
    assert document["schema"] == "loquitur/person/1"
    assert document["name"] == "Ann Example"
    assert len(document["enrolments"]) == 2
    assert set(document) == {"schema", "name", "engine", "enrolments"}
    assert set(document["enrolments"][0]) == {
        "embedding", "media_id", "speaker", "speech_ms", "title", "when",
    }  # fmt: skip


def test_the_same_speaker_of_the_same_medium_is_enrolled_once(people):
    people.enroll("Ann", heard(), STAMP)
    found = people.enroll("Ann", heard(embedding=(0.8, 0.6)), STAMP)
    assert [one.embedding for one in found.enrolments] == [(0.8, 0.6)]


def test_the_oldest_enrolment_goes_when_there_are_many(people):
    for number in range(MOST_ENROLMENTS + 2):
        found = people.enroll("Ann", heard(str(number)), STAMP)
    assert len(found.enrolments) == MOST_ENROLMENTS
    assert found.enrolments[0].media_id == "sha256:2"


def test_another_engine_cannot_be_averaged_in(people):
    people.enroll("Ann", heard(), STAMP)
    other = EngineStamp(name="ge2e", version="1", model="ge2e", model_digest="cd" * 32)
    with pytest.raises(InputError) as caught:
        people.enroll("Ann", heard("two"), other)
    assert caught.value.code == "LQ-VOICE-ENGINE"
    assert 'loquitur speakers forget "Ann"' in caught.value.hint
    fitting, told = comparable(people.all(), other)
    assert fitting == ()
    assert "cdcdcdcd" in told[0]
    assert "abababab" in told[0]
    assert comparable(people.all(), STAMP) == (people.all(), ())


def test_side_by_side_enrolments_are_all_kept(people):
    failures = []

    def enroll(number):
        try:
            for item in range(5):
                People(people.folder).enroll("Ann", heard(f"{number}-{item}"), STAMP)
        except LoquiturError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=enroll, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(people.find("Ann").enrolments) == 20


def test_the_documents_below_are_wrong_for_one_reason_each(people):
    people.enroll("Ann", heard(), STAMP)
    (path,) = people.folder.glob("*.json")
    path.write_bytes(document())
    assert people.find("Ann").enrolments[0].embedding == (1.0,)


# --- crashes ---


class Killed(BaseException):
    """The process died here."""


def test_a_crash_anywhere_leaves_the_old_file_or_the_new_one(people, write_points):
    old = people.enroll("Ann", heard(), STAMP)
    points = []
    write_points(points.append)
    new = people.enroll("Ann", heard("two"), STAMP)
    reached = len(points)
    assert reached >= 5
    for victim in range(reached):
        people.forget("Ann")
        people.enroll("Ann", heard(), STAMP)
        seen = []

        def die(name, seen=seen, victim=victim):
            seen.append(name)
            if len(seen) == victim + 1:
                raise Killed(name)

        write_points(die)
        with pytest.raises(Killed):
            people.enroll("Ann", heard("two"), STAMP)
        write_points(lambda name: None)
        assert people.find("Ann") in (old, new)


def test_a_full_disk_is_told_with_what_to_do(people, write_points):
    people.enroll("Ann", heard(), STAMP)

    def full(name):
        if name == "people.fsync":
            raise OSError(28, "No space left on device")

    write_points(full)
    with pytest.raises(FullError) as caught:
        people.enroll("Ann", heard("two"), STAMP)
    assert "LOQUITUR_VOICES" in caught.value.hint
    assert people.find("Ann").enrolments == (heard(),)
    assert len(list(people.folder.glob("*.new"))) == 0


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "voices").write_text("a file")
    people = People(tmp_path / "voices")
    with pytest.raises(StoreError) as caught:
        people.all()
    assert "LOQUITUR_VOICES" in caught.value.hint
    with pytest.raises(StoreError):
        people.enroll("Ann", heard(), STAMP)


def test_what_a_killed_process_left_goes_with_the_next_change(people):
    people.enroll("Ann", heard(), STAMP)
    left = people.folder / f"{'0' * 32}.0a1b2c3d.new"
    left.write_bytes(b"half a voice")
    people.enroll("Bea", heard(), STAMP)
    assert not left.exists()


# --- forgetting ---


def test_nothing_of_a_forgotten_person_is_left(people):
    people.enroll("Ann Example", heard("secret-medium"), STAMP)
    people.enroll("Bea", heard("other"), STAMP)
    (path,) = (p for p in people.folder.glob("*.json") if b"Ann Example" in p.read_bytes())
    left = path.with_suffix(".0a1b2c3d.new")  # what a killed process leaves
    left.write_bytes(path.read_bytes())
    gone = people.forget("ann example")
    assert [one.media_id for one in gone] == ["sha256:secret-medium"]
    found = b"\n".join(everything(people.folder))
    for trace in (b"Ann", b"secret-medium", path.stem.encode()):
        assert trace not in found
    assert [person.name for person in people.all()] == ["Bea"]
    people.forget("Bea")
    assert b"".join(everything(people.folder)) == b".lock"


def test_forgetting_nobody_offers_near_names(people):
    people.enroll("Annabel", heard(), STAMP)
    with pytest.raises(UsageError) as caught:
        people.forget("Anabel")
    assert "'Annabel'" in caught.value.hint
    assert people.find("Annabel") is not None


def test_a_damaged_file_can_be_forgotten(people):
    people.enroll("Ann", heard(), STAMP)
    (path,) = people.folder.glob("*.json")
    path.write_bytes(b"{")
    with pytest.raises(InputError) as caught:
        people.all()
    assert path.name in caught.value.message
    assert "remove the file" in caught.value.hint
    assert people.forget("Ann") == ()
    assert people.all() == ()


def document(**changes):
    enrolment = {
        "embedding": [1.0], "speech_ms": 1, "media_id": "", "title": "", "speaker": "", "when": "",
    } | changes.pop("enrolment", {})  # fmt: skip
    fields = {
        "schema": "loquitur/person/1",
        "name": "Ann",
        "engine": {"name": "e", "version": "1"},
        "enrolments": [enrolment],
    }
    return json.dumps(fields | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"schema":"loquitur/person/1"}',
        document(schema="loquitur/turns/1"),
        document(name="A\x1b"),
        document(enrolment={"embedding": [9.0]}),
        document(enrolments=[]),
        document(more=1),
    ],
)
def test_what_is_no_person_is_refused(people, content):
    people.enroll("Ann", heard(), STAMP)
    (path,) = people.folder.glob("*.json")
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        people.all()
    assert caught.value.code == "LQ-VOICE-FILE"


def test_a_newer_file_says_to_upgrade(people):
    people.enroll("Ann", heard(), STAMP)
    (path,) = people.folder.glob("*.json")
    path.write_bytes(path.read_bytes().replace(b"person/1", b"person/2"))
    with pytest.raises(InputError) as caught:
        people.all()
    assert "pip install -U" in caught.value.hint


def test_links_and_strange_files_are_not_read(people, tmp_path):
    people.enroll("Ann", heard(), STAMP)
    (path,) = people.folder.glob("*.json")
    (people.folder / "notes.txt").write_text("mine")
    assert len(people.all()) == 1
    secret = tmp_path / "secret"
    secret.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(StoreError):
        people.all()


# --- names ---


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ann  Example ", "Ann Example"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("李雷", "李雷"),
        ("X-7", "X-7"),
    ],
)
def test_names_as_they_are_kept(text, name):
    assert person_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "-", "\n", "Ann\nBea", "Ann\tBea", "\x1b[31mAnn", "Ann\u202e", "A\ud800",
        "x" * 81, "x" * 100_000, "SPEAKER_00", "speaker 7", "Ann (calm)", "Ann\u2028", "\u200b",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_in_one_line(text):
    with pytest.raises(UsageError) as caught:
        person_name(text)
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 200
