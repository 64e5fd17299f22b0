"""Frames of damaged films, and what becomes of the child that decodes them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from films import got, number_of, numbers, write_film

from loquitur.errors import EngineError, InputError
from loquitur.media.frames import look, sample, uniform_indices
from loquitur.media.isolation import Child, Limits
from loquitur.model.vision import Sampling


def test_a_film_cut_off_gives_what_there_is(tmp_path):
    whole = write_film(tmp_path / "whole.mkv", 100, gop=10)
    content = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) // 2])
    count = look(cut, isolated=False).frame_count
    assert 20 < count < 80
    assert numbers(cut, Sampling(count=4)) == uniform_indices(count, 4).tolist()
    early = write_film(tmp_path / "early.mp4", 100, gop=10, muxer={"movflags": "faststart"})
    content = early.read_bytes()
    early.write_bytes(content[: len(content) * 2 // 3])
    warned = []
    found = numbers(early, Sampling(count=4), warn=warned.append)
    assert found == sorted(found)
    assert found[0] == 0
    assert warned
    late = write_film(tmp_path / "late.mp4", 30)
    late.write_bytes(late.read_bytes()[:-600])
    with pytest.raises(InputError, match="is not a medium that can be read"):
        got(late)


@pytest.mark.slow
def test_damage_in_the_middle_is_told_and_bridged(tmp_path):
    path = write_film(tmp_path / "film.mkv", 200, gop=10)
    content = bytearray(path.read_bytes())
    chance = random.Random(3)
    for at in range(len(content) // 3, len(content) * 2 // 3):
        if chance.random() < 0.005:
            content[at] = chance.randrange(256)
    path.write_bytes(content)
    warned = []
    times, pixels = got(path, Sampling(count=40), isolated=True, warn=warned.append)
    assert len(times) == len(pixels) == 40
    assert times == sorted(times)
    assert warned
    assert number_of(pixels[0]) == 0
    assert number_of(pixels[-1]) == 199


@pytest.mark.slow
def test_any_damage_is_an_error_or_frames(tmp_path):
    path = write_film(tmp_path / "film.mp4", 40, gop=8)
    content = path.read_bytes()
    survived = 0
    for seed in range(60):
        chance = random.Random(seed)
        broken = bytearray(content)
        for _ in range(chance.choice([1, 5, 40])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        if chance.random() < 0.3:
            del broken[chance.randrange(len(broken)) :]
        path.write_bytes(broken)
        try:
            times, pixels = got(path, Sampling(count=10, fast=seed % 3 == 0), most_px=256)
        except InputError:
            continue
        assert len(times) == len(pixels) == 10
        assert times == sorted(times), seed
        survived += 1
    assert 10 < survived < 60


@pytest.mark.slow
def test_a_crash_of_the_decoder_is_one_error(tmp_path, monkeypatch):
    path = write_film(tmp_path / "film.mp4", 5)
    from loquitur.media.frames import sending

    def broken(code):
        import sys

        start = "import sys, json; json.loads(sys.stdin.readline());"
        command = (sys.executable, "-c", start + code)

        def run(*args, **more):
            with Child(command) as child:
                yield from stream(*args, **{**more, "stream": replace(more["stream"], child=child)})

        return run

    stream = sending.stream_isolated
    header = "{'at_ms': [0], 'repeat': [1], 'height_px': 2, 'width_px': 2}"
    piece = f"print(json.dumps({{'piece': [{header}, 12]}}));"
    for code, kind, said in [
        ("import os; os.kill(os.getpid(), 11)", InputError, r"crashed on it \(SIGSEGV\)"),
        ("print(json.dumps({'piece': [{}, 1 << 40]}))", EngineError, "must not"),
        ("print('{\"piece\": 3}')", EngineError, "must not"),
        ("print(json.dumps({'piece': [{}, 2]}) + '\\n12')", EngineError, "sent no frame"),
        (piece.replace("12]", "9]") + "print('x' * 8)", EngineError, "of another size"),
        (piece + "print('x')", EngineError, "ended with status 0"),
        ("print('nonsense')", EngineError, "must not"),
        ("import time; time.sleep(60)", InputError, "no progress for 1 s"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(sending, "stream_isolated", broken(code))
            with pytest.raises(kind, match=said):
                list(sample(path, Sampling(), limits=Limits(quiet_s=0.6)))


@pytest.mark.slow
def test_one_child_decodes_many_films(tmp_path):
    import psutil

    before = {child.pid for child in psutil.Process().children()}  # those of other tests

    def workers():
        return [one.pid for one in psutil.Process().children() if one.pid not in before]

    films = [write_film(tmp_path / f"{count}.mp4", count) for count in (12, 30)]
    (tmp_path / "words.mp4").write_text("no film")
    heard = []
    with Child() as child:
        wanted = Sampling(by="key")  # each is told as it comes
        times = got(films[1], wanted, isolated=child, progress=lambda *pair: heard.append(pair))[0]
        assert heard == [(at_ms, times[-1]) for at_ms in times]
        for path, count in zip(films * 2, (12, 30) * 2, strict=True):
            assert (
                numbers(path, Sampling(count=4), isolated=child)
                == uniform_indices(count, 4).tolist()
            )
        first = workers()
        assert len(first) == 1
        with pytest.raises(InputError, match="is a text file"):
            got(tmp_path / "words.mp4", isolated=child)
        with pytest.raises(InputError, match="no such file"):
            got(tmp_path / "missing.mp4", isolated=child)
        assert numbers(films[0], Sampling(count=2), isolated=child) == [0, 11]
        assert workers() == first
        left = sample(films[1], Sampling(count=30), batch=1, isolated=child)
        next(left)
        left.close()
        assert workers() == []
        assert numbers(films[0], Sampling(count=2), isolated=child) == [0, 11]
        psutil.Process(workers()[0]).kill()
        psutil.wait_procs(psutil.Process().children(), timeout=60)
        assert numbers(films[0], Sampling(count=2), isolated=child) == [0, 11]
        hurried = Limits(processor_s=1, quiet_s=60)
        assert numbers(films[0], Sampling(count=2), isolated=child, limits=hurried) == [0, 11]
    assert workers() == []


@pytest.mark.slow
def test_a_caller_who_leaves_ends_the_child(tmp_path):
    import psutil

    path = write_film(tmp_path / "film.mp4", 120)
    before = set(psutil.Process().children())
    batches = sample(path, Sampling(count=100), batch=2)
    next(batches)
    assert set(psutil.Process().children()) - before
    batches.close()
    assert not set(psutil.Process().children()) - before


def test_what_progress_raises_stops_it(tmp_path, monkeypatch):
    path = write_film(tmp_path / "film.mp4", 5)

    def stop(done_ms, total_ms):
        raise KeyboardInterrupt

    from loquitur.media.frames import here

    monkeypatch.setattr(here, "TELL_EVERY_S", -1.0)
    with pytest.raises(KeyboardInterrupt):
        list(sample(path, Sampling(), isolated=False, progress=stop))
