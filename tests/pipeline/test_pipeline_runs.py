"""Whole runs: what is made, what is taken from the store, what happens when something breaks."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from loquitur import api
from loquitur.delivery import Delivery
from loquitur.errors import EngineError, FullError, InputError, RemoteError, TransientError
from loquitur.pipeline import runner
from loquitur.pipeline.executors.local import LocalExecutor
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.pipeline.runner import Runner
from loquitur.pipeline.tasks import open_store
from loquitur.store import Store, collect

STAGES = ["acquire", "decode", "detect", "transcribe", "diarize", "emotion", "weave", "subtitle"]


def outputs(store):
    return {
        f"{record.stage}.{name}": digest
        for record in Store.open(store).records()
        if not record.part_of
        for name, digest in record.outputs
    }


def texts(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- once, and never again ---


def test_a_run_makes_every_stage_and_writes_the_files(workshop):
    result = workshop.run()
    assert result.error is None
    assert [stage.stage for stage in result.stages] == STAGES
    assert workshop.made(result) == set(STAGES)
    assert workshop.calls() == ["diarize", "transcribe"]
    assert [path.name for _, path in result.outputs] == ["talk.vtt", "talk.json"]
    assert result.transcript.title == "talk"
    assert {speaker.id for speaker in result.transcript.speakers} == {"SPEAKER_00", "SPEAKER_01"}
    assert json.loads((workshop.out / "talk.json").read_text())["schema"] == (
        "loquitur/transcript/1"
    )
    assert (workshop.out / "talk.vtt").read_text().startswith("WEBVTT")
    assert "6 stages" not in repr(result)
    assert "8 stages, 0 from the store" in repr(result)


def test_a_second_run_calls_no_engine(finished, monkeypatch):
    def refuse(self, call, *args, report):
        raise AssertionError(f"a finished input needs no worker: {call}")

    monkeypatch.setattr(LocalExecutor, "submit", refuse)
    before = texts(finished.out)
    monkeypatch.setattr("loquitur.store.digests.RACY_NS", 0)  # as if the clip were old
    open_store(finished.settings.store).digest(finished.clip)
    result = finished.run()
    assert result.error is None
    assert [stage.stage for stage in result.stages] == STAGES
    assert finished.made(result) == set()
    assert all(stage.seconds == 0.0 for stage in result.stages)
    assert finished.calls() == []
    assert texts(finished.out) == before


def test_threads_and_paths_change_nothing(finished):
    moved = finished.root / "moved.wav"
    shutil.copy(finished.clip, moved)
    settings = dataclasses.replace(finished.settings, threads=3)
    result = finished.run(moved, settings=settings)
    assert finished.made(result) == set()
    assert finished.calls() == []


def test_an_option_reruns_its_stage_and_what_follows(finished):
    assert finished.made(finished.run(set={"transcribe.pace_ms": "500"})) == {
        "transcribe", "weave", "subtitle",
    }  # fmt: skip
    assert finished.calls() == ["transcribe"]
    assert finished.made(finished.run(set={"subtitle.max_chars": "30"})) == {"subtitle"}
    assert finished.made(finished.run(set={"detect.level": "false"})) == set(STAGES) - {
        "acquire", "decode",
    }  # fmt: skip


def test_another_language_or_number_of_speakers_is_another_key(finished):
    assert "transcribe" in finished.made(finished.run(language="en"))
    made = finished.made(finished.run(speakers="2"))
    assert "diarize" in made
    assert "transcribe" not in made


def test_a_section_keeps_media_time(finished):
    result = finished.run(section="0:02-0:04.5")
    assert result.error is None
    assert "decode" in finished.made(result)
    words = [word for item in result.transcript.utterances for word in item.words]
    assert words
    assert all(2_000 <= word.start_ms < word.end_ms <= 4_500 for word in words)
    late = finished.run(section="0:59-1:10")
    assert late.error.exit_code == 2
    assert late.failed_stage == "decode"


# --- force, eviction, damage ---


def test_force_reruns_a_stage_and_what_follows(finished):
    result = finished.run(force=["diarize"])
    assert finished.made(result) == {"diarize", "emotion", "weave", "subtitle"}
    assert finished.calls() == ["diarize"]
    assert finished.made(finished.run()) == set()


def test_forced_transcription_takes_no_stored_parts(finished):
    finished.run(force=["transcribe"])
    assert finished.calls() == ["transcribe"]


def test_a_forced_stage_that_fails_loses_nothing(finished, monkeypatch):
    import parrot_engines

    before = outputs(finished.settings.store)

    def transcribe(self, samples, *, language):
        raise EngineError("the engine fell over")

    with monkeypatch.context() as patch:
        patch.setattr(parrot_engines.ParrotTranscriber, "transcribe", transcribe)
        failed = finished.run(force=["transcribe"])
    assert "fell over" in failed.error.message
    assert outputs(finished.settings.store) == before
    again = finished.run()
    assert again.error is None
    assert finished.made(again) == set(), "the results from before are there"


def test_a_forced_result_that_is_another_takes_those_made_of_the_old_one_along(
    finished, monkeypatch
):
    import parrot_engines

    before = outputs(finished.settings.store)
    monkeypatch.setattr(parrot_engines, "WORDS", ("other", "words"))

    def fail(*_, **__):
        raise EngineError("no weaving")

    with monkeypatch.context() as patch:
        patch.setattr("loquitur.stages.weave.run", fail)
        failed = finished.run(force=["transcribe"])
    assert failed.failed_stage == "weave"
    after = outputs(finished.settings.store)
    assert after["transcribe.artifact"] != before["transcribe.artifact"]
    assert finished.made(finished.run()) == {"weave", "subtitle"}
    assert "other" in finished.out.joinpath("talk.vtt").read_text()


def test_force_acquire_examines_the_medium_again(finished):
    result = finished.run(force=["acquire"])
    assert finished.made(result) == {"acquire"}


def test_an_unknown_stage_cannot_be_forced(finished):
    with pytest.raises(Exception, match="cannot force 'diarise'") as caught:
        finished.run(force=["diarise"])
    assert caught.value.exit_code == 2
    assert "'diarize'" in caught.value.hint


def test_evicted_sound_is_not_decoded_for_a_finished_transcript(finished):
    store = open_store(finished.settings.store)
    report = collect(store, grace_s=-1.0, max_bytes=0)
    assert report.evicted >= 1
    assert finished.made(finished.run()) == set()
    assert finished.calls() == []
    # where something new needs it, it is made again
    made = finished.made(finished.run(force=["diarize"]))
    assert made == {"decode", "diarize", "emotion", "weave", "subtitle"}


@pytest.mark.parametrize("count", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_flipped_bits_anywhere_heal_in_the_same_run(finished, count):
    good, files = outputs(finished.settings.store), texts(finished.out)
    digests = sorted(set(good.values()))
    assert len(digests) == len(STAGES) + 1  # decode has two
    for chosen in itertools.combinations(digests, count) if count == 1 else [digests[::2], digests]:
        store = open_store(finished.settings.store)
        for digest in chosen:
            flip(store.path(digest))
        shutil.rmtree(finished.out)
        result = finished.run()
        assert result.error is None, (chosen, result.error)
        assert texts(finished.out) == files
        again = finished.run(force=["transcribe", "diarize"])
        assert again.error is None, (chosen, again.error)
        assert outputs(finished.settings.store) == good


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(bytes(data))


def test_a_result_whose_object_is_gone_is_made_again(finished):
    good = outputs(finished.settings.store)
    store = open_store(finished.settings.store)
    store.path(good["weave.artifact"]).unlink()
    store.path(good["acquire.artifact"]).unlink()
    result = finished.run()
    assert finished.made(result) == {"acquire", "weave"}
    assert outputs(finished.settings.store) == good


# --- names ---


def test_one_file_under_two_names_is_one_medium(finished):
    twin = finished.root / "Zwilling.wav"
    shutil.copy(finished.clip, twin)
    first, second = finished.run(finished.clip, twin)
    assert first.media.media_id == second.media.media_id
    assert finished.made(second) == set()
    assert [path.name for _, path in second.outputs] == ["Zwilling.vtt", "Zwilling.json"]
    assert second.transcript.title == "Zwilling"
    assert json.loads((finished.out / "Zwilling.json").read_text())["title"] == "Zwilling"
    assert json.loads((finished.out / "talk.json").read_text())["title"] == "talk"


def test_two_media_of_one_name_get_two_files(finished):
    folder = finished.root / "other"
    folder.mkdir()
    other = finished.cut(folder / "talk.wav", start_s=8, seconds=3)
    first, second = finished.run(finished.clip, other)
    assert first.outputs[0][1].name == "talk.vtt"
    assert second.outputs[0][1].name == f"talk [{second.media.digest[:12]}].vtt"
    assert len(texts(finished.out)) == 4


@pytest.mark.parametrize("name", ['a b\'s "q" ü 🎈.wav', "--json.wav", "[red]x[-].wav"])
def test_names_that_are_hard_to_handle(finished, name):
    path = finished.root / name
    shutil.copy(finished.clip, path)
    result = finished.run(path)
    assert result.error is None
    assert finished.made(result) == set()
    assert result.outputs[0][1].exists()


def test_a_name_that_is_not_utf_8(workshop):
    path = os.fsencode(workshop.root) + b"/na\xefve.wav"
    shutil.copy(workshop.clip, path)
    result = workshop.run(os.fsdecode(path))
    assert result.error is None, result.error
    assert result.outputs[0][1].name == "na\ufffdve.vtt"
    assert result.transcript.title.isprintable()


def test_how_a_medium_came_is_told_with_the_result_and_kept_with_no_artifact(finished, monkeypatch):
    from loquitur.stages import acquire

    real = acquire._named

    def noted(media, source):
        return dataclasses.replace(real(media, source), notes=("the page holds 2 videos",))

    plain = finished.run()
    before = outputs(finished.settings.store)
    monkeypatch.setattr(acquire, "_named", noted)
    result = finished.run(force=["weave"])
    assert outputs(finished.settings.store) == before
    assert result.transcript.notes == ("the page holds 2 videos", *plain.transcript.notes)
    assert set(result.track.notes) == {"the page holds 2 videos", *plain.track.notes}
    assert "NOTE the page holds 2 videos" in (finished.out / "talk.vtt").read_text().replace(
        "NOTE\n", "NOTE "
    )


def test_a_store_that_was_deleted_is_made_anew(finished):
    shutil.rmtree(finished.settings.store)
    result = finished.run()
    assert result.error is None, result.error
    assert "decode" in finished.made(result)
    shutil.rmtree(finished.settings.store)
    result = finished.run()
    assert result.error is None, result.error
    assert "decode" in finished.made(result)


def test_a_relative_store_is_that_of_the_current_folder(tmp_path, monkeypatch):
    roots = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        roots.append(open_store(Path("store")).root)
        assert open_store(tmp_path / name / "store") is open_store(Path("store"))
    assert roots == [tmp_path / "one" / "store", tmp_path / "two" / "store"]


# --- failures ---


def test_one_input_s_failure_stops_no_other(workshop):
    (workshop.root / "text.mp4").write_text("this is no medium")
    results = workshop.run(
        workshop.root / "missing.mp4", workshop.clip, workshop.root / "text.mp4", workshop.root
    )
    found = {Path(result.input).name: result for result in results}
    assert isinstance(found["missing.mp4"].error, InputError)
    assert isinstance(found["text.mp4"].error, InputError)
    assert found["missing.mp4"].failed_stage == found["text.mp4"].failed_stage == "acquire"
    assert found["talk.wav"].error is None
    assert "failed in acquire" in repr(found["text.mp4"])


def test_an_engine_that_raises_fails_its_stage_alone(workshop):
    result = workshop.run(set={"transcribe.fail": "true"})
    assert isinstance(result.error, EngineError)
    assert result.failed_stage == "transcribe"
    assert "the parrot has lost its voice" in result.error.message
    assert result.error.code == "LQ-UNFORESEEN"
    assert result.outputs == ()
    # what was made before stays made
    assert not {"acquire", "decode", "detect"} & workshop.made(workshop.run())


def test_an_engine_that_leaves_the_program_does_not_take_it_along(workshop, monkeypatch):
    import parrot_engines

    def leave(self, samples, *, language):
        raise SystemExit(0)

    monkeypatch.setattr(parrot_engines.ParrotTranscriber, "transcribe", leave)
    result = workshop.run()
    assert result.error.code == "LQ-UNFORESEEN"
    assert "SystemExit" in result.error.message


def test_a_folder_that_cannot_be_is_said_before_anything_runs(workshop):
    (workshop.root / "file").write_text("")
    delivery = Delivery(folder=workshop.root / "file" / "below", formats=("vtt",))
    with pytest.raises(FullError, match="file is a file, not a folder") as caught:
        workshop.run(delivery=delivery)
    assert "-o" in caught.value.hint
    assert workshop.calls() == []


def test_a_file_that_cannot_be_written_fails_the_delivery(finished):
    (finished.out / "talk.vtt").unlink()
    (finished.out / "talk.vtt").mkdir()
    result = finished.run()
    assert result.failed_stage == "write"
    assert result.error.code == "LQ-STORE-FULL"
    assert "-o" in result.error.hint


def test_a_file_that_changes_meanwhile_is_no_result(workshop, monkeypatch):
    """What is recorded under a medium's name was made from its bytes."""
    from loquitur.pipeline import tasks

    changing = workshop.root / "growing.wav"
    shutil.copy(workshop.clip, changing)
    real = tasks.run_task

    def grow_first(task, place, *, report):
        if task.stage == "decode":
            with changing.open("ab") as file:
                file.write(bytes(64))
        return real(task, place, report=report)

    monkeypatch.setattr(runner, "run_task", grow_first)
    result = workshop.run(changing)
    assert isinstance(result.error, InputError)
    assert "changed while it was worked on" in result.error.message
    monkeypatch.undo()


