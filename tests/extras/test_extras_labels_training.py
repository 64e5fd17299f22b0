"""Training of labellers: the losses, the figures, runs that go on bitwise, what is refused."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from loquitur.cli.main import _run
from loquitur.errors import InputError, UsageError
from loquitur.evaluation.labels import Evaluator

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

from labels_toy import (  # noqa: E402
    INFO,
    LABEL,
    LABELS,
    NET,
    VOCABULARY,
    dataset,
    examples,
    labelling,
    on_disk,
    options,
)

from loquitur.vision.labels.dataset_files import (  # noqa: E402
    open_dataset,
    shards_of,
    write_dataset,
)
from loquitur.vision.labels.examples import Stream  # noqa: E402
from loquitur.vision.labels.feeding.memory import MemoryDataset  # noqa: E402
from loquitur.vision.labels.feeding.sharded import open_data  # noqa: E402
from loquitur.vision.labels.modelfile import load  # noqa: E402
from loquitur.vision.labels.records.shards import open_shard  # noqa: E402
from loquitur.vision.labels.records.writing import write_shard  # noqa: E402
from loquitur.vision.labels.training import validating  # noqa: E402
from loquitur.vision.labels.training.labelling import Labelling, inputs_of  # noqa: E402
from loquitur.vision.labels.training.losses import LabelLoss, many_hot  # noqa: E402
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions  # noqa: E402
from loquitur.vision.labels.vocabulary import LabelVocabulary  # noqa: E402
from loquitur.vision.training import loop  # noqa: E402
from loquitur.vision.training.checkpoint import Sums  # noqa: E402
from loquitur.vision.training.folder import METRICS, SAMPLES, RunFolder  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402
from loquitur.vision.training.task import Shard  # noqa: E402

TIMES = ("cpu_s", "wall_s", "spent_cpu_s", "spent_wall_s", "evaluation_s", "clips_per_s",
         "data_wait", "memory_mb", "gpu_memory_mb", "cpu_use", "gpu_use", "io_wait")  # fmt: skip
COUNTS = np.array([40, 20, 10, 5, 2, 1, 1, 0, 30])
VIDEOS = 50


def logits_and_target():
    chance = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(6, LABELS, generator=chance)
    labels = torch.tensor([[0, 3], [1, -1], [8, -1], [2, 5], [-1, -1], [0, 8]])
    return logits, many_hot(labels, LABELS)


def test_lists_of_labels_become_zeros_and_ones():
    _, target = logits_and_target()
    assert target[0].tolist() == [1, 0, 0, 1, 0, 0, 0, 0, 0]
    assert target[4].sum() == 0
    assert target.shape == (6, LABELS)


def by_hand(options, logits, target):
    """The loss of each video, by the formulas of the papers, in float64."""
    z, t = logits.double().numpy(), target.double().numpy()
    prior = (COUNTS + 0.5) / (VIDEOS + 1)
    z = z + options.logit_adjustment * np.log(prior / (1 - prior))
    p = 1 / (1 + np.exp(-z))
    t = (1 - options.label_smoothing) * t + options.label_smoothing * prior
    if options.loss == "entropy":
        each = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    elif options.loss == "focal":
        p_t = t * p + (1 - t) * (1 - p)
        each = -((1 - p_t) ** options.focal_gamma) * np.log(p_t)
    else:
        shifted = np.maximum(p - options.margin, 0)
        there = (1 - p) ** options.positive_gamma * np.log(p)
        absent = shifted**options.negative_gamma * np.log(1 - shifted)
        each = -(t * there + (1 - t) * absent)
    ones = target.double().numpy()
    if options.weighting in ("inverse", "root"):
        weight = (1 - prior) / prior
        weight = np.sqrt(weight) if options.weighting == "root" else weight
        each = each * np.where(ones > 0, np.clip(weight, 1, options.most_weight), 1)
    if options.weighting == "class-balanced":
        weight = (1 - options.beta) / (1 - options.beta ** np.maximum(COUNTS, 1))
        each = each * np.minimum(weight / weight.mean(), options.most_weight)
    return each.sum(1)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"loss": "focal"},
        {"loss": "focal", "focal_gamma": 0.0},
        {"loss": "asymmetric"},
        {"loss": "asymmetric", "positive_gamma": 1.0, "negative_gamma": 0.0, "margin": 0.0},
        {"weighting": "inverse", "most_weight": 20.0},
        {"weighting": "root"},
        {"weighting": "class-balanced", "beta": 0.9},
        {"label_smoothing": 0.1},
        {"logit_adjustment": 1.0},
        {"loss": "focal", "weighting": "root", "logit_adjustment": 0.5},
    ],
    ids=str,
)
def test_losses_are_those_of_the_papers(given):
    chosen = LabelOptions(**given)
    logits, target = logits_and_target()
    logits.requires_grad_(True)
    found = LabelLoss(chosen, COUNTS, VIDEOS).of(logits, target)
    assert found.objective.detach().numpy() == pytest.approx(
        by_hand(chosen, logits.detach(), target), rel=1e-4
    )
    assert found.plain.numpy() == pytest.approx(
        by_hand(LabelOptions(), logits.detach(), target), rel=1e-5
    )
    found.objective.sum().backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", ["entropy", "focal", "asymmetric"])
def test_losses_of_logits_without_measure_are_finite(loss):
    logits = torch.tensor([[200.0, -200.0, 0.0, 90.0] + [0.0] * (LABELS - 4)] * 2)
    logits.requires_grad_(True)
    target = many_hot(torch.tensor([[0, 1], [2, 3]]), LABELS)
    found = LabelLoss(LabelOptions(loss=loss), COUNTS, VIDEOS).of(logits, target)
    found.objective.sum().backward()
    assert torch.isfinite(found.objective).all()
    assert torch.isfinite(logits.grad).all()


def test_focal_without_gamma_and_asymmetric_without_anything_are_cross_entropy():
    logits, target = logits_and_target()
    plain = LabelLoss(LabelOptions(), COUNTS, VIDEOS).of(logits, target).objective
    for given in (
        {"loss": "focal", "focal_gamma": 0.0},
        {"loss": "asymmetric", "negative_gamma": 0.0, "margin": 0.0},
    ):
        found = LabelLoss(LabelOptions(**given), COUNTS, VIDEOS).of(logits, target).objective
        assert found.numpy() == pytest.approx(plain.numpy(), rel=1e-4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run at once, of shards on a disk."""
    place = tmp_path_factory.mktemp("whole")
    data = on_disk(place / "data")
    train(labelling(data=open_data(data)), place / "run", options())
    return place


