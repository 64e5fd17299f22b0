"""`describe eval` on a run: its model, its features, its corpus."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")

from loquitur.errors import InputError, UsageError  # noqa: E402
from loquitur.model.speech import EngineStamp  # noqa: E402
from loquitur.vision import shapes  # noqa: E402
from loquitur.vision.corpora.written import write  # noqa: E402
from loquitur.vision.judging import judge, voice_of  # noqa: E402
from loquitur.vision.judging.voices import said_by  # noqa: E402
from loquitur.vision.modelcard import ModelCard  # noqa: E402
from loquitur.vision.modelfile import load, save  # noqa: E402
from loquitur.vision.nets.config import NetConfig  # noqa: E402
from loquitur.vision.nets.contract import build  # noqa: E402
from loquitur.vision.vocabulary import Vocabulary  # noqa: E402

STAMP = EngineStamp(name="descriptor", version="1")


class Some:
    """Features of some clips, drawn from their names."""

    folder = "features"

    def __init__(self, stamp=STAMP, lacking=()):
        self.info = type("Info", (), {"encoder": stamp})()
        self._lacking = set(lacking)

    def lacking(self, clip_ids):
        return tuple(one for one in clip_ids if one in self._lacking)

    def get(self, clip_id):
        dice = np.random.default_rng(sum(map(ord, clip_id)))
        return None, dice.standard_normal((5, 6)).astype(np.float16)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that was hardly trained."""
    folder = tmp_path_factory.mktemp("judged")
    corpus = shapes.corpus(seed=2, sizes={"train": 6, "test": 6})
    write(corpus, folder / "clips.jsonl")
    words = Vocabulary.of(text for clip in corpus.of("train") for text in clip.texts())
    torch.manual_seed(0)
    net = NetConfig(architecture="s2vt-state", dimension=6, words=len(words), hidden=8, embedding=8)
    card = ModelCard(net=net, vocabulary=words.words, encoder=STAMP)
    save(folder / "run" / "best", build(net), card)
    inputs = {"clips": str(folder / "clips.jsonl"), "features": str(folder / "features")}
    task = {"kind": "caption", "caption": {"language": "en"}}
    config = {"schema": "loquitur/run/1", "inputs": inputs, "task": task}
    (folder / "run" / "config.json").write_text(json.dumps(config))
    (folder / "run" / "metrics.jsonl").write_text('{"epoch": 1, "loss": 3.5}\n')
    return corpus, folder / "run"


def test_a_run_knows_its_corpus_and_its_curve(run):
    _, folder = run
    voice = voice_of(str(folder))
    assert (voice.name, voice.kind, voice.language) == ("run", "model", "en")
    assert voice.clips.endswith("clips.jsonl")
    assert voice.metrics == ({"epoch": 1, "loss": 3.5},)


def test_a_net_says_a_sentence_of_each_clip_with_features(run):
    corpus, folder = run
    clips = corpus.of("test")
    said, notices = said_by(load(folder), Some(lacking=[clips[0].clip_id]), clips)
    assert set(said) == {clip.clip_id for clip in clips[1:]}
    assert "1 clip without features" in notices[0]
    found = judge({"test": clips}, [_voice(said)], corpus=corpus)
    assert found.judged[0].scores.missing == (clips[0].clip_id,)


def test_features_of_another_encoder_are_refused(run):
    corpus, folder = run
    other = EngineStamp(name="resnet50", version="1")
    with pytest.raises(UsageError, match="resnet50"):
        said_by(load(folder), Some(stamp=other), corpus.of("test"))
    every = [clip.clip_id for clip in corpus.clips]
    with pytest.raises(InputError, match="features of none"):
        said_by(load(folder), Some(lacking=every), corpus.of("test"))


def _voice(said):
    from loquitur.vision.judging import Voice

    return Voice(name="net", say=lambda _: (said, ()), kind="model")