def test_a_file_that_changes_while_it_is_decoded_is_no_result(workshop, monkeypatch):
    from loquitur.media import audio

    changing = workshop.root / "growing.wav"
    shutil.copy(workshop.clip, changing)
    real = audio.decode

    def grow_last(path, target, **options):
        decoded = real(path, target, **options)
        with changing.open("ab") as file:
            file.write(bytes(64))
        return decoded

    monkeypatch.setattr(audio, "decode", grow_last)
    result = workshop.run(changing)
    assert isinstance(result.error, InputError)
    assert result.failed_stage == "decode"
    assert "changed while it was worked on" in result.error.message
    assert {record.stage for record in open_store(workshop.settings.store).records()} == {"acquire"}


def test_a_store_s_error_over_a_known_input_stops_no_other(finished, monkeypatch):
    """A record of a newer Loquitur, say, met where all is known already."""
    other = finished.cut(finished.root / "other.wav", start_s=1, seconds=5)
    monkeypatch.setattr("loquitur.store.digests.RACY_NS", 0)  # as if the clip were old
    first = finished.run()
    key = next(stage.key for stage in first.stages if stage.stage == "weave")
    real = Store.record

    def refuse(self, asked):
        if asked == key:
            raise InputError("a newer Loquitur wrote it", hint="upgrade")
        return real(self, asked)

    monkeypatch.setattr(Store, "record", refuse)
    broken, good = finished.run(finished.clip, other)
    assert "a newer Loquitur wrote it" in broken.error.message
    assert broken.failed_stage == "acquire"
    assert good.error is None


