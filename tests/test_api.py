from __future__ import annotations

import dataclasses
import os
import pickle
import signal
import stat

import av
import pytest

import loquitur
from loquitur import api
from loquitur.delivery import Delivery, FileNames, sweep_folder, write_file
from loquitur.errors import FullError, InputError, UsageError
from loquitur.pipeline.events import Event
from loquitur.pipeline.recipes import Wish
from loquitur.pipeline.tasks import open_store
from loquitur.pipeline.work import load_artifact
from loquitur.store import Store, collect, writing


def planned(finished, *inputs, **options):
    wish = finished.wish(**options.pop("wish", {}))
    given = [str(item) for item in inputs or (finished.clip,)]
    return list(api.plan_inputs(given, wish, finished.settings, **options))


def to_run(rows):
    return {row.stage for row in rows if not row.cached}


# --- run ---


def test_run_gives_transcript_and_track(finished):
    settings = dataclasses.replace(finished.settings, set=dict(finished.wish().parameters))
    result = loquitur.run(finished.clip, asr="parrot", diarizer="parrot", settings=settings)
    assert result.transcript.utterances
    assert result.track.cues
    assert result.outputs == ()
    assert finished.made(result) == set()
    assert "8 stages, 8 from the store" in repr(result)


def test_run_takes_what_the_command_line_takes(finished, tmp_path):
    settings = dataclasses.replace(finished.settings, set=dict(finished.wish().parameters))
    given = {"asr": "parrot", "diarizer": "parrot", "settings": settings}
    result = loquitur.run(
        finished.clip,
        section="00:00:01-00:00:02",
        parameters={"transcribe.pace_ms": 200},
        force=["weave"],
        output=tmp_path / "out",
        format="txt",
        **given,
    )
    assert [path.suffix for _, path in result.outputs] == [".txt"]
    words = [word for said in result.transcript.utterances for word in said.words]
    assert {1000 <= word.start_ms < word.end_ms <= 2000 for word in words} == {True}
    assert {word.end_ms - word.start_ms for word in words} == {180}
    with pytest.raises(UsageError, match="no option 'pase_ms'"):
        loquitur.run(finished.clip, parameters={"transcribe.pase_ms": 200}, **given)


def test_a_result_shows_itself_in_a_notebook(finished):
    result = finished.run()
    shown = result._repr_html_()
    assert shown.count("<tr>") == 1 + len(result.transcript.utterances)
    assert "SPEAKER_00" in shown
    assert "&lt;Result" in shown
    wild = dataclasses.replace(result, input="<b>\x1b[31m.mp4", transcript=None)
    assert "<b>" not in wild._repr_html_()
    assert "\x1b" not in wild._repr_html_()


def test_run_writes_the_formats_of_the_settings(finished):
    settings = dataclasses.replace(
        finished.settings, set=dict(finished.wish().parameters), format="srt, txt,srt"
    )
    result = loquitur.run(
        str(finished.clip), asr="parrot", diarizer="parrot", settings=settings, output=finished.out
    )
    assert [name for name, _ in result.outputs] == ["srt", "txt"]
    assert all(path.stat().st_size > 0 for _, path in result.outputs)
    assert any(loss.startswith("srt: ") for loss in result.losses)


def test_run_takes_a_folder_as_text(finished):
    given = dict(finished.wish().parameters)
    settings = dataclasses.replace(finished.settings, set=given, format="txt")
    folder = str(finished.root / "as-text")
    result = loquitur.run(
        finished.clip, asr="parrot", diarizer="parrot", settings=settings, output=folder
    )
    assert [str(path) for _, path in result.outputs] == [f"{folder}/talk.txt"]


def test_run_raises_what_stopped_it(finished, tmp_path):
    with pytest.raises(InputError, match=r"missing\.mp4"):
        loquitur.run(tmp_path / "missing.mp4", settings=finished.settings, asr="parrot")


class AskedError(Exception):
    pass


def asking(_question):
    raise AskedError


@pytest.fixture
def online(workshop):
    """Settings under which a model may be fetched, if somebody says so."""
    models = workshop.root / "models"
    return dataclasses.replace(workshop.settings, offline=False, models=models)


def test_nobody_is_asked_to_fetch_a_model_for_inputs_that_are_none(online, workshop):
    (workshop.root / "text.mp4").write_text("no medium")
    given = [workshop.root / "missing.mp4", workshop.root / "text.mp4"]
    missing, text = loquitur.run_many(given, Wish(), online, permit=asking)
    assert "no such file" in missing.error.message
    assert "text file" in text.error.message
    with pytest.raises(AskedError):
        list(loquitur.run_many([*given, workshop.clip], Wish(), online, permit=asking))