def curve(folder):
    rows = RunFolder(folder).rows(METRICS)
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def weights(folder, place="last"):
    (path,) = (folder / place).glob("model-*.safetensors")
    return path.read_bytes()


def test_a_run_learns_and_says_what_it_came_to(whole):
    rows = curve(whole / "run")
    assert [row["clips"] for row in rows] == [110] * 4
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[-1]["gap"] > rows[0]["gap"]
    assert {"gap", "hit_at_one", "perr", "map", "accuracy", "calibration_error",
            "vertical_gap", "temperature"} <= rows[-1].keys()  # fmt: skip
    sample = RunFolder(whole / "run").rows(SAMPLES)[0]
    assert sample["clip"] == "v1-0"
    assert all(one in VOCABULARY.names for one in sample["references"])
    config = RunFolder(whole / "run").read_config()
    assert config["task"]["kind"] == "label"
    assert config["task"]["videos"] == {"train": 110, "validation": 60}


def test_the_best_model_scores_what_the_row_says(whole):
    best = max(curve(whole / "run"), key=lambda row: row["gap"])
    model = load(whole / "run")
    some = examples(60, 1)
    scores = model.scores(some)
    labels = np.full((60, 3), -1)
    for video in range(60):
        own = some.labels_of(video)
        labels[video, : len(own)] = own
    # what the model says is divided by its temperature, which moves scores and no order of one
    # video's labels
    evaluator = Evaluator(LABELS)
    plain = 1 / (1 + np.exp(-np.log(scores / (1 - scores)) * model.card.temperature))
    evaluator.add(np.clip(plain, 0, 1), labels)
    found = evaluator.result()
    assert found.gap == pytest.approx(best["gap"], abs=1e-5)
    assert found.hit_at_one == best["hit_at_one"]
    assert model.card.temperature == pytest.approx(best["temperature"])
    assert model.card.genres == ("Games", "News", "Sports")
    assert model.card.labels == VOCABULARY.labels


class StopError(Exception):
    """The test breaks a run off."""


def stop_at(step):
    def tell(news):
        if news.kind == "step" and news.step == step:
            raise StopError

    return tell


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_that_broke_off_in_mid_epoch_goes_on_bitwise(whole, tmp_path, workers, monkeypatch):
    monkeypatch.setattr(loop, "_TOLD_S", -1.0)
    data = whole / "data"
    given = options(checkpoint_s=0, workers=workers)
    with pytest.raises(StopError):
        train(labelling(data=open_data(data)), tmp_path / "run", given, tell=stop_at(11))
    state = json.loads((tmp_path / "run/last/state.json").read_text())["state"]
    assert (state["epoch"], state["done"]) == (2, 3)
    train(labelling(data=open_data(data)), tmp_path / "run", options(workers=workers))
    assert curve(tmp_path / "run") == curve(whole / "run")
    assert weights(tmp_path / "run") == weights(whole / "run")
    assert weights(tmp_path / "run", "best") == weights(whole / "run", "best")


