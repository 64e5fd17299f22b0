"""Training to describe: the task, the verb, what it writes for others."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from loquitur.cli.main import _run
from loquitur.errors import InputError
from loquitur.model.speech import EngineStamp
from loquitur.vision.clips import Clip, Corpus, Sentence

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")

from loquitur.vision import modelfile  # noqa: E402
from loquitur.vision.features import SetInfo, sets, shards  # noqa: E402
from loquitur.vision.training import feeding, loop  # noqa: E402
from loquitur.vision.training.captioning import Captioning  # noqa: E402
from loquitur.vision.training.folder import RunFolder  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402
from loquitur.vision.training.options import TrainingOptions  # noqa: E402
from loquitur.vision.training.presets import CaptionOptions, NetOptions  # noqa: E402
from loquitur.vision.training.task import ALONE, Shard  # noqa: E402

COLOURS = ("red", "green", "blue", "white")
MOVES = ("rises", "falls", "stays")
WIDTH = 12
STAMP = EngineStamp(name="toy", version="1")


def clip(number, split):
    colour, move = COLOURS[number % 4], MOVES[number // 4 % 3]
    texts = (f"a {colour} ball {move}", f"the {colour} ball {move} slowly")
    return Clip(
        clip_id=f"c{number}", video_id=f"v{number}", split=split,
        sentences=tuple(Sentence(text=text) for text in texts),
    )  # fmt: skip


def matrix(number):
    chance = np.random.default_rng(number)
    found = chance.normal(0, 0.1, (3 + number % 4, WIDTH))
    found[:, number % 4] += 2
    found[:, 4 + number // 4 % 3] += 2
    return found.astype(np.float16)


class Held:
    info = SetInfo(encoder=STAMP, dimension=WIDTH)

    def get(self, clip_id):
        return None, matrix(int(clip_id[1:]))

    def statistics(self, clip_ids):
        every = np.concatenate([self.get(one)[1] for one in clip_ids]).astype(np.float32)
        return every.mean(0), every.std(0)


def corpus(training=60, validation=24):
    clips = [clip(n, "train") for n in range(training)]
    clips += [clip(n, "validation") for n in range(training, training + validation)]
    return Corpus(name="balls", clips=tuple(clips))


NET = NetOptions(hidden=24, embedding=12, dropout=0.1)


def task(**more):
    given = {"net": NET, "batch": 16, **more}
    return Captioning(given.pop("corpus", corpus()), given.pop("features", Held()), **given)


def options(**more):
    return TrainingOptions(**{"epochs": 2, "lr": 0.02, "batch": 16, "device": "cpu", "threads": 1,
                              "plots": "no", "tensorboard": "no", **more})  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balls") / "run"
    return train(task(), folder, options(epochs=25))


def test_it_learns(trained):
    rows = RunFolder(trained.folder).rows()
    assert rows[0]["loss"] > 2.5, "nats a token, not a sum over steps"
    assert rows[-1]["loss"] < 0.8
    assert rows[-1]["validation_loss"] < 0.8
    assert trained.best["cider_d"] > 6
    assert trained.best["loss"] < 1
    samples = RunFolder(trained.folder).rows("samples.jsonl")
    assert {row["epoch"] for row in samples} == set(range(1, 26))
    assert len({row["clip"] for row in samples}) == 10
    assert all(row["references"] for row in samples)


def test_the_best_model_is_read_and_says_the_same(trained):
    model = modelfile.load(trained.folder)
    assert model.folder.name == "best"
    assert model.card.encoder == STAMP
    assert model.card.training["epoch"] == trained.best_epoch
    right = 0
    for number in range(60, 84):
        colour, move = COLOURS[number % 4], MOVES[number // 4 % 3]
        text = model.describe(matrix(number))[0].text
        right += text in (f"a {colour} ball {move}", f"the {colour} ball {move} slowly")
    assert right >= 22


def test_the_validation_loss_is_that_of_teacher_forcing():
    made = task()
    torch.manual_seed(0)
    net = made.net().eval()
    with torch.no_grad():
        found = made.validate(net, samples=2)
        total, count = 0.0, 0
        for number in range(60, 84):
            mean, std = made.statistics
            scaled = (matrix(number).astype(np.float32) - mean) / (std + np.float32(0.05))
            features = torch.from_numpy(scaled)
            for text in clip(number, "").texts():
                words = [1, *made.vocabulary.encode(text)]
                logits = net(features[None], torch.tensor([len(features)]),
                             torch.tensor([words[:-1]]))  # fmt: skip
                picked = logits[0].log_softmax(-1)[range(len(words) - 1), words[1:]]
                total, count = total - float(picked.sum()), count + len(words) - 1
    assert found.metrics["loss"] == pytest.approx(total / count, abs=1e-5)
    assert len(found.samples) == 2


@pytest.mark.parametrize("net", ["s2vt", "s2vt-state", "s2vt-attention", "transformer"])
def test_every_net_with_every_option(tmp_path, net):
    made = task(
        net=NetOptions(architecture=net, hidden=16, embedding=8, heads=2, layers=1, dropout=0.1),
        options=CaptionOptions(label_smoothing=0.1, sampling=0.5, all_captions=True),
    )
    outcome = train(made, tmp_path / "run", options(ema=0.9, schedule="linear"))
    rows = RunFolder(tmp_path / "run").rows()
    assert rows[1]["loss"] < rows[0]["loss"]
    assert rows[0]["objective"] != rows[0]["loss"], "smoothing shows in the objective alone"
    assert outcome.last["clips"] == 120
    assert modelfile.load(tmp_path / "run").describe(matrix(1))


def test_a_run_of_sentences_goes_on_bitwise_with_whatever_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_TOLD_S", -1.0)

    class StopError(Exception):
        pass

    def stop(news):
        if news.step == 7:  # of four an epoch; the checkpoint is that of the sixth
            raise StopError

    smooth = CaptionOptions(sampling=0.5)
    train(task(options=smooth), tmp_path / "one", options(epochs=3))
    parts = options(epochs=3, checkpoint_s=0.0)
    with pytest.raises(StopError):
        train(task(options=smooth), tmp_path / "two", parts, tell=stop)
    train(task(options=smooth), tmp_path / "two", options(epochs=3, workers=2))
    state = [(tmp_path / name / "last/state.safetensors").read_bytes() for name in ("one", "two")]
    assert state[0] == state[1]


def test_half_precision_on_the_way_is_the_same():
    made = task()
    plain_ones, half_ones = (
        made.batches(1, done=0, shard=ALONE, workers=workers) for workers in (0, 2)
    )
    for _ in range(2 * made.steps()):
        plain, half = next(plain_ones), next(half_ones)
        assert half["features"].dtype == torch.float16
        assert torch.equal(plain["words"], half["words"])
        placed = made._normalised(half["features"])
        for row, length in enumerate(plain["lengths"]):
            assert torch.equal(placed[row, :length], plain["features"][row, :length])


def test_a_shard_without_rows_counts_nothing():
    made = task(batch=59)  # the second batch has one row
    batch = next(made.batches(1, done=1, shard=Shard(1, 2), workers=0))
    loss = made.loss(made.net(), batch, done=0.0)
    assert (float(loss.total.detach()), int(loss.count)) == (0.0, 0)
    assert int(batch["counted"].sum()) == 0


def test_things_are_read_in_turn_where_the_encoder_says_so():
    class OfThings(Held):
        info = SetInfo(
            encoder=EngineStamp(name="things", version="1", options='{"slots":3}'), dimension=WIDTH
        )

    made = task(features=OfThings())
    assert made.config_of_net.things == 3
    assert made.config()["net"]["things"] == 3, "a run that goes on is held to it"
    by_hand = task(features=OfThings(), net=NetOptions(hidden=24, things=1))
    assert by_hand.config_of_net.things == 1
    assert task().config_of_net.things == 1


def test_of_two_nets_that_say_nothing_right_the_lower_loss_is_better():
    made = task()
    assert made.merit({"cider_d": 0.0, "loss": 2.0}) > made.merit({"cider_d": 0.0, "loss": 3.0})
    assert made.merit({"cider_d": 0.1, "loss": 9.0}) > made.merit({"cider_d": 0.09, "loss": 0.1})
    assert made.merit({"cider_d": None, "loss": 1.0}) > made.merit({"cider_d": None, "loss": 2.0})


def test_features_of_another_sampling_are_other_data_even_as_they_are():
    """The book's preset normalises nothing, so there is no mean that would tell them apart."""

    class Later(Held):
        def get(self, clip_id):
            return None, matrix(int(clip_id[1:]) + 1)

    raw = CaptionOptions(normalise=False)
    one, other = task(options=raw), task(options=raw, features=Later())
    assert one.config()["data"] == task(options=raw).config()["data"]
    assert one.config()["data"] != other.config()["data"]