def test_a_film_without_sound_is_asked_for_where_pictures_are_looked_at(
    online, workshop, monkeypatch
):
    film = workshop.root / "silent.mp4"
    with av.open(str(film), "w") as output:
        stream = output.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for _ in range(5):
            output.mux(stream.encode(av.VideoFrame(64, 36, "yuv420p")))
        output.mux(stream.encode())

    class NotAskedError(Exception):
        pass

    def lacking(_wish, _resources, *, permit, tell):
        assert not permit("fetch a model?")
        raise NotAskedError

    monkeypatch.setattr(api, "recipe", lacking)
    for until, wanted in (("describe", AskedError), ("subtitle", NotAskedError)):
        with pytest.raises(wanted):
            list(loquitur.run_many([film], Wish(until=until), online, permit=asking))
    with pytest.raises(NotAskedError):
        list(loquitur.run_many([workshop.clip], Wish(until="describe"), online, permit=asking))


@pytest.mark.slow
def test_looking_ahead_loses_no_input_and_asks_for_every_model(online, workshop):
    asked: list[str] = []
    given = [workshop.root / "missing.mp4", workshop.clip, workshop.root / "none.mp4"]
    wish = Wish(asr="parrot", emotion="none", until="weave")
    results = list(loquitur.run_many(given, wish, online, permit=asked.append))
    assert [each.input for each in results] == [str(path) for path in given]
    assert results[1].error is None
    assert len(asked) == 1
    list(loquitur.run_many(given, Wish(), online, permit=asked.append, force=()))
    assert len(asked) == 3  # for the words and for the speakers