def test_sound_that_vanishes_while_it_is_read_is_made_again(workshop, monkeypatch):
    from loquitur.media.pcm import MappedSamples

    real, lost = MappedSamples.read, []

    def vanish_once(self, start_ms, end_ms):
        if not lost:
            lost.append(self._path)
            self._path.unlink()
        return real(self, start_ms, end_ms)

    monkeypatch.setattr(MappedSamples, "read", vanish_once)
    result = workshop.run()
    assert lost
    assert result.error is None, result.error
    assert lost[0].exists()


def test_a_read_only_store_serves_what_it_has(finished, monkeypatch):
    from loquitur.pipeline import tasks

    tasks._opened.cache_clear()
    monkeypatch.setattr("loquitur.store.folder._writable", lambda root: False)
    assert open_store(finished.settings.store).read_only
    assert finished.made(finished.run()) == set()
    result = finished.run(set={"subtitle.max_chars": "30"})
    assert result.failed_stage == "subtitle"
    assert "read-only" in result.error.message
    tasks._opened.cache_clear()


# --- trying again ---


class Clock:
    """Stands for the time module: sleeping takes no time."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def flaky(workshop, monkeypatch):
    """Makes the parrot fail as told, each call taking the next error; gives the times of calls."""
    import parrot_engines

    clock = Clock()
    monkeypatch.setattr(runner, "time", clock)
    calm = parrot_engines.ParrotTranscriber.transcribe

    def prepare(*failures):
        left = list(failures)
        called = []

        def transcribe(self, samples, *, language):
            called.append(clock.now)
            if left:
                raise left.pop(0)
            yield from calm(self, samples, language=language)

        monkeypatch.setattr(parrot_engines.ParrotTranscriber, "transcribe", transcribe)
        return called

    return prepare


def test_transient_failures_are_tried_again_after_the_wait_asked_for(workshop, flaky):
    called = flaky(TransientError("busy", retry_after_s=30.0), TransientError("still busy"))
    events = []
    result = workshop.run(listener=events.append)
    assert result.error is None
    assert len(called) == 3
    assert 30.0 <= called[1] - called[0] < 31.0
    assert 2.0 <= called[2] - called[1] < 3.0
    notes = [event.note for event in events if event.kind == "retry"]
    assert notes == ["busy; trying again in 30 s", "still busy; trying again in 2 s"]


@pytest.mark.slow
def test_transient_failures_end_somewhere(workshop, flaky):
    called = flaky(*(TransientError(f"busy {n}") for n in range(9)))
    result = workshop.run()
    assert len(called) == runner.ATTEMPTS
    assert result.error.message == f"busy {runner.ATTEMPTS - 1}"
    assert result.failed_stage == "transcribe"


@pytest.mark.parametrize("error", [RemoteError("no"), EngineError("no"), ValueError("no")])
def test_other_failures_are_not_tried_again(workshop, flaky, error):
    called = flaky(error)
    result = workshop.run()
    assert len(called) == 1
    assert "no" in result.error.message


# --- many inputs ---


def clips(folder, count):
    """Short media that differ in content."""
    import wave

    import numpy as np

    folder.mkdir()
    for number in range(count):
        with wave.open(str(folder / f"{number}.wav"), "wb") as sink:
            sink.setnchannels(1)
            sink.setsampwidth(2)
            sink.setframerate(16_000)
            noise = np.random.default_rng(number).normal(0, 3000, 8_000)
            sink.writeframes(noise.astype("<i2").tobytes())
    return folder


@pytest.mark.slow
def test_several_jobs_give_what_one_gives(workshop):
    folder = clips(workshop.root / "many", 4)
    one = workshop.run(folder, workshop.clip)
    settings = dataclasses.replace(workshop.settings, jobs=3, store=workshop.root / "store3")
    events = []
    three = workshop.run(folder, workshop.clip, settings=settings, listener=events.append)
    assert [result.error for result in (*one, *three)] == [None] * 10
    assert sorted(r.input for r in three) == sorted(r.input for r in one)
    assert outputs(settings.store) == outputs(workshop.settings.store)
    assert {event.input for event in events} == {result.input for result in three}


@pytest.fixture
def meeting(monkeypatch):
    """Makes calls of the parrot's engines wait for one another: alone, each would fail."""
    import parrot_engines

    def arrange(*methods):
        barrier = threading.Barrier(2, timeout=100)
        for kind, method in methods:
            real = getattr(kind, method)

            def waits(self, *args, real=real, **kwargs):
                barrier.wait()
                yield from real(self, *args, **kwargs)

            monkeypatch.setattr(kind, method, waits)

    transcribe = (parrot_engines.ParrotTranscriber, "transcribe")
    diarize = (parrot_engines.ParrotDiarizer, "diarize")
    return lambda *names: arrange(
        *[{"transcribe": transcribe, "diarize": diarize}[name] for name in names]
    )


