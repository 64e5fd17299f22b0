"""Publishing captions: planned, sent once, backed up, put back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from loquitur import formats
from loquitur.emulator import Emulator
from loquitur.errors import InputError, QuotaError, RemoteError, UsageError
from loquitur.settings import Settings, resolve
from loquitur.youtube import replacing
from loquitur.youtube.captions import download_track, insert_track, list_tracks, update_track
from loquitur.youtube.client import Client
from loquitur.youtube.complaints import GoneError, NotYoursError
from loquitur.youtube.publications import Publications
from loquitur.youtube.publishing import carry_out, look, plan_publication
from loquitur.youtube.sessions import open_client

VIDEO = "abcdefghijk"
SRT = (
    b"1\n00:00:01,000 --> 00:00:02,500\nHello there\n\n2\n00:00:03,000 --> 00:00:04,000\nGood bye\n"
)
OTHER = SRT.replace(b"Hello there", b"Hello to you") + b"\n3\n00:00:05,000 --> 00:00:06,000\nBye\n"
OWN = [{"key": "own", "id": VIDEO, "title": "Own", "duration_s": 36_000}]
EMPTY = {"captions": {"seeded": False}, "video": OWN}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=3, plan=EMPTY) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path) -> Iterator[Client]:
    with open_client(settings_for(emulator, tmp_path)) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Publications:
    return Publications(tmp_path / "store")


def settings_for(emulator: Emulator, tmp_path: Path) -> Settings:
    found = resolve(folder=tmp_path).settings
    return dataclasses.replace(found, store=tmp_path / "store", youtube_endpoint=emulator.endpoint)


def publish(client, kept, content, **given):
    waits = given.pop("waits_s", ())
    plan = plan_publication(client, VIDEO, content, publications=kept, **{"language": "en"} | given)
    return carry_out(client, plan, publications=kept, waits_s=waits)


def units(emulator) -> int:
    return sum(entry.cost for entry in emulator.calls() if entry.bucket == "shared")


def test_the_first_is_inserted_the_same_again_costs_the_list(emulator, client, kept):
    plan = plan_publication(client, VIDEO, SRT, publications=kept, language="en")
    assert (plan.action, plan.spent, plan.units, plan.difference) == ("insert", 50, 400, None)
    assert units(emulator) == 50
    done = carry_out(client, plan, publications=kept)
    assert (done.changed, done.status, done.units, done.backup) == (True, "serving", 400, None)
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id) == SRT
    before = units(emulator)
    again = publish(client, kept, SRT)
    assert not again.changed
    assert again.plan.action == "nothing"
    assert units(emulator) - before == 50
    assert list_tracks(client, VIDEO) == (track,)


def test_a_look_is_taken_while_it_is_fresh_and_is_told_as_spent(emulator, client, kept):
    seen = look(client, VIDEO)
    given = {"publications": kept, "language": "en"}
    assert plan_publication(client, VIDEO, SRT, **given, listing=seen).spent == 50
    assert units(emulator) == 50
    old = dataclasses.replace(seen, at=seen.at - 1000)
    assert plan_publication(client, VIDEO, SRT, **given, listing=old).spent == 100
    assert units(emulator) == 100


def test_another_text_updates_and_backs_up(emulator, client, kept):
    first = publish(client, kept, SRT)
    before = units(emulator)
    plan = plan_publication(client, VIDEO, OTHER, publications=kept, language="en")
    assert (plan.action, plan.spent, plan.units) == ("update", 50, 450), (
        "the old text is known here"
    )
    assert str(plan.difference) == "cues: 1 added, 1 changed, 1 kept"
    assert "+00:00:05.000 --> 00:00:06.000  Bye" in plan.difference.lines
    done = carry_out(client, plan, publications=kept)
    assert done.backup == 1
    assert units(emulator) - before == 500
    (track,) = list_tracks(client, VIDEO)
    assert track.id == first.track.id
    assert download_track(client, track.id) == OTHER


def test_a_text_of_others_is_downloaded_for_the_diff_and_the_backup(emulator, client, kept):
    insert_track(client, VIDEO, SRT, language="en")
    plan = plan_publication(client, VIDEO, OTHER, publications=kept, language="en")
    assert (plan.action, plan.spent) == ("update", 250)
    again = plan_publication(client, VIDEO, OTHER, publications=kept, language="en")
    assert again.spent == 50, "it is downloaded once"
    carry_out(client, again, publications=kept)
    (backup,) = replacing.backups_of(kept, VIDEO)
    assert kept.slot(VIDEO, "en").text(backup.digest) == SRT


def test_the_same_text_of_others_is_found_out(emulator, client, kept):
    insert_track(client, VIDEO, SRT, language="en")
    assert (
        plan_publication(client, VIDEO, SRT, publications=kept, language="en").action == "nothing"
    )
    as_vtt = formats.write_track("vtt", formats.read(formats.Document(data=SRT))).content
    plan = plan_publication(client, VIDEO, as_vtt, publications=kept, language="en")
    assert plan.action == "nothing", "the same cues in another format change nothing"


def test_restore_puts_back_what_was_replaced(emulator, client, kept):
    publish(client, kept, SRT)
    publish(client, kept, OTHER)
    backup, plan = replacing.plan_restoring(client, VIDEO, publications=kept)
    assert (backup.number, plan.action) == (1, "update")
    carry_out(client, plan, publications=kept)
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id) == SRT
    backup, plan = replacing.plan_restoring(client, VIDEO, publications=kept)
    assert backup.number == 2
    carry_out(client, plan, publications=kept)
    assert download_track(client, track.id) == OTHER
    _, plan = replacing.plan_restoring(client, VIDEO, publications=kept, number=1)
    assert plan.action == "update"
    with pytest.raises(UsageError, match="no backup 9"):
        replacing.plan_restoring(client, VIDEO, publications=kept, number=9)


def test_a_deleted_track_can_be_put_back(emulator, client, kept):
    track = insert_track(client, VIDEO, OTHER, language="pt-BR", name="mine", draft=True)
    replacing.remove(client, track, publications=kept)
    assert list_tracks(client, VIDEO) == ()
    _, plan = replacing.plan_restoring(client, VIDEO, publications=kept)
    assert plan.action == "insert"
    carry_out(client, plan, publications=kept)
    (back,) = list_tracks(client, VIDEO)
    assert (back.language, back.name, back.is_draft) == ("pt-BR", "mine", True)
    assert download_track(client, back.id) == OTHER


def test_draft_alone_is_an_update_without_a_file(emulator, client, kept):
    publish(client, kept, SRT, draft=True)
    assert list_tracks(client, VIDEO)[0].is_draft
    kept_draft = publish(client, kept, OTHER)
    assert kept_draft.track.is_draft, "unsaid, it stays as it is"
    done = publish(client, kept, OTHER, draft=False)
    assert (done.plan.action, done.changed, done.units) == ("state", True, 450)
    (track,) = list_tracks(client, VIDEO)
    assert not track.is_draft
    assert download_track(client, track.id) == OTHER
    again = publish(client, kept, OTHER, draft=False)
    assert not again.changed
    assert again.plan.spent == 50


def test_codes_of_one_meaning_are_one_track(emulator, client, kept):
    track = insert_track(client, VIDEO, SRT, language="iw")
    done = publish(client, kept, OTHER, language="he")
    assert done.track.id == track.id
    assert done.track.language == "iw"
    assert any("'iw'" in line for line in done.plan.notices)
    assert len(list_tracks(client, VIDEO)) == 1


def test_own_tracks_of_youtube_stay(tmp_path, kept):
    plan = {"captions": {"tracks": [{"video": VIDEO, "language": "en", "kind": "ASR"}]}}
    with (
        Emulator(seed=3, plan=plan) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        done = publish(client, kept, SRT)
        assert done.plan.action == "insert"
        assert any("ASR" in line for line in done.plan.notices)
        asr, _ = list_tracks(client, VIDEO)
        with pytest.raises(UsageError, match="made by YouTube"):
            replacing.remove(client, asr, publications=kept)
        assert len(list_tracks(client, VIDEO)) == 2


def test_a_lost_answer_and_a_503_leave_one_track(emulator, client, kept):
    emulator.fault("captions.insert", "unavailable", at=1)
    emulator.fault("captions.insert", "lost_answer", at=2)
    done = publish(client, kept, SRT)
    assert done.changed
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id) == SRT
    assert len(emulator.calls("captions.insert")) == 2
    again = publish(client, kept, SRT)
    assert (again.changed, again.plan.spent) == (False, 50)


def test_a_503_after_the_effect_is_found_out(emulator, client, kept):
    emulator.fault("captions.insert", "unavailable", at=1, after=True)
    publish(client, kept, SRT)
    emulator.fault("captions.update", "backend", at=1, after=True)
    emulator.fault("captions.list", "unavailable", at=1)
    publish(client, kept, OTHER)
    assert len(list_tracks(client, VIDEO)) == 1
    assert len(emulator.calls("captions.insert")) == 1
    assert len(emulator.calls("captions.update")) == 1


def test_an_update_that_did_not_arrive_is_sent_again(emulator, client, kept):
    publish(client, kept, SRT)
    emulator.fault("captions.update", "reset", at=1)
    done = publish(client, kept, OTHER)
    assert done.changed
    assert len(emulator.calls("captions.update")) == 2
    assert download_track(client, list_tracks(client, VIDEO)[0].id) == OTHER


def test_large_files_go_in_pieces_and_survive_faults(emulator, client, kept):
    cues = "\n".join(
        f"{n}\n00:{n // 60:02d}:{n % 60:02d},000 --> 00:{n // 60:02d}:{n % 60:02d},900\n"
        f"{'words ' * 200}{n}\n"
        for n in range(1, 1_000)
    ).encode()
    assert len(cues) > 1 << 20
    emulator.fault("captions.insert#chunk", "unavailable", at=1)
    emulator.fault("captions.insert#chunk", "lost_answer", at=2)
    publish(client, kept, cues)
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id) == cues


def test_somebody_else_was_faster(emulator, client, kept):
    plan = plan_publication(client, VIDEO, SRT, publications=kept, language="en")
    insert_track(client, VIDEO, OTHER, language="en")
    with pytest.raises(RemoteError, match="somebody else changed") as caught:
        carry_out(client, plan, publications=kept)
    assert caught.value.code == "LQ-YOUTUBE-CHANGED"
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id) == OTHER


def test_an_old_plan_is_held_against_the_tracks(emulator, client, kept):
    track = insert_track(client, VIDEO, SRT, language="en")
    plan = plan_publication(client, VIDEO, OTHER, publications=kept, language="en")
    old = dataclasses.replace(plan, planned_at=plan.planned_at - 1000)
    update_track(client, track.id, OTHER.replace(b"Bye", b"Adieu"))
    with pytest.raises(RemoteError, match="somebody else changed"):
        carry_out(client, old, publications=kept)


def test_waiting_for_the_text_to_be_served(tmp_path, kept):
    plan = {"captions": {"seeded": False, "syncing_lists": 2}, "video": OWN}
    with (
        Emulator(seed=3, plan=plan) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        done = publish(client, kept, SRT, waits_s=(0.01, 0.01, 0.01, 0.01))
        assert (done.status, done.units) == ("serving", 400 + 3 * 50)
        unknown = publish(client, kept, SRT, language="de", waits_s=(0.01,))
        assert unknown.status == "unknown"


def test_a_refused_text_is_told(emulator, client, kept):
    from loquitur.youtube.caption_files import stored_file

    track = insert_track(client, VIDEO, SRT, language="en")
    broken = stored_file(b"no times in here", "en")
    plan = plan_publication(client, VIDEO, broken, publications=kept)
    done = carry_out(client, plan, publications=kept, waits_s=(0.01,))
    assert (done.status, done.track.failure_reason) == ("failed", "unknownFormat")
    later = plan_publication(client, VIDEO, OTHER, publications=kept, language="en")
    assert later.action == "update"
    assert any("could not read" in line for line in later.notices)
    _, plan = replacing.plan_restoring(client, VIDEO, publications=kept)
    carry_out(client, plan, publications=kept)
    assert download_track(client, track.id) == SRT


def test_renaming_inserts_first(emulator, client, kept):
    track = insert_track(client, VIDEO, SRT, language="en")
    replacing.rename(client, track, publications=kept, language="en-GB", name="mine")
    (now,) = list_tracks(client, VIDEO)
    assert (now.language, now.name) == ("en-GB", "mine")
    assert download_track(client, now.id) == SRT
    methods = [entry.method for entry in emulator.calls()]
    assert methods.index("captions.delete") > len(methods) - 4
    with pytest.raises(UsageError, match="already"):
        replacing.rename(client, now, publications=kept, language="EN-gb")
    other = insert_track(client, VIDEO, OTHER, language="de")
    with pytest.raises(UsageError, match="already"):
        replacing.rename(client, now, publications=kept, language="de", name="")
    assert set(list_tracks(client, VIDEO)) == {now, other}


def test_an_empty_bucket_changes_nothing(tmp_path, kept):
    plan = {**EMPTY, "quota": {"shared": 449}}
    with (
        Emulator(seed=3, plan=plan) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        with pytest.raises(QuotaError):
            publish(client, kept, SRT)
        assert len(emulator.calls("captions.insert")) == 1


@pytest.mark.parametrize(
    ("content", "given", "match"),
    [
        (b"WEBVTT\n\n", {}, "no cue"),
        (b"plain text, no times", {}, "not known what format"),
        (b"", {}, "not known what format"),
        (SRT, {"language": "not a tag"}, "no language tag"),
        (SRT, {"name": "n" * 151}, "at most 150"),
        (SRT.replace(b"00:00:04,000", b"00:00:02,000"), {}, "not after it begins"),
        (SRT, {"duration_ms": 2_000}, "the video at"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nxyzzy\n", {"language": ""}, "what language"),
    ],
)  # fmt: skip
def test_what_youtube_would_refuse_costs_nothing(emulator, client, kept, content, given, match):
    with pytest.raises(InputError, match=match):
        publish(client, kept, content, **given)
    assert emulator.calls() == []


def test_captions_longer_than_the_video_are_not_sent(tmp_path, kept):
    late = SRT + b"\n3\n00:00:40,000 --> 00:00:42,500\nToo late\n"
    stream = {"key": "now", "id": "bcdefghijkl", "title": "Now", "live": "live"}
    long = [{"key": "own", "id": VIDEO, "title": "Own", "duration_s": 41}, stream]
    with (
        Emulator(seed=3, plan={**EMPTY, "video": long}) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        with pytest.raises(InputError, match="and the video at 00:00:41"):
            plan_publication(client, VIDEO, late, publications=kept, language="en")
        assert units(emulator) == 50
        assert publish(client, kept, late.replace(b"42,500", b"42,000")).changed, "it may round"
        assert publish(client, kept, late, duration_ms=60_000).changed, "who says so knows better"
        assert [call.cost for call in emulator.calls("videos.batchGetStats")] == [1, 1]
        unended = plan_publication(client, "bcdefghijkl", late, publications=kept, language="en")
        assert unended.action == "insert", "the length of a stream is not known before its end"
        _, back = replacing.plan_restoring(client, VIDEO, publications=kept)
        assert back.action == "update", "what YouTube had goes back whatever it is"


def test_a_length_that_is_not_told_stops_nothing(tmp_path, kept):
    plan = {**EMPTY, "quota": {"statistics": 0}}
    with (
        Emulator(seed=3, plan=plan) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        found = plan_publication(client, VIDEO, SRT, publications=kept, language="en")
    (told,) = found.notices
    assert "not held against the length of the video" in told
    assert found.spent == 50


def test_what_is_not_utf_8_is_written_anew(emulator, client, kept):
    latin = "1\n00:00:01,000 --> 00:00:02,000\nGrüße an alle\n".encode("latin-1")
    publish(client, kept, latin, language="de")
    (track,) = list_tracks(client, VIDEO)
    assert download_track(client, track.id).decode().count("Grüße an alle") == 1
    assert track.status == "serving"


def test_somebody_elses_video_and_none_at_all(emulator, client, kept):
    from loquitur.emulator.population import Population

    population = emulator.world.room(Population)
    (theirs,) = [video for video in population.named if video.named.key == "for kids"]
    (gone,) = [video for video in population.named if video.named.key == "taken down"]
    for video_id, kind in ((theirs.id, NotYoursError), (gone.id, GoneError), ("0" * 11, GoneError)):
        with pytest.raises(kind):
            plan_publication(client, video_id, SRT, publications=kept, language="en")


def test_forced_tracks_are_only_deleted(tmp_path, kept):
    forced = {"video": VIDEO, "language": "es", "name": "Signs", "kind": "forced"}
    plan = {"captions": {"tracks": [forced]}}
    with (
        Emulator(seed=3, plan=plan) as emulator,
        open_client(settings_for(emulator, tmp_path)) as client,
    ):
        (track,) = list_tracks(client, VIDEO)
        with pytest.raises(UsageError, match="standard track"):
            replacing.rename(client, track, publications=kept, name="Other")
        with pytest.raises(UsageError, match="standard track"):
            replacing.set_draft(client, track, draft=True, publications=kept)
        replacing.remove(client, track, publications=kept)
        assert list_tracks(client, VIDEO) == ()
        _, again = replacing.plan_restoring(client, VIDEO, publications=kept)
        assert again.action == "insert"
        assert any("standard one" in line for line in again.notices)