def test_run_is_for_one_medium_and_begins_nothing_for_several(finished, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(finished.clip.read_bytes())
    with pytest.raises(UsageError, match="not one medium") as caught:
        loquitur.run(folder, settings=finished.settings, asr="parrot", diarizer="parrot")
    assert "run_many" in caught.value.hint
    assert finished.calls() == []


def test_settings_speak_where_the_call_is_silent(finished):
    settings = dataclasses.replace(finished.settings, asr="no-such-engine")
    with pytest.raises(UsageError, match="no-such-engine"):
        loquitur.run(finished.clip, settings=settings)


def test_formats_are_checked_before_anything_runs(finished):
    with pytest.raises(UsageError, match="vttt"):
        finished.run(delivery=Delivery(folder=finished.out, formats=("vttt",)))
    with pytest.raises(UsageError) as caught:
        api.format_names("vtt,stt")
    assert "'srt'" in caught.value.hint or "'vtt'" in caught.value.hint


def test_a_result_with_its_error_pickles(finished, tmp_path):
    result = finished.run(tmp_path / "missing.mp4")
    again = pickle.loads(pickle.dumps(result))
    assert again.error.message == result.error.message
    assert again == dataclasses.replace(result, error=again.error)


# --- plan ---


def test_a_plan_before_and_after(workshop):
    rows = planned(workshop)
    assert [row.stage for row in rows][:2] == ["acquire", "decode"]
    assert to_run(rows) == {row.stage for row in rows}
    assert all(row.known and row.key for row in rows)  # a local file is probed, not run
    assert next(row for row in rows if row.stage == "transcribe").estimate_s > 0
    assert list(Store.open(workshop.settings.store).records()) == []  # nothing ran
    workshop.run(until="acquire")
    rows = planned(workshop)
    assert to_run(rows) == {row.stage for row in rows} - {"acquire"}
    assert all(row.known and row.key for row in rows)
    asr = next(row for row in rows if row.stage == "transcribe")
    assert asr.engine == "parrot"
    assert asr.estimate_s == pytest.approx(0.6, abs=0.1)  # six seconds at the default rate
    workshop.run()
    assert to_run(planned(workshop)) == set()
    assert sum(row.estimate_s or 0 for row in planned(workshop)) == 0


def test_a_plan_says_what_a_run_does(finished):
    options = {"set": {"transcribe.pace_ms": "500"}}
    foretold = to_run(planned(finished, wish=dict(options)))
    assert foretold == finished.made(finished.run(**options))


def test_a_plan_knows_force(finished):
    foretold = to_run(planned(finished, force=["diarize"]))
    assert foretold == finished.made(finished.run(force=["diarize"]))
    assert to_run(planned(finished, force=["acquire"])) == {"acquire"}
    with pytest.raises(UsageError, match="cannot force"):
        planned(finished, force=["dance"])


def test_evicted_sound_is_not_planned(finished):
    collect(open_store(finished.settings.store), grace_s=-1.0, max_bytes=0)
    assert to_run(planned(finished)) == set()
    assert "decode" in to_run(planned(finished, force=["transcribe"]))


def test_a_plan_over_a_damaged_store(finished):
    store = open_store(finished.settings.store)
    record = next(item for item in store.records() if item.stage == "acquire")
    path = store.path(dict(record.outputs)["artifact"])
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(b"{}")
    assert "acquire" in to_run(planned(finished))


def test_a_plan_of_what_is_not_there_is_one_row_with_its_error(finished):
    (row,) = planned(finished, finished.root / "none.mp4")
    assert isinstance(row.error, InputError)
    assert "none.mp4" in row.error.message
    assert not row.known


def test_paths_and_numbers_are_taken_as_they_are(finished, tmp_path):
    from loquitur import api

    result = api.run(
        finished.clip,
        asr="parrot",
        diarizer="parrot",
        speakers=2,
        output=str(tmp_path / "out"),
        settings=finished.settings,
    )
    assert all(path.is_file() for _, path in result.outputs)


# --- delivery ---


def test_file_names_follow_the_order_of_inputs_not_of_ends(workshop, tmp_path):
    """The first input called `talk` gets the plain name, though the second is done long before."""
    sources = {}
    for name, start_s in (("a", 1), ("b", 8)):
        (tmp_path / name).mkdir()
        sources[name] = workshop.cut(tmp_path / name / "talk.wav", start_s=start_s, seconds=6)
    first, second = (outcome_of(workshop, sources[name]) for name in ("a", "b"))
    given = [first.source, second.source]
    for ended in ((first, second), (second, first)):
        names = FileNames()
        assert list(names.noted(given)) == given
        chosen = {item.source.given: names.stem(item.source, item.media) for item in ended}
        assert chosen[first.source.given] == "talk"
        assert chosen[second.source.given] == f"talk [{second.media.digest[:12]}]"
    again = [*given, first.source]  # one file given twice has one name
    names = FileNames()
    list(names.noted(again))
    assert names.stem(first.source, first.media) == "talk"
    both = workshop.run(sources["a"], sources["b"], until="acquire")
    assert [path.name for result in both for _, path in result.outputs] == [
        "talk.acquire.json", f"talk [{second.media.digest[:12]}].acquire.json",
    ]  # fmt: skip


def outcome_of(workshop, path):
    from loquitur.media.sources import classify
    from loquitur.pipeline.runner import Outcome

    media = workshop.run(path, until="acquire", delivery=Delivery()).media
    return Outcome(source=classify(str(path)), media=media, stages=())


@pytest.mark.parametrize(
    ("until", "names"),
    [
        ("acquire", ["talk.acquire.json"]),
        ("transcribe", ["talk.transcribe.json"]),
        ("emotion", ["talk.emotion.json"]),
        ("weave", ["talk.json"]),  # a transcript, in the formats that need no cues
        ("subtitle", ["talk.vtt", "talk.json"]),
    ],
)
def test_every_stage_s_result_can_be_written(finished, until, names):
    result = finished.run(until=until)
    assert result.error is None
    assert [path.name for _, path in result.outputs] == names
    assert finished.made(result) == set()


def test_what_is_written_is_the_artifact(finished):
    from loquitur.codec import decode
    from loquitur.model.speech import Words

    result = finished.run(until="transcribe")
    words = decode(result.outputs[0][1].read_bytes(), Words)
    assert words == result.artifact
    key = next(stage.key for stage in result.stages if stage.stage == "transcribe")
    assert words == load_artifact(open_store(finished.settings.store), key, Words)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "deep" / "talk.vtt"
    write_file(target, b"first")
    write_file(target, b"second")
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FullError, match="No space left") as caught:
        write_file(target, b"third")
    assert str(target) in caught.value.message
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_run_left_half_written_goes_with_the_next(tmp_path):
    """Killed between any two system calls: the old file or the new one, and no litter."""
    target = tmp_path / "talk.vtt"
    stranger = tmp_path / ".loquitur-notes-of-mine"
    stranger.write_text("mine")
    seen = set()
    for number in range(1, 20):
        target.write_bytes(b"old")
        child = os.fork()
        if child == 0:
            passed = []

            def point(name, passed=passed, number=number):
                passed.append(name)
                if len(passed) == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            writing.point = point
            write_file(target, b"new")
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert target.read_bytes() in (b"old", b"new")
        seen.add(len(list(tmp_path.iterdir())))
        sweep_folder(tmp_path)
        assert sorted(tmp_path.iterdir()) == [stranger, target]
        if status == 0:
            break
    assert number > 5
    assert seen == {2, 3}
    sweep_folder(tmp_path / "absent")


def test_what_a_living_run_writes_is_not_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "point", lambda name: sweep_folder(tmp_path))
    write_file(tmp_path / "talk.vtt", b"new")
    assert (tmp_path / "talk.vtt").read_bytes() == b"new"


def test_notices_are_told_once_though_two_inputs_begin_at_once():
    told, heard = [], []
    second = Event(kind="start", input="b", stage="decode")

    class Stage(str):
        """One stage's name: while it is looked at, the other input's event comes and goes."""

        __slots__ = ()
        __hash__ = str.__hash__

        def __ne__(self, other):
            listen(second)
            return str.__ne__(self, other)

    first = Event(kind="start", input="a", stage=Stage("decode"))
    listen = api._announcing(("draft quality",), told.append, heard.append)
    listen(first)
    assert told == ["draft quality"]
    assert heard == [second, first]
