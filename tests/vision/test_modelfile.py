"""A model's folder without torch: its card, and what is refused before anything is loaded."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle

import numpy as np
import pytest

from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Preprocessing, Sampling
from loquitur.vision import modelfile, modelfolder
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.modelcard import CARD, ModelCard, read_card, to_bytes
from loquitur.vision.modelfile import check_features, find, load, write_files
from loquitur.vision.nets.config import NetConfig
from loquitur.vision.vocabulary import words_of

WORDS = ("<pad>", "<bos>", "<eos>", "<unk>", "a", "dog", "猫")
OLD, NEW = "model-0123456789ab.safetensors", "model-ba9876543210.safetensors"
STAMP = EngineStamp(name="descriptor", version="1", options='{"size":64}')


def card(**changes):
    given = {
        "net": NetConfig(architecture="s2vt-state", dimension=3, words=len(WORDS), hidden=8),
        "vocabulary": WORDS,
        "encoder": STAMP,
    }
    return ModelCard(**(given | changes))


def test_a_card_is_read_as_it_was_written(tmp_path):
    full = card(
        preprocessing=Preprocessing(width_px=224, height_px=224),
        sampling=Sampling(by="rate", rate_hz=8.0),
        mean=(0.1, float(np.float32(1 / 3)), -5e-8),
        std=(0.0, 1.0, 2.5),
        language="zh",
        decoding=Decoding(by="beam", width=3),
        training={"epochs": 12, "cider": 4.9, "split": "seen", "loss": None},
        licence="CC-BY-4.0",
        notes=("trained on shapes",),
    )
    written = write_files(tmp_path / "new" / "model", full, {OLD: b"abc"})
    assert read_card(tmp_path / "new" / "model") == written
    assert dataclasses.replace(written, files={}, producer="") == full
    assert written.producer.startswith("loquitur ")
    text = (tmp_path / "new" / "model" / CARD).read_text("utf-8")
    assert json.loads(text)["schema"] == "loquitur/captioner/1"
    assert "猫" in text
    assert written.words().decode([4, 5, 2, 5]) == "a dog"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vocabulary": (*WORDS, "more")}, "vocabulary of 8 words, but a net of 7"),
        ({"vocabulary": ("a", *WORDS[1:])}, "begins with <pad>"),
        ({"vocabulary": (*WORDS[:6], "dog")}, "stands twice"),
        ({"mean": (1.0,), "std": (1.0,)}, "mean has 1 numbers, a frame has 3"),
        ({"mean": (1.0, 2.0, float("nan")), "std": (1.0,) * 3}, "no number"),
        ({"mean": (1.0, 2.0, 3.0)}, "go together"),
        ({"mean": (1.0,) * 3, "std": (1.0, -0.5, 1.0)}, "below 0"),
        ({"mean": (1.0, 1e39, 0.0), "std": (1.0,) * 3}, "mean holds what is no number"),
        ({"mean": (1.0,) * 3, "std": (1.0, 1e300, 1.0)}, "std holds what is no number"),
        ({"vocabulary": (*WORDS[:6], "")}, "no word: ''"),
        ({"vocabulary": (*WORDS[:6], "two words")}, "no word: 'two words'"),
        ({"vocabulary": (*WORDS[:6], "\x1b[31m")}, "no word"),
        ({"vocabulary": (*WORDS[:6], "\u202e")}, "no word"),
        ({"vocabulary": (*WORDS[:6], "x" * 101)}, "no word"),
        ({"files": {"../x": "0" * 64}}, "no file beside"),
        ({"files": {"x": "0"}}, "no file beside"),
    ],
)
def test_cards_that_contradict_themselves(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        card(**changes)
    plain = json.loads(to_bytes(card())) | {
        name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()
    }
    if "no number" not in said:
        (tmp_path / CARD).write_text(json.dumps(plain))
        with pytest.raises(InputError, match=said) as caught:
            read_card(tmp_path)
        assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not the card"),
        (b"[]", "is not the card"),
        (b"\x80\x04K\x01.", "is not the card"),
        (b"{}", "not a captioner of ours: schema ''"),
        (b'{"schema": "loquitur/captioner/2"}', "expected loquitur/captioner/1"),
        (b'{"schema": "other", "net": 1}', "schema 'other'"),
        (b'{"schema": "loquitur/captioner/1"}', "damaged"),
        (b'{"schema": "loquitur/captioner/1", "what": 1}', "has no field 'what'"),
        (b'{"schema": "loquitur/captioner/1"' + b'"', "is not the card"),
        (b"[" * 5000, "is not the card"),
    ],
)
def test_cards_that_are_none(tmp_path, content, said):
    (tmp_path / CARD).write_bytes(content)
    with pytest.raises(InputError, match=said):
        load(tmp_path)


def test_a_card_cut_anywhere_is_refused(tmp_path):
    data = to_bytes(card())
    for length in range(0, len(data) - 2, 7):
        (tmp_path / CARD).write_bytes(data[:length])
        with pytest.raises(InputError):
            read_card(tmp_path)


def test_an_unknown_net_is_refused(tmp_path):
    plain = json.loads(to_bytes(card()))
    plain["net"]["architecture"] = "evil.module:Net"
    (tmp_path / CARD).write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"no net is called 'evil.module:Net'; known: s2vt"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    "name", ["dimension", "words", "hidden", "embedding", "layers", "heads", "most_frames"]
)
@pytest.mark.parametrize("size", [10**8, 2**63, 10**30])
def test_sizes_that_no_net_has(tmp_path, name, size):
    """A net of so many layers would be built for days before its weights are missed."""
    plain = json.loads(to_bytes(card()))
    plain["net"][name] = size
    (tmp_path / CARD).write_text(json.dumps(plain))
    with pytest.raises(InputError, match=f"{name} is [0-9]+ at most"):
        read_card(tmp_path)


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "loop", "huge"])
def test_what_is_no_file_is_not_read(tmp_path, kind):
    write_files(tmp_path, card(), {OLD: b"abc"})
    weights = tmp_path / OLD
    weights.unlink()
    if kind == "device":
        weights.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(weights)
    elif kind == "folder":
        weights.mkdir()
    elif kind == "loop":
        weights.symlink_to(weights)
    else:
        with weights.open("wb") as file:
            file.truncate(1 << 40)  # holes: no space is taken
    with pytest.raises(InputError, match=rf"{OLD}: (is no file|is larger|the model's card names)"):
        load(tmp_path)


def test_words_of_every_script_are_words():
    text = "می\u200cخواهم ภาษา don't 猫 नमस्ते rock-n-roll"
    words = ("<pad>", "<bos>", "<eos>", "<unk>", *dict.fromkeys(words_of(text)))
    assert len(words) > 9
    net = NetConfig(architecture="s2vt", dimension=3, words=len(words))
    assert card(net=net, vocabulary=words).vocabulary == words


def test_a_card_larger_than_any(tmp_path):
    with (tmp_path / CARD).open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(InputError, match="larger than any of a model"):
        load(tmp_path)


def test_figures_that_are_no_numbers():
    with pytest.raises(UsageError, match="'loss' is nan"):
        to_bytes(card(training={"loss": float("nan")}))


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('it was run')",))


def test_a_pickle_is_never_opened(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.pt").write_bytes(pickle.dumps(Bomb()))
    for path in (run, run / "model.pt"):
        with pytest.raises(InputError, match=r"model\.pt: not a model of ours: a pickle may run"):
            load(path)
    nameless = tmp_path / "weights"
    nameless.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="a pickle"):
        load(nameless)
    # and in the place of the weights
    written = write_files(run, card(), {OLD: b"abc"})
    (run / next(iter(written.files))).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="a pickle"):
        load(run)


def test_what_is_no_model(tmp_path):
    for name in ("absent", "x" * 5000):
        with pytest.raises(InputError, match=r"no such folder|File name too long"):
            load(tmp_path / name)
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "absent")
    with pytest.raises(InputError, match="holds no model of ours"):
        load(tmp_path)
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(InputError, match="not the folder of a model"):
        load(tmp_path / "note.txt")


def test_the_best_of_a_run(tmp_path):
    write_files(tmp_path / "last", card(), {})
    assert find(tmp_path) == tmp_path / "last"
    write_files(tmp_path / "best", card(), {})
    assert find(tmp_path) == tmp_path / "best"
    assert find(tmp_path / "last") == tmp_path / "last"
    assert find(tmp_path / "last" / CARD) == tmp_path / "last"


def test_files_that_are_not_the_ones_of_the_card(tmp_path):
    write_files(tmp_path, card(), {OLD: b"abcdef"})
    (tmp_path / OLD).write_bytes(b"abc")
    with pytest.raises(InputError, match=r"truncated or changed \(3 bytes\)"):
        load(tmp_path)
    (tmp_path / OLD).unlink()
    with pytest.raises(InputError, match="names this file, and it cannot be read"):
        load(tmp_path)


def test_a_model_that_is_replaced_while_it_is_read(tmp_path, monkeypatch):
    """As `describe eval` of a run that is being trained meets it."""
    old = write_files(tmp_path, card(licence="old"), {OLD: b"old"})
    new = write_files(tmp_path, card(licence="new"), {NEW: b"new"})
    cards = iter([old])
    monkeypatch.setattr(modelfile, "read_card", lambda folder: next(cards, new))
    assert modelfile._read(tmp_path) == (new, {NEW: b"new"})


def test_a_card_without_its_files(tmp_path):
    write_files(tmp_path, card(), {})
    with pytest.raises(InputError, match="names no weights"):
        load(tmp_path)
    write_files(tmp_path, card(form="onnx"), {"encoder.onnx": b"x"})
    with pytest.raises(InputError, match="names no graphs"):
        load(tmp_path)
    write_files(tmp_path, card(form="onnx"), {"encoder.onnx": b"x", "step.onnx": b"y"})
    with pytest.raises(InputError, match=r"encoder\.onnx cannot be loaded"):
        load(tmp_path)


def test_a_crash_leaves_the_old_model_or_the_new_one(tmp_path, monkeypatch):
    old = write_files(tmp_path, card(licence="old"), {OLD: b"old"})

    class Crash(BaseException):
        pass

    real = modelfolder.replacing
    for last in range(2):
        done = []

        def crashing(path, done=done, last=last):
            if len(done) == last:
                raise Crash
            done.append(path)
            return real(path)

        monkeypatch.setattr(modelfolder, "replacing", crashing)
        with pytest.raises(Crash):
            write_files(tmp_path, card(licence="new"), {NEW: b"new"})
        assert read_card(tmp_path) == old
        (name,) = old.files
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == old.files[name]
    monkeypatch.undo()
    write_files(tmp_path, card(licence="new"), {NEW: b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([CARD, NEW])


def test_without_torch_it_is_said(tmp_path, monkeypatch):
    write_files(tmp_path, card(), {OLD: b"abc"})
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    monkeypatch.delitem(__import__("sys").modules, "loquitur.vision.nets.stepping", raising=False)
    with pytest.raises(MissingError, match="torch is not installed") as caught:
        load(tmp_path)
    assert "loquitur[vision]" in caught.value.hint


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (np.zeros(3), r"not float64 \[3\]"),
        (np.zeros((2, 2, 3)), r"not float64 \[2, 2, 3\]"),
        (np.zeros((4, 2)), "reads 3 numbers a frame, these features have 2"),
        (np.zeros((0, 3)), "no frame at all"),
        (np.array([[1, 2, 3], [1, np.nan, 3]], np.float16), "NaN or infinity, first in frame 1"),
        (np.array([[1, 2, np.inf]]), "NaN or infinity, first in frame 0 of 1"),
        (np.array([[1e300, 2, 3]]), "NaN or infinity"),
        (np.array([["a", "b", "c"]]), "features are numbers"),
    ],
)
def test_features_that_no_net_reads(features, said):
    with pytest.raises(InputError, match=said):
        check_features(features, card())


def test_features_of_another_encoder():
    own = card()
    own.check_encoder(dataclasses.replace(STAMP))
    with pytest.raises(UsageError, match=r"of the encoder vgg16 \(1\), not of descriptor \(1\)"):
        own.check_encoder(dataclasses.replace(STAMP, name="vgg16"))