def test_one_validation_clip_is_judged_by_its_loss(tmp_path):
    outcome = train(task(corpus=corpus(validation=1)), tmp_path / "run", options())
    assert outcome.best["cider_d"] is None
    assert outcome.best_epoch == 2


def test_a_collapse_is_told(tmp_path):
    class Blind(Held):
        def get(self, clip_id):
            return None, matrix(0)

    outcome = train(task(features=Blind()), tmp_path / "run", options(epochs=1))
    assert any("one and the same" in text for text in outcome.notices)


def test_features_with_nan_stop_before_training():
    class Broken(Held):
        def get(self, clip_id):
            times, found = super().get(clip_id)
            found[0, 0] = np.nan
            return times, found

        def statistics(self, clip_ids):
            return np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)

    with pytest.raises(InputError, match="not finite"):
        next(task(features=Broken()).batches(1, done=0, shard=ALONE, workers=0))


def test_batches_come_ahead_in_order_and_errors_come_through():
    here = torch.device("cpu")
    some = [{"x": torch.full((2,), float(n))} for n in range(7)]
    assert [float(b["x"][0]) for b, _ in feeding.ahead(iter(some), here)] == list(range(7))

    def failing():
        yield some[0]
        raise InputError("no more")

    taken = feeding.ahead(failing(), here)
    next(taken)
    with pytest.raises(InputError, match="no more"):
        next(taken)
    left = feeding.ahead(iter(some), here)
    next(left)
    left.close()