def test_another_net_loss_order_or_vocabulary_is_refused(whole, tmp_path):
    run = tmp_path / "run"
    train(labelling(), run, options(epochs=1))
    cases = {
        "net.hidden": {"net": dataclasses.replace(NET, hidden=32)},
        "label.loss": {"label": dataclasses.replace(LABEL, loss="focal")},
        "data.counts": {"train": 111},
        "order": {"data": open_data(whole / "data")},
    }
    for name, given in cases.items():
        with pytest.raises(UsageError, match=rf"began with another .*{name}"):
            train(labelling(**given), run, options(epochs=2))
    other = LabelVocabulary.of([f"other {n}" for n in range(LABELS)])
    task = labelling()
    task.vocabulary = other
    with pytest.raises(UsageError, match=r"data\.vocabulary"):
        train(task, run, options(epochs=2))


@pytest.mark.parametrize("architecture", ["mlp", "lstm", "stream", "joined", "nextvlad"])
def test_the_rows_of_the_requirement_learn(tmp_path, architecture):
    net = NetOptions(architecture=architecture, hidden=16, cell_size=8, clusters=4, groups=2)
    task = labelling(net=net)
    outcome = train(task, tmp_path, options(epochs=6, lr=0.02))
    prior = Evaluator(LABELS)
    shares = np.bincount(examples(110, 0).labels, minlength=LABELS) / 110
    for batch in task.validation_batches():
        prior.add(np.tile(shares, (len(batch), 1)), batch.labels)
    assert outcome.best["gap"] > prior.result().gap + 0.1


def test_some_streams_alone(tmp_path):
    task = labelling(label=dataclasses.replace(LABEL, streams="words,rgb"))
    assert [one.name for one in task.config_of_net.inputs] == ["words", "rgb"]
    train(task, tmp_path, options(epochs=1))
    card = load(tmp_path).card
    assert [one.name for one in card.streams] == ["words", "rgb"]
    with pytest.raises(UsageError, match="no stream 'smell'"):
        labelling(label=dataclasses.replace(LABEL, streams="smell"))
    with pytest.raises(UsageError, match="no stream 'audio' has an encoder"):
        labelling(
            label=dataclasses.replace(LABEL, streams="rgb"),
            net=dataclasses.replace(NET, encoders="audio=gru"),
        )


def test_encoders_by_stream_and_late_fusion(tmp_path):
    net = dataclasses.replace(
        NET, architecture="mlp", fusion="late", encoders="words=gru,rgb=nextvlad", groups=2,
        clusters=4,
    )  # fmt: skip
    task = labelling(net=net, label=dataclasses.replace(LABEL, branch_weight=0.5))
    batch = next(task.batches(1, done=0, shard=Shard(), workers=0))
    said = task.net()(*inputs_of(batch))
    assert {"branch_logits/rgb", "branch_logits/audio", "branch_logits/words"} <= said.keys()
    outcome = train(task, tmp_path, options(epochs=2))
    assert math.isfinite(outcome.last["loss"])


def test_a_fresh_net_begins_with_the_labels_shares():
    task = labelling(train=400)
    net = task.net().eval()
    batch = next(task.batches(1, done=0, shard=Shard(), workers=0))
    with torch.no_grad():
        said = torch.sigmoid(net(*inputs_of(batch))["logits"]).mean(0).numpy()
    shares = np.bincount(examples(400, 0).labels, minlength=LABELS) / 400
    assert np.abs(said - shares).mean() < 0.1, "without it, all begin with a half"


def test_with_adjusted_logits_training_begins_with_the_shares_too():
    """What training adds to the logits is not in the bias a second time."""
    task = labelling(train=400, label=dataclasses.replace(LABEL, logit_adjustment=0.7))
    net = task.net().eval()
    batch = next(task.batches(1, done=0, shard=Shard(), workers=0))
    with torch.no_grad():
        logits = net(*inputs_of(batch))["logits"]
    rates = task.loss_of_labels.rates
    said = torch.sigmoid(logits + 0.7 * torch.logit(rates)).mean(0)
    assert (said - rates).abs().mean() < 0.1


