"""Engines held against one another, each in a process of its own; the parrot's serve for all."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest

from loquitur.comparison import Contest, compare, median_start_ms
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.trial import Request, attempt

pytest.importorskip("rapidfuzz")


@pytest.fixture
def media(clip, tmp_path):
    """A clip of six seconds with references beside it, and one without."""
    talk, other = tmp_path / "talk.wav", tmp_path / "other.wav"
    shutil.copy(clip, talk)
    shutil.copy(clip, other)
    (tmp_path / "talk.txt").write_text("One speaks, and the other listens.")
    (tmp_path / "talk.rttm").write_text(
        "".join(f"SPEAKER talk 1 {2 * n} 2 <NA> <NA> {'AB'[n % 2]} <NA> <NA>\n" for n in range(3))
    )
    (tmp_path / "talk.uem").write_text("talk 1 0 5\n")
    return str(talk), str(other)


@pytest.fixture
def contest(parrot, media):
    return Contest(files=media, rivals=("parrot",), normalizer="plain", language="en")


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", threads=1)


@pytest.mark.slow
def test_accuracy_speed_and_memory_of_each_engine(contest, resources):
    told = []
    found = compare(contest, resources, tell=told.append)
    asr, diarizer = found.standings
    assert (asr.rival.kind, asr.rival.model, asr.files, asr.scored) == ("asr", "parrot", 2, 1)
    assert asr.words.counts.length == 6
    assert asr.rate is not None
    assert (diarizer.rival.kind, diarizer.scored, diarizer.error) == ("diarization", 1, "")
    assert diarizer.turns.scored_ms == 5000
    assert diarizer.rate == 0.0
    for one in found.standings:
        assert one.sound_s == pytest.approx(12, abs=0.5)
        assert one.seconds > 0
        assert one.rtfx == pytest.approx(one.sound_s / one.seconds)
        assert one.peak_mb > 20
    assert found.notices == (
        "no reference of words, not scored: other.wav",
        "no reference of turns, not scored: other.wav",
    )
    assert told[0] == "preparing 2 files"
    assert len(told) == 3


@pytest.mark.slow
def test_a_ctm_beside_gives_the_error_of_word_times(contest, resources, tmp_path):
    """The parrot's first word lies where the speech begins; its text is one of six."""
    (tmp_path / "talk.txt").unlink()
    (tmp_path / "talk.ctm").write_text("talk 1 0 1 nothing\ntalk 1 1 1 one\n")
    contest = dataclasses.replace(contest, kinds=("asr",))
    first = compare(contest, resources).standings[0]
    assert first.words.times.words == 2
    assert first.words.times.matched == 1
    assert median_start_ms(first) == abs(first.words.times.bias_ms) < 6000


@pytest.mark.slow
def test_references_in_a_folder_and_in_one_file(contest, resources, tmp_path):
    folder = tmp_path / "ref"
    folder.mkdir()
    (folder / "all.stm").write_text("talk 1 A 0 2 one speaks\nother 1 A 0 2 and the other\n")
    for reference in (folder, folder / "all.stm"):
        given = dataclasses.replace(contest, reference=str(reference), kinds=("asr",))
        (asr,) = compare(given, resources).standings
        assert (asr.scored, asr.words.counts.length) == (2, 5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"transcribe.fail": "true"}, "lost its voice"),
        ({"transcribe.die": "{place}/die"}, "killed by signal 9"),
        ({"transcribe.speed": "3"}, "speed"),
    ],
)
def test_an_engine_that_fails_stops_no_other(contest, resources, tmp_path, parameters, told):
    (tmp_path / "die").write_text("always")
    given = {name: value.format(place=tmp_path) for name, value in parameters.items()}
    found = compare(dataclasses.replace(contest, parameters=given), resources)
    asr, diarizer = found.standings
    assert told in asr.error
    assert (asr.rate, diarizer.error, diarizer.rate) == (None, "", 0.0)


def test_what_cannot_be_compared(contest, resources, tmp_path):
    def changed(**fields):
        return compare(dataclasses.replace(contest, **fields), resources)

    with pytest.raises(InputError, match="no such file"):
        changed(files=(str(tmp_path / "absent.wav"),))
    with pytest.raises(InputError, match="the same name"):
        changed(files=(contest.files[0], contest.files[0]))
    (tmp_path / "broken.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"broken\.wav"):
        changed(files=(str(tmp_path / "broken.wav"),))
    with pytest.raises(UsageError, match="no engine is called 'parot'") as caught:
        changed(rivals=("parot",))
    assert "parrot" in caught.value.hint
    with pytest.raises(MissingError, match="no model is here") as missing:
        changed(rivals=("dvector",))
    assert missing.value.hint == "loquitur models pull dvector:ge2e"


@pytest.mark.slow
def test_what_is_not_here_is_listed_with_what_brings_it(contest, resources):
    found = compare(
        dataclasses.replace(contest, rivals=(), kinds=("diarization",), files=contest.files[:1]),
        resources,
    )
    assert [one.rival.engine for one in found.standings] == ["parrot"]
    absent = {one.rival.engine: one for one in found.absent}
    assert absent["dvector"].command == "loquitur models pull dvector:ge2e"


def test_a_trial_of_nothing_makes_the_store_it_was_given(tmp_path):
    request = Request(
        kind="", engine="", files=(), store=str(tmp_path / "s"), models=str(tmp_path / "m")
    )
    answer = attempt(request)
    assert (answer.files, answer.load_s) == ((), 0.0)
    assert json.loads((tmp_path / "s" / "store.json").read_text())