class Clockwork:
    """A card's streams and events without one: time passes where the test says so."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def current_stream(self, device=None):
        return self

    def Event(self, enable_timing):  # noqa: N802
        return Moment(self)

    def wait_event(self, event):
        self.waits.append(event)

    def Stream(self, device):  # noqa: N802
        return self

    def record_event(self):
        moment = Moment(self)
        moment.record(self)
        return moment

    def synchronize(self):
        self.ended = True


class Moment:
    def __init__(self, card):
        self.card, self.at, self.awaited = card, None, False

    def record(self, stream):
        self.at = self.card.now

    def synchronize(self):
        self.awaited = True

    def query(self):
        return False

    def elapsed_time(self, other):
        assert other.awaited  # torch refuses what has not happened yet
        return (other.at - self.at) * 1000


def test_a_card_stands_still_between_two_steps_alone(monkeypatch):
    card = Clockwork()
    monkeypatch.setattr(torch.cuda, "current_stream", card.current_stream)
    monkeypatch.setattr(torch.cuda, "Event", card.Event)
    told = feeding._Card(torch.device("cuda"))
    for step in range(5):
        asked = told.asked()
        card.now += 0.25 if step == 3 else 0.0  # the data are late once
        told.served(asked, {"x": torch.zeros(1)}, f"copy {step}")
        card.now += 1.0
        assert len(told._pairs) <= feeding._LEAD
    assert card.waits == [f"copy {step}" for step in range(5)]
    assert (told.stood(), told.stood()) == (0.25, 0.0)


def test_a_card_is_fed_in_order_and_told_to_wait_for_each_batch(monkeypatch):
    card = Clockwork()
    for name in ("current_stream", "Event", "Stream"):
        monkeypatch.setattr(torch.cuda, name, getattr(card, name))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self.clone())
    monkeypatch.setattr(feeding, "_moved", lambda batch, device: batch)
    closed = []

    def endless():
        try:
            for n in itertools.count():
                yield {"x": torch.full((2,), float(n)), "lengths": torch.ones(2)}
        finally:
            closed.append(True)

    feed = feeding.Feed(endless(), torch.device("cuda"))
    found = [one for _ in range(4) for one in feed.take(3)]
    assert [float(one["x"][0]) for one in found] == list(range(12))
    assert len(card.waits) == 12
    assert feed.waited() == 0.0
    feed.close()
    assert closed == [True]
    assert card.ended, "what is on its way arrives before its memory is let go of"
    assert not [one for one in threading.enumerate() if one.name.startswith("batches")]


def test_what_is_waited_for_is_told_and_threads_end():
    def slow():
        for n in range(3):
            time.sleep(0.01)
            yield {"x": torch.full((2,), float(n)), "lengths": torch.ones(2)}

    feed = feeding.Feed(slow(), torch.device("cpu"))
    assert [float(one["x"][0]) for one in feed.take(2)] == [0.0, 1.0]
    assert 0.02 <= feed.waited() < 5
    assert feed.waited() == 0.0
    with pytest.raises(RuntimeError, match="ended before its steps"):
        feed.take(2)
    feed.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_threads_of_a_run_end_with_it(tmp_path, workers):
    done = train(task(), tmp_path / "run", options(epochs=2, workers=workers))
    assert not [one for one in threading.enumerate() if one.name.startswith("batches")]
    assert done.clips_per_s > 0
    assert 0 <= done.data_wait <= 1


@pytest.fixture
def place(tmp_path):
    """A corpus' file and a set of features as others write them."""
    from loquitur.vision.corpora.written import write

    write(corpus(), tmp_path / "clips.jsonl")
    folder = tmp_path / "features"
    folder.mkdir()
    sets.write_info(folder, Held.info)
    rows = [
        shards.Row(clip_id=f"c{n}", fingerprint="", matrix=matrix(n),
                   times_ms=np.arange(len(matrix(n)), dtype=np.int64))
        for n in range(84)
    ]  # fmt: skip
    shards.write_shard(folder / "clips-00000.safetensors", rows)
    return tmp_path