def test_a_processor_reads_shards_ahead(tmp_path, monkeypatch):
    """Where no number of threads is named; what was named holds."""
    asked = []
    original = Labelling.batches

    def batches(self, epoch, *, workers, **more):
        asked.append(workers)
        return original(self, epoch, workers=workers, **more)

    monkeypatch.setattr(Labelling, "batches", batches)
    train(labelling(), tmp_path / "as it is", options(epochs=1))
    train(labelling(), tmp_path / "named", options(epochs=1, workers=0))
    assert asked == [1, 0]


def test_a_shard_without_a_row_of_the_last_batch_counts_nothing():
    task = labelling(train=17)
    last = next(task.batches(1, done=1, shard=Shard(0, 2), workers=0))
    assert last["counted"].tolist() == [0.0]
    loss = task.loss(task.net(), last, done=0.0)
    loss.total.backward()
    assert (float(loss.total.detach()), float(loss.count)) == (0.0, 0.0)


def test_every_weight_has_a_gradient():
    """So that several processes wait for none that never comes."""
    for fusion in ("joint", "late", "gated"):
        net = dataclasses.replace(NET, fusion=fusion, branch_dropout=0.5)
        task = labelling(net=net, label=dataclasses.replace(LABEL, vertical_weight=0.1))
        made = task.net()
        batch = next(task.batches(1, done=0, shard=Shard(), workers=0))
        batch["lengths/audio"].zero_()
        task.loss(made, batch, done=0.0).total.backward()
        assert not [name for name, one in made.named_parameters() if one.grad is None]


def test_scores_that_are_no_numbers_are_told():
    task = labelling()
    net = task.net().eval()
    with torch.no_grad():
        for one in net.parameters():
            one.fill_(float("nan"))
    found = task.validate(net, samples=1)
    assert found.metrics == {"loss": None}
    assert found.notices == ("its scores are no numbers",)


def test_a_net_that_says_the_same_of_all_is_told():
    task = labelling()
    net = task.net().eval()
    with torch.no_grad():
        for name, one in net.named_parameters():
            if "bias" not in name:
                one.zero_()
    assert "the first label of 100% of the videos" in " ".join(
        task.validate(net, samples=0).notices
    )


def test_the_temperature_is_that_of_the_least_loss():
    chance = np.random.default_rng(0)
    truth = chance.normal(size=(4000, 20))
    target = torch.from_numpy((chance.random(truth.shape) < 1 / (1 + np.exp(-truth))).astype("f4"))
    sums = validating._Sums(torch.device("cpu"))
    sums.videos = len(truth)
    for at in range(0, 4000, 500):
        sums.add(torch.from_numpy(2.2 * truth[at : at + 500]), target[at : at + 500])
    assert sums.figures()["temperature"] == pytest.approx(2.2, rel=0.06)


def test_of_a_large_part_the_first_videos_are_looked_at():
    task = labelling(label=dataclasses.replace(LABEL, validation_videos=7))
    assert [len(one) for one in task.validation_batches()] == [7]
    assert task.config()["videos"] == {"train": 110, "validation": 60}


def test_parts_without_videos_are_refused():
    empty = MemoryDataset(INFO, {"train": examples(20, 0)})
    with pytest.raises(InputError, match="validate"):
        labelling(data=empty)


def test_validation_of_videos_without_labels():
    some = examples(20, 1)
    bare = dataclasses.replace(
        some, labels=np.zeros(0, np.int64), label_offsets=np.zeros(21, np.int64)
    )
    task = labelling(data=MemoryDataset(INFO, {"train": examples(40, 0), "validate": bare}))
    found = task.validate(task.net().eval(), samples=1)
    assert "gap" not in found.metrics
    assert task.merit(found.metrics) == -found.metrics["loss"]


def label_train(place, *more):
    return _run([
        "label", "train", str(place / "run"), "--data", str(place / "data"), "--device", "cpu",
        "--set", "train.threads=1", "--set", "net.hidden=16", "--set", "net.cell_size=8",
        "--batch", "16", "--set", "train.plots=no", "--set", "train.tensorboard=no", *more,
    ])  # fmt: skip


@pytest.fixture
def place(whole, tmp_path):
    shutil.copytree(whole / "data", tmp_path / "data")
    return tmp_path