def test_inputs_are_worked_on_side_by_side(workshop, meeting):
    meeting("transcribe")
    other = workshop.cut(workshop.root / "other.wav", start_s=1, seconds=5)
    settings = dataclasses.replace(workshop.settings, jobs=2)
    results = workshop.run(workshop.clip, other, settings=settings, diarizer="none")
    assert [result.error for result in results] == [None, None]


def test_independent_stages_of_one_input_run_side_by_side(workshop, meeting):
    meeting("transcribe", "diarize")
    assert workshop.run().error is None


def test_an_endless_list_is_taken_as_it_is_needed(workshop, clip):
    taken = itertools.count()

    def endless():
        for number in taken:
            yield str(clip if number == 0 else workshop.root / f"missing-{number}.mp4")

    results = api.run_many(
        endless(), workshop.wish(), workshop.settings, delivery=Delivery(), stdin=None
    )
    assert next(results).error is None
    assert isinstance(next(results).error, InputError)
    results.close()
    assert next(taken) <= 4


def test_a_list_on_standard_input(finished):
    lines = ["# talks\n", f"{finished.clip}\n", "\n", "missing.mp4\n"]
    first, second = finished.run("-", finished.root / "none.mp4", stdin=iter(lines))[:2]
    assert first.error is None
    assert second.input == "missing.mp4"