def describe_train(place, *more):
    return _run([
        "describe", "train", str(place / "run"), "--clips", str(place / "clips.jsonl"),
        "--features", str(place / "features"), "--device", "cpu", "--set", "train.threads=1",
        "--set", "net.hidden=16", "--batch", "16", *more,
    ])  # fmt: skip


def test_the_verb(place, capsys):
    assert describe_train(place, "--epochs", "2", "--json") == 0
    out, err = capsys.readouterr()
    summary = json.loads(out.strip().splitlines()[-1])
    assert (summary["epochs"], summary["ended"]) == (2, "epochs")
    assert "60 clips to learn from, 24 to judge by" in err
    assert "epoch 2  loss" in err
    names = {path.name for path in (place / "run").iterdir()}
    assert names >= {"config.json", "metrics.jsonl", "samples.jsonl", "last", "best", "loss.svg",
                     "loss.png", "metrics.svg", "tensorboard"}  # fmt: skip
    assert list((place / "run/tensorboard").iterdir())
    # the folder alone is enough to go on
    assert _run(["describe", "train", str(place / "run"), "--epochs", "3", "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["steps"] == 12
    assert err == ""
    assert _run(["describe", "train", str(place / "run"), "--epochs", "4"]) == 0
    assert "goes on in epoch 4, after 12 steps" in capsys.readouterr().err
    assert _run(["describe", "train", str(place / "run")]) == 0
    assert "nothing was left to do: 4 epochs, 16 steps" in capsys.readouterr().err
    assert _run(["describe", "train", str(place / "run"), "--lr", "0.5"]) == 2
    assert "another train.lr" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (("--net", "s2tv"), 2, "no net is called 's2tv'"),
        (("--set", "train.rate=1"), 2, "unknown option 'train.rate'"),
        (("--set", "rate"), 2, "not a parameter"),
        (("--epochs", "many"), 2, "train.epochs"),
        (("--device", "tpu"), 2, "no device is called 'tpu'"),
        (("--device", "cuda:99"), 3, "cuda:99"),
        (("--language", "de"), 4, "no sentence in the language 'de'"),
        (("--net", "transformer", "--set", "net.hidden=15"), 2, "no such net"),
        (("--set", "net.hidden=0"), 2, "hidden is 1 or more, not 0"),
        (("--batch", "0"), 2, "batch is from 1 to 1,048,576, not 0"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_step(place, capsys, change, code, message):
    if "de" in change:
        lines = [json.loads(line) for line in (place / "clips.jsonl").read_text().splitlines()]
        for line in lines:
            line["captions"] = [{"text": "a ball", "language": "en"}]
        (place / "clips.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert describe_train(place, *change) == code
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) <= 2
    assert not (place / "run/metrics.jsonl").exists()


def test_ctrl_c_is_130_and_the_same_command_goes_on(place, capsys, monkeypatch):
    loss = Captioning.loss
    seen = []

    def interrupted(self, net, batch, *, done):
        seen.append(done)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return loss(self, net, batch, done=done)

    monkeypatch.setattr(Captioning, "loss", interrupted)
    assert describe_train(place, "--epochs", "2", "-q") == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert describe_train(place, "--epochs", "2", "-q") == 0
    assert len(seen) == 8, "no step is taken twice"


def test_sentences_that_are_cut_are_told(place, capsys):
    """`a red ball rises` has four words, `the red ball rises slowly` five; `<eos>` is one too."""
    assert describe_train(place, "--epochs", "1", "--set", "caption.most_words=4") == 0
    told = (
        "120 sentences of 120 to learn from have more than 3 words and are cut, the longest has 5"
    )
    assert told in capsys.readouterr().err


def test_a_run_among_its_own_features_is_refused(place, capsys):
    given = ["describe", "train", str(place / "features"), "--clips", str(place / "clips.jsonl")]
    assert _run([*given, "--features", str(place / "features")]) == 2
    assert "are the features" in capsys.readouterr().err
    assert not (place / "features/config.json").exists()


def test_a_leak_stops_training(place, capsys):
    text = (place / "clips.jsonl").read_text()
    (place / "clips.jsonl").write_text(text.replace('"v60"', '"v3"'))
    assert describe_train(place) == 4
    assert "in two splits" in capsys.readouterr().err
    assert describe_train(place, "--allow", "video-in-splits", "--epochs", "1", "-q") == 0


def test_clips_without_features(place, capsys):
    folder = place / "features"
    rows = [
        shards.Row(clip_id=f"c{n}", fingerprint="", matrix=matrix(n),
                   times_ms=np.arange(len(matrix(n)), dtype=np.int64))
        for n in (*range(55), *range(60, 84))
    ]  # fmt: skip
    (folder / "clips-00000.safetensors").unlink()
    shards.write_shard(folder / "clips-00000.safetensors", rows)
    assert describe_train(place, "--epochs", "1") == 0
    assert "5 clips of 60 in the split 'train' have no features" in capsys.readouterr().err
    (folder / "clips-00000.safetensors").unlink()
    shards.write_shard(folder / "clips-00000.safetensors", rows[:20])
    assert describe_train(place, "--epochs", "1") == 4
    assert "describe features" in capsys.readouterr().err


@pytest.mark.slow
def test_weights_and_biases_offline(place, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("PYTHONPATH", str(Path(modelfile.__file__).parents[2]))
    done = subprocess.run(
        [
            sys.executable, "-m", "loquitur", "describe", "train", str(place / "run"), "--clips",
            str(place / "clips.jsonl"), "--features", str(place / "features"), "--epochs", "2",
            "--device", "cpu", "--set", "train.threads=1", "--wandb", "--set", "net.hidden=16",
            "--set", "train.plots=no", "--set", "train.tensorboard=no",
        ],
        capture_output=True, text=True, timeout=200, check=False, cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kept = list((place / "run/wandb").glob("offline-run-*/*.wandb"))
    assert len(kept) == 1
    data = kept[0].read_bytes()
    assert b"loss/training" in data
    assert b"measures/cider_d" in data
    assert {path.name for path in place.iterdir()} == {"clips.jsonl", "features", "run"}


def test_events_hold_the_curve(place):
    pytest.importorskip("tensorboard")
    describe_train(place, "--epochs", "2", "-q")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(place / "run/tensorboard"))
    events.Reload()
    told = [(event.step, event.value) for event in events.Scalars("loss/training")]
    rows = RunFolder(place / "run").rows()
    assert told == [(row["step"], pytest.approx(row["loss"], rel=1e-6)) for row in rows]
    assert "measures/cider_d" in events.Tags()["scalars"]


def test_the_page_s_python_runs(place, monkeypatch, capsys):
    page = Path(__file__).parents[2] / "docs" / "describe-train.md"
    code = page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(place)
    exec(compile(code, str(page), "exec"), {})
    epoch, cider, loss = capsys.readouterr().out.split()
    assert int(epoch) in (1, 2)
    assert 0 <= float(cider) <= 10
    assert float(loss) > 0
