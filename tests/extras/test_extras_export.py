"""Exported nets: the same words at any batch and length, and no torch to say them."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.exporting import compare, export, random_clips
from loquitur.vision.modelcard import ModelCard
from loquitur.vision.modelfile import load, save
from loquitur.vision.nets import NETS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

from loquitur.vision.nets.contract import NetConfig, build  # noqa: E402
from loquitur.vision.nets.graphs import graphs_of  # noqa: E402

WORDS = ("<pad>", "<bos>", "<eos>", "<unk>", *(f"word{at}" for at in range(20)))

# what a machine without torch does; a stand-in for it, since this one has it
ALONE = """
import json, sys
from pathlib import Path
import numpy as np
for name in ("torch", "safetensors"):
    sys.modules[name] = None
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.modelfile import load
model = load(Path(sys.argv[1]))
clips = [np.array(clip, np.float32) for clip in json.load(sys.stdin)]
found = model.describe_all(clips, Decoding(by="beam", width=3))
print(json.dumps([[[one.text, one.score] for one in ones] for ones in found]))
"""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def saved(folder, architecture, layers=1):
    """A net that is sure of what it says."""
    torch.manual_seed(7)
    config = NetConfig(
        architecture=architecture, dimension=6, words=len(WORDS), hidden=32, embedding=8,
        layers=layers, dropout=0.3, most_frames=16,
    )  # fmt: skip
    net = build(config)
    with torch.no_grad():
        net.say.weight *= 4
    card = ModelCard(
        net=config,
        vocabulary=WORDS,
        encoder=EngineStamp(name="descriptor", version="1"),
        mean=tuple(np.linspace(-1, 1, 6)),
        std=tuple(np.linspace(0.2, 2, 6)),
    )
    save(folder, net, card)
    return load(folder)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("architecture", NETS)
def test_graphs_say_the_same(tmp_path, architecture, layers, capfd):
    model = saved(tmp_path / "run" / "best", architecture, layers)
    card = export(model, tmp_path / "onnx")
    assert capfd.readouterr() == ("", "")
    names = {path.name for path in (tmp_path / "onnx").iterdir()}
    assert names == {"encoder.onnx", "step.onnx", "model.json"}
    graphs = load(tmp_path / "onnx")
    assert graphs.card == card
    found = compare(model, graphs)
    assert found.clips == 16
    assert found.same == found.clips
    assert found.difference < 1e-5
    assert found.holds
    clips = random_clips(card, 3)
    endings = set()
    for decoding in (Decoding(by="beam", width=4), Decoding(by="sample", count=3, seed=5)):
        for own, theirs in zip(
            model.hypotheses(clips, decoding), graphs.hypotheses(clips, decoding), strict=True
        ):
            assert [one.words for one in own] == [one.words for one in theirs]
            np.testing.assert_allclose(
                [one.log_probability for one in own],
                [one.log_probability for one in theirs],
                atol=1e-4,
            )
            endings |= {one.length for one in own}
    assert len(endings) > 5  # rows ended, and others went on


def test_without_torch(tmp_path):
    model = saved(tmp_path / "model", "s2vt-attention")
    export(model, tmp_path / "onnx")
    clips = random_clips(model.card)[:4]
    wanted = model.describe_all(clips, Decoding(by="beam", width=3))
    done = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path / "onnx"],
        input=json.dumps([clip.tolist() for clip in clips]),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert [[text for text, _ in ones] for ones in found] == [
        [one.text for one in ones] for ones in wanted
    ]
    for own, theirs in zip(wanted, found, strict=True):
        np.testing.assert_allclose(
            [one.score for one in own], [score for _, score in theirs], atol=1e-4
        )


def test_a_net_that_is_exported_stays_as_it_is(tmp_path):
    """In a training it goes on, on its device and in its precision."""
    net = saved(tmp_path / "model", "s2vt").stepper.net.to(torch.float64).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    graphs_of(net)
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(value.dtype == torch.float64 for value in net.state_dict().values())


def test_disagreement_is_seen(tmp_path):
    model = saved(tmp_path / "model", "s2vt")
    other = saved(tmp_path / "other", "s2vt")
    with torch.no_grad():
        other.stepper.net.say.bias[4] += 0.01
    found = compare(model, other)
    assert 1e-4 < found.difference < 0.02
    assert not found.holds


def test_what_is_not_exported(tmp_path):
    model = saved(tmp_path / "model", "s2vt")
    with pytest.raises(UsageError, match="is the model itself"):
        export(model, tmp_path / "model")
    export(model, tmp_path / "onnx")
    with pytest.raises(UsageError, match="is exported already"):
        export(load(tmp_path / "onnx"), tmp_path / "again")


def test_graphs_of_another_vocabulary_or_feature_size(tmp_path):
    export(saved(tmp_path / "model", "s2vt"), tmp_path / "onnx")
    path = tmp_path / "onnx" / "model.json"
    plain = json.loads(path.read_text("utf-8"))
    for net, vocabulary, said in [
        ({"words": 23}, WORDS[:23], "a net of 24 words, the model's card has 23"),
        ({"dimension": 7}, WORDS, "a net of 6 numbers a frame, the model's card has 7"),
    ]:
        changed = plain | {
            "net": plain["net"] | net, "vocabulary": list(vocabulary), "mean": [], "std": []
        }  # fmt: skip
        path.write_text(json.dumps(changed), "utf-8")
        with pytest.raises(InputError, match=said):
            load(tmp_path / "onnx")


def test_nothing_trained_is_lost(tmp_path):
    model = saved(tmp_path / "run" / "best", "s2vt")
    other = saved(tmp_path / "other", "s2vt-state")
    with pytest.raises(UsageError, match="holds a trained model, which would be lost"):
        export(model, tmp_path / "other")
    assert load(tmp_path / "other").card == other.card
    with pytest.raises(UsageError, match="is a run; graphs in it would stand before"):
        export(model, tmp_path / "run")
    assert load(tmp_path / "run").card == model.card
    export(model, tmp_path / "onnx")
    export(other, tmp_path / "onnx")  # an export is replaced
    assert load(tmp_path / "onnx").card.net == other.card.net != model.card.net


def test_clips_of_ones_own_are_thinned_as_for_describing(tmp_path):
    model = saved(tmp_path / "model", "s2vt")
    seen = []

    class Watched(type(model.stepper)):
        def begin(self, features, lengths):
            seen.append(features.shape[1])
            return super().begin(features, lengths)

    watched = dataclasses.replace(model, stepper=Watched(model.stepper.net))
    assert compare(watched, watched, [np.zeros((500, 6), np.float32)]).holds
    assert max(seen) == model.card.net.most_frames


def test_nan_is_no_agreement(tmp_path):
    model = saved(tmp_path / "model", "s2vt")

    class Broken(type(model.stepper)):
        def step(self, words, state):
            scores, state = super().step(words, state)
            scores[:, 5] = -np.inf
            return scores, state

    broken = dataclasses.replace(model, stepper=Broken(model.stepper.net))
    with np.errstate(invalid="ignore"):  # infinity less infinity
        assert not compare(broken, broken).holds


def exported(*arguments):
    """The verb, as a user runs it."""
    found = CliRunner().invoke(cli, ["describe", "export", *map(str, arguments)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_the_verb(tmp_path):
    saved(tmp_path / "run" / "best", "transformer")
    answer = exported(tmp_path / "run", "--check", "--json")
    document = json.loads(answer.stdout)
    assert document["export"] == str(tmp_path / "run-onnx")
    assert document["model"] == str(tmp_path / "run" / "best")
    assert document["check"]["holds"]
    assert document["check"]["same_words"] == document["check"]["clips"] == 16
    assert document["bytes"] == sum(
        path.stat().st_size for path in (tmp_path / "run-onnx").iterdir()
    )
    assert "wrote" in answer.stderr
    answer = exported(tmp_path / "run" / "best", "-o", tmp_path / "out", "--quiet")
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[0].split() == ["what", "value"]
    assert load(tmp_path / "out").card.net.architecture == "transformer"


def test_the_verb_refuses_features_of_others(tmp_path):
    saved(tmp_path / "run" / "best", "s2vt")
    clips = random_clips(load(tmp_path / "run").card)
    features = tmp_path / "features"
    features.mkdir()
    for number, clip in enumerate(clips):
        np.save(features / f"clip{number}.npy", clip)
    with pytest.raises(UsageError, match="features for what"):
        exported(tmp_path / "run", "--features", features)
    with pytest.raises(UsageError, match="of the encoder"):
        exported(tmp_path / "run", "--features", features, "--check")


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parents[2] / "docs" / "describe-models.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    export(saved(tmp_path / "model", "s2vt"), tmp_path / "mine-onnx")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "describe-models.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(re.fullmatch(r"-\d\.\d\d (word\d+ ?)+", line) for line in lines)