def test_an_input_is_worked_on_while_the_next_is_waited_for(workshop):
    """Lines on standard input may be seconds apart."""
    other = workshop.cut(workshop.root / "other.wav", start_s=1, seconds=5)
    finished_first = threading.Event()

    def lines():
        yield f"{workshop.clip}\n"
        assert finished_first.wait(100), "the first input waits for the second"
        yield f"{other}\n"

    def listen(event):
        if (event.input, event.stage, event.kind) == (str(workshop.clip), "subtitle", "done"):
            finished_first.set()

    settings = dataclasses.replace(workshop.settings, jobs=2)
    results = list(api.run_many(["-"], workshop.wish(), settings, stdin=lines(), listener=listen))
    assert [result.error for result in results] == [None, None]


def test_a_list_that_breaks_off_ends_the_run_with_its_error(workshop):
    def lines():
        yield f"{workshop.clip}\n"
        raise OSError("the pipe broke")

    settings = dataclasses.replace(workshop.settings, jobs=2)
    with pytest.raises(OSError, match="the pipe broke"):
        list(api.run_many(["-"], workshop.wish(), settings, stdin=lines()))


def test_two_inputs_that_are_one_medium_are_forced_once(finished):
    twin = finished.root / "twin.wav"
    shutil.copy(finished.clip, twin)
    finished.run(finished.clip, twin, force=["transcribe"])
    assert finished.calls() == ["transcribe"]