def test_train_on_the_command_line(place, capsys):
    assert label_train(place, "--epochs", "2", "--json") == 0
    out = capsys.readouterr()
    summary = json.loads(out.out)
    assert (summary["epochs"], summary["ended"]) == (2, "epochs")
    assert "rgb (12), audio (6), words (8); 9 labels; 110 videos to learn from" in out.err
    assert "gap 0." in out.err
    assert label_train(place, "--epochs", "3", "-q") == 0
    assert [row["epoch"] for row in curve(place / "run")] == [1, 2, 3]
    assert _run(["label", "train", str(place / "run"), "-q"]) == 0, "RUN alone is enough"
    assert _run(["label", "compare", str(place / "run"), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert row["name"] == "NeXtVLAD"
    assert row["figures"]["epochs"] == 3


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--net", "nextvlda"), 2, "no net is called 'nextvlda'"),
        (("--streams", "rgb,smell"), 2, "no stream 'smell'"),
        (("--set", "label.train_part=test"), 4, "no part 'test'"),
        (("--preset", "net", "--net", "moe"), 2, "no such net: moe has mixtures"),
        (("--set", "net.hidden=-1"), 2, "no such net"),
        (("--framework", "jax"), 2, "no framework is called 'jax'"),
    ],
)
def test_what_cannot_be_is_one_line(place, capsys, more, code, said):
    assert label_train(place, *more) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_damaged_records_are_refused_or_left_out_and_told(place, capsys):
    path = place / "data" / "train0001.tfrecord"
    broken = bytearray(path.read_bytes())
    broken[len(broken) // 2] ^= 0x55
    path.write_bytes(broken)
    assert label_train(place, "--epochs", "1") != 0
    assert "train0001" in capsys.readouterr().err
    assert label_train(place, "--epochs", "1", "--keep-going") == 0
    err = capsys.readouterr().err
    assert re.search(
        r"1 damaged place left out, the first in 'train0001\.tfrecord', record \d+: ", err
    )


def test_a_stream_that_no_video_has_is_told(place, capsys):
    info, files = open_dataset(place / "data")
    for file in shards_of(files, "train"):
        with open_shard(file.address, info) as shard:
            (all_of_it,) = shard.examples(1000)
        none = Stream(
            rows=np.zeros((0, 6), np.uint8), offsets=np.zeros(len(all_of_it) + 1, np.int64)
        )
        deaf = dataclasses.replace(all_of_it, streams={**all_of_it.streams, "audio": none})
        write_shard(Path(file.address), deaf, info)
    (place / "data" / "dataset.json").unlink()
    write_dataset(place / "data", info)
    assert label_train(place, "--epochs", "1") == 0
    told = capsys.readouterr().err
    assert "no video of 'train' has a row of 'audio': nothing can be learnt from that str" in told
    assert _run(["label", "data", "inspect", str(place / "data")]) == 0
    assert "no video of train has a row of 'audio'" in capsys.readouterr().err


def test_a_run_of_something_else_is_refused(place):
    RunFolder(place / "run").path.mkdir()
    RunFolder(place / "run").write_config({"task": {"kind": "caption"}})
    assert label_train(place) == 4


def test_tensorboard_has_the_measures(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with contextlib.suppress(UserWarning):
        train(labelling(), tmp_path, options(epochs=2, tensorboard="yes"))
    found = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert {"measures/gap", "measures/map", "loss/validation", "run/data_wait"} <= set(
        found.Tags()["scalars"]
    )


@pytest.mark.slow
def test_weights_and_biases_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    train(labelling(), tmp_path, options(epochs=1, wandb="offline"))
    assert list((tmp_path / "wandb").glob("offline-run-*"))


def test_data_of_nothing_but_means(tmp_path):
    """Video-level data: a row a video, numbers in the place of bytes."""
    info = dataclasses.replace(
        INFO, level="video",
        streams=tuple(dataclasses.replace(one, quantised=False) for one in INFO.streams),
    )  # fmt: skip
    parts = {}
    for part, some in dataset().parts.items():
        streams = {}
        for name, stream in some.streams.items():
            there = stream.lengths > 0
            rows = np.stack([stream.of(v).mean(0) for v in np.flatnonzero(there)])
            streams[name] = dataclasses.replace(
                stream, rows=(rows / 64 - 2).astype(np.float32),
                offsets=np.concatenate([[0], np.cumsum(there)]),
            )  # fmt: skip
        parts[part] = dataclasses.replace(some, streams=streams)
    task = labelling(data=MemoryDataset(info, parts))
    assert train(task, tmp_path, options(epochs=5, lr=0.02)).best["gap"] > 0.5


def test_an_epoch_of_cold_steps_only_has_a_pace():
    """Its wall goes on past its last step; all of its clips were cold."""
    sums = Sums(clips=96, wall_s=2.5, wait_s=0.5, cold_clips=96, cold_wall_s=2.0, cold_wait_s=0.5)
    assert sums.pace().clips_per_s == pytest.approx(96 / 2.5, abs=1e-3)
    assert sums.pace().data_wait == pytest.approx(0.2)
    assert Sums().pace().clips_per_s is None