def test_events_tell_the_story_of_a_run(workshop):
    events = []
    workshop.run(listener=events.append)
    kinds = [(event.stage, event.kind) for event in events]
    for stage in STAGES:
        told = [kind for name, kind in kinds if name == stage]
        assert told[0] == "start"
        assert told[-1] == "done"
    moved = [event for event in events if event.kind == "progress" and event.stage == "transcribe"]
    assert moved
    assert all(0 < event.done <= event.total for event in moved)
    events.clear()
    workshop.run(listener=events.append)
    assert {event.kind for event in events} == {"cached"}
    assert [event.stage for event in events] == STAGES


def test_the_runner_knows_no_stage_by_name():
    text = Path(runner.__file__).read_text(encoding="utf-8")
    for stage in STAGES[1:]:
        assert f'"{stage}"' not in text


def test_a_recipe_until_an_early_stage_runs_no_further(workshop):
    result = workshop.run(until="diarize", asr="", set={})
    assert [stage.stage for stage in result.stages] == ["acquire", "decode", "detect", "diarize"]
    assert workshop.calls() == ["diarize"]
    assert result.artifact.speakers == ("SPEAKER_00", "SPEAKER_01")
    (name, path), *_ = result.outputs
    assert (name, path.name) == ("json", "talk.diarize.json")


def test_runner_takes_targets(finished):
    place = api.place_of(finished.settings)
    chosen = recipe(finished.wish(), place.resources)
    executor = LocalExecutor(2)
    sources = api.expand([str(finished.clip)])
    (outcome,) = Runner(place, chosen, executor, targets=frozenset({"decode"})).run(sources)
    executor.shutdown(cancel=False)
    assert outcome.error is None
    assert outcome.key("decode")
    assert isinstance(finished.wish(), Wish)
