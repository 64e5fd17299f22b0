"""The training loop: goes on bitwise, survives kills and full disks, is alone in its folder."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loquitur.errors import EngineError, FullError, InputError, LockedError, UsageError
from loquitur.store import writing

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

from training_toy import ROWS, Toy, options  # noqa: E402

from loquitur.vision.training import checkpoint, loop  # noqa: E402
from loquitur.vision.training.feeding import Feed  # noqa: E402
from loquitur.vision.training.folder import METRICS, RunFolder  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402
from loquitur.vision.training.rows import OWN  # noqa: E402

TOY = Path(__file__).with_name("training_toy.py")
TIMES = ("cpu_s", "wall_s", "spent_cpu_s", "spent_wall_s", "evaluation_s", "clips_per_s",
         "data_wait", "memory_mb", "gpu_memory_mb", "cpu_use", "gpu_use", "io_wait")  # fmt: skip


def curve(folder):
    """All that a run says but times."""
    rows = RunFolder(Path(folder)).rows(METRICS)
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def weights(folder, place="last"):
    from safetensors.torch import load_file

    found = load_file(Path(folder) / place / "model.safetensors")
    return {name: value.numpy().tobytes() for name, value in found.items()}


def left(folder):
    """All that a run leaves, but times."""
    return curve(folder), weights(folder), weights(folder, "best")


class StopError(Exception):
    """The test breaks a run off."""


def stop_at(step):
    def tell(news):
        if news.kind == "step" and news.step == step:
            raise StopError

    return tell


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(loop, "_TOLD_S", -1.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of six epochs at once."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    outcome = train(Toy(), folder, options())
    assert (outcome.epochs, outcome.steps, outcome.ended) == (6, 36, "epochs")
    return folder


def test_the_loss_falls_and_every_row_counts_every_clip(whole):
    rows = curve(whole)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert {row["clips"] for row in rows} == {ROWS}
    assert rows[-1]["loss"] < rows[0]["loss"] / 1.5
    assert rows[-1]["validation_loss"] < rows[0]["validation_loss"]
    assert RunFolder(whole).rows()[0].keys() - OWN == {"fit"}, "all else is no measure"
    config = json.loads((whole / "config.json").read_text())
    assert config["options"]["lr"] == 0.01
    assert config["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize("step", [18, 21, 1])
def test_a_run_that_broke_off_goes_on_to_the_same_curve(whole, tmp_path, step):
    """At the end of an epoch, in the middle of one, in the first."""
    with pytest.raises(StopError):
        train(Toy(), tmp_path / "run", options(), tell=stop_at(step))
    train(Toy(), tmp_path / "run", options())
    assert left(whole) == left(tmp_path / "run")


def test_checkpoints_inside_an_epoch_change_nothing(whole, tmp_path):
    with pytest.raises(StopError):
        train(Toy(), tmp_path / "run", options(checkpoint_s=0), tell=stop_at(22))
    state = json.loads((tmp_path / "run/last/state.json").read_text())["state"]
    assert (state["epoch"], state["done"]) == (4, 3), "kept after the step before"
    train(Toy(), tmp_path / "run", options(checkpoint_s=0))
    assert left(whole) == left(tmp_path / "run")


def test_a_row_says_what_the_run_took_of_the_machine(whole):
    row = RunFolder(whole).rows()[-1]
    assert row["memory_mb"] > 50
    assert 0 < row["cpu_use"] < 10
    assert (row["gpu_use"], row["gpu_memory_mb"]) == (None, None), "on a processor no card works"
    assert row["io_wait"] is None or 0 <= row["io_wait"] <= 1


@pytest.mark.parametrize(
    "more",
    [
        {"ema": 0.9, "optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "sgd", "schedule": "cosine", "warmup_steps": 5},
        {"accumulate": 2, "schedule": "linear"},
        {"precision": "bfloat16"},
        {"precision": "float16"},
    ],
)
def test_all_state_goes_on(tmp_path, more):
    """Averages, momentum, schedules, accumulated batches, mixed precision."""
    train(Toy(), tmp_path / "whole", options(**more))
    with pytest.raises(StopError):
        train(Toy(), tmp_path / "parts", options(checkpoint_s=0, **more), tell=stop_at(14))
    train(Toy(), tmp_path / "parts", options(**more))
    assert left(tmp_path / "whole") == left(tmp_path / "parts")


def test_evaluations_change_nothing_of_the_training(whole, tmp_path):
    train(Toy(), tmp_path / "run", options(evaluate_every=4))
    assert weights(whole) == weights(tmp_path / "run")
    rows = curve(tmp_path / "run")
    assert [row["epoch"] for row in rows if row["validation_loss"] is not None] == [4, 6]


def test_a_longer_budget_goes_on_and_a_finished_run_does_nothing(whole, tmp_path):
    train(Toy(), tmp_path / "run", options(epochs=3))
    toy = Toy()
    again = train(toy, tmp_path / "run", options(epochs=3))
    assert (again.ended, again.steps, toy.saved) == ("epochs", 18, 0)
    train(Toy(), tmp_path / "run", options(epochs=6))
    assert left(whole) == left(tmp_path / "run")


def test_accumulated_batches_are_one_large_batch(tmp_path):
    """Two of four are one of eight, the odd last ones as well."""
    train(Toy(batch=8, dropout=0), tmp_path / "one", options(clip=0))
    train(Toy(batch=4, dropout=0), tmp_path / "two", options(batch=4, accumulate=2, clip=0))
    for one, two in zip(curve(tmp_path / "one"), curve(tmp_path / "two"), strict=True):
        assert one["step"] == two["step"]
        assert one["validation_loss"] == pytest.approx(two["validation_loss"], abs=1e-6)


def test_the_caller_keeps_his_generators_and_threads(tmp_path):
    torch.manual_seed(5)
    random.seed(5)
    wanted = torch.rand(3), random.random()
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    random.seed(5)
    train(Toy(), tmp_path / "run", options(epochs=1))
    assert torch.equal(torch.rand(3), wanted[0])
    assert random.random() == wanted[1]
    assert torch.get_num_threads() == threads


def test_another_seed_is_another_run(whole, tmp_path):
    train(Toy(), tmp_path / "run", options(seed=1))
    assert weights(whole) != weights(tmp_path / "run")


@pytest.mark.parametrize(
    ("more", "reason", "steps"),
    [
        ({"steps": 8}, "steps", 8),
        ({"cpu_s": 0.001}, "cpu_s", 1),
        ({"wall_s": 0.001}, "wall_s", 1),
    ],
)
def test_budgets(tmp_path, more, reason, steps):
    outcome = train(Toy(), tmp_path / "run", options(epochs=None, **more))
    assert (outcome.ended, outcome.steps) == (reason, steps)
    row = curve(tmp_path / "run")[-1]
    assert row["validation_loss"] is not None, "what a budget cuts short is judged too"
    assert row["part"] == pytest.approx(steps / 6 % 1)


def test_a_budget_of_steps_can_be_raised_in_the_middle_of_an_epoch(whole, tmp_path):
    train(Toy(), tmp_path / "run", options(steps=8))
    train(Toy(), tmp_path / "run", options())
    assert weights(whole) == weights(tmp_path / "run")


def test_early_stopping(tmp_path):
    class Worse(Toy):
        def merit(self, metrics):
            return metrics["loss"]  # the first is best

    outcome = train(Worse(), tmp_path / "run", options(epochs=50, patience=3))
    assert (outcome.ended, outcome.epochs, outcome.best_epoch) == ("patience", 4, 1)
    assert train(Worse(), tmp_path / "run", options(epochs=50, patience=3)).epochs == 4
    assert train(Worse(), tmp_path / "run", options(epochs=50, patience=5)).epochs == 6


def test_other_options_or_data_are_another_run(whole):
    with pytest.raises(UsageError, match=r"another train\.lr"):
        train(Toy(), whole, options(lr=0.02))
    with pytest.raises(UsageError, match="another data"):
        train(Toy(data_seed=1), whole, options())


def test_a_loss_that_is_no_number_stops_the_run(tmp_path):
    class Spoilt(Toy):
        def loss(self, net, batch, *, done):
            found = super().loss(net, batch, done=done)
            return found._replace(total=found.total * (float("nan") if done > 0.4 else 1))

    with pytest.raises(EngineError, match="no number any more") as caught:
        train(Spoilt(), tmp_path / "run", options())
    assert "lr" in caught.value.hint
    assert all(torch.isfinite(torch.frombuffer(bytearray(v), dtype=torch.float32)).all()
               for v in weights(tmp_path / "run").values())  # fmt: skip


def test_a_second_trainer_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.held(), pytest.raises(LockedError, match="another process trains here"):
        train(Toy(), tmp_path / "run", options())
    train(Toy(), tmp_path / "run", options(epochs=1))


@pytest.mark.parametrize("place", ["temporary.write", "temporary.fsync", "checkpoint.whole"])
def test_a_full_disk_leaves_the_old_checkpoint(whole, tmp_path, monkeypatch, place):
    train(Toy(), tmp_path / "run", options(epochs=2))
    before = weights(tmp_path / "run")

    def full(name):
        if name == place:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "point", full)
        with pytest.raises(FullError, match="no space left") as caught:
            train(Toy(), tmp_path / "run", options())
    assert "the same command goes on" in caught.value.hint
    assert "\n" not in caught.value.message
    assert weights(tmp_path / "run") == before
    assert not list((tmp_path / "run").glob(".*.new"))
    train(Toy(), tmp_path / "run", options())
    assert left(whole) == left(tmp_path / "run")


@pytest.mark.slow
def test_every_point_of_a_checkpoint_may_be_the_last(tmp_path, monkeypatch):
    """The counting loop: break off at the first point, the second, ... until none is left."""
    train(Toy(), tmp_path / "whole", options(epochs=2))
    for count in range(200):
        folder = tmp_path / str(count)
        passed = iter(range(1000))

        def crash(name, passed=passed, count=count):
            if next(passed) == count:
                raise StopError(name)

        # an exception is tidied up after, a kill is not
        monkeypatch.setattr(writing, "discard", lambda path: None)
        monkeypatch.setattr(writing, "point", crash)
        try:
            train(Toy(), folder, options(epochs=1))
        except StopError:
            monkeypatch.undo()
            monkeypatch.setattr(loop, "_TOLD_S", -1.0)
            train(Toy(), folder, options(epochs=2))
            assert left(tmp_path / "whole") == left(folder)
            continue
        monkeypatch.undo()
        assert count > 20
        return
    raise AssertionError("more points than there can be")


class Children:
    """Trainings in processes of their own."""

    def __init__(self):
        self._server = subprocess.Popen(
            [sys.executable, str(TOY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self.pid = 0

    def start(self, folder, **order):
        self._server.stdin.write(json.dumps({"folder": str(folder), **order}) + "\n")
        first = sorted(self._line() for _ in range(1 + order.get("world", 1)))  # in any order
        assert all(line == ["begun"] for line in first[:-1])
        self.pid = int(first[-1][1])

    def ended(self):
        """The exit statuses, and what failed."""
        said = []
        while (line := self._line())[0] != "ended":
            said += line
        return [int(code) for code in line[1:]], said

    def is_there(self):
        return Path(f"/proc/{self.pid}").exists() if sys.platform == "linux" else True

    def close(self):
        self._server.stdin.close()
        self._server.wait(60)
        self._server.stdout.close()

    def _line(self):
        line = self._server.stdout.readline()
        assert line, "the server is gone"
        return line.split()


@pytest.fixture(scope="module")
def children():
    found = Children()
    yield found
    found.close()


@pytest.mark.slow
def test_kills_at_any_moment_leave_a_run_that_goes_on(whole, tmp_path, children):
    """SIGKILL after some steps, and at random moments, until the run is through."""
    folder = tmp_path / "run"
    for steps in (5, 9):
        children.start(folder, options={"checkpoint_s": 0}, kill_after=steps)
        assert children.ended() == ([-signal.SIGKILL], [])
    chance = random.Random(1)
    for _ in range(4):
        children.start(folder, options={"checkpoint_s": 0})
        time.sleep(chance.uniform(0.0, 0.1))
        os.kill(children.pid, signal.SIGKILL)
        codes, said = children.ended()
        assert codes in ([-signal.SIGKILL], [0]), said
    train(Toy(), folder, options())
    assert left(whole) == left(folder)


@pytest.mark.slow
def test_ctrl_c_keeps_the_step_it_came_in(whole, tmp_path, children):
    children.start(tmp_path / "run", options={"epochs": 100_000})
    while not (tmp_path / "run/last").exists():
        time.sleep(0.02)
        assert children.is_there()
    time.sleep(0.2)
    os.kill(children.pid, signal.SIGINT)
    assert children.ended() == ([1], ["KeyboardInterrupt"])
    state = json.loads((tmp_path / "run/last/state.json").read_text())["state"]
    rows = curve(tmp_path / "run")
    assert 6 * len(rows) <= state["spent"]["step"] <= 6 * len(rows) + 6
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[:5] == curve(whole)[: min(5, len(rows))]


def test_a_signal_inside_an_epoch(whole, tmp_path):
    def tell(news):
        if news.kind == "step" and news.step == 21:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        train(Toy(), tmp_path / "run", options(), tell=tell)
    state = json.loads((tmp_path / "run/last/state.json").read_text())["state"]
    assert state["spent"]["step"] == 21
    train(Toy(), tmp_path / "run", options())
    assert left(whole) == left(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("state.safetensors", b"\x80\x04\x95pickle", "no whole file of tensors"),
        ("state.safetensors", b"", "no whole file of tensors"),
        ("state.json", b"{", "no JSON object"),
        ("state.json", b"[]", "no JSON object"),
        ("state.json", b'{"schema": "x"}', "no state of a training"),
        ("state.json", b'{"schema": "loquitur/training-state/1", "state": {"epoch": "x"}}',
         "damaged"),
    ],
)  # fmt: skip
def test_a_damaged_checkpoint_is_refused(tmp_path, name, data, message):
    train(Toy(), tmp_path / "run", options(epochs=1))
    (tmp_path / "run/last" / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        train(Toy(), tmp_path / "run", options(epochs=2))


def test_a_run_that_lost_a_file_is_not_begun_anew(whole, tmp_path):
    """Neither its rows nor its best net are thrown away."""
    for lost in ("last/state.json", "config.json"):
        folder = tmp_path / lost.replace("/", "-")
        shutil.copytree(whole, folder)
        (folder / lost).unlink()
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with pytest.raises(InputError, match=lost.rpartition("/")[2]):
            train(Toy(), folder, options(epochs=7))
        del before[folder / ".lock"]
        assert all(path.read_bytes() == data for path, data in before.items())
    (tmp_path / "last-state.json/config.json").write_text(
        '{"schema": "loquitur/run/1", "options": {"unheard": 1}}'
    )
    with pytest.raises(InputError, match=r"config\.json: is damaged"):
        train(Toy(), tmp_path / "last-state.json", options())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[: len(data) // 2], "but the checkpoint was made after"),
        (lambda data: b"", "but the checkpoint was made after"),
        (lambda data: b"x" + data[1:], "line 1: is no row"),
        (lambda data: data[:-1] + b"}", "ends no line"),
        (lambda data: data[:30] + b"\0" * 20 + data[50:], "line 1: is no row"),
    ],
)
def test_damaged_figures_are_told_before_a_step(whole, tmp_path, spoil, message):
    shutil.copytree(whole, tmp_path / "run")
    path = tmp_path / "run" / METRICS
    path.write_bytes(spoil(path.read_bytes()))
    taken = []
    for epochs in (7, 6):  # with something left to do, and without
        with pytest.raises(InputError, match=message):
            train(Toy(), tmp_path / "run", options(epochs=epochs), tell=taken.append)
    assert not taken


def test_a_run_without_its_last_checkpoint_is_not_begun_anew(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    shutil.rmtree(tmp_path / "run/last")
    before = left_files(tmp_path / "run")
    with pytest.raises(InputError, match=r"has 6 epochs behind it, but no 'last'.*'best' holds"):
        train(Toy(), tmp_path / "run", options(epochs=7))
    assert left_files(tmp_path / "run") == before


def left_files(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path: path.read_bytes() for path in found}


def test_a_run_stopped_before_its_first_checkpoint_begins_anew_and_says_so(whole, tmp_path):
    with pytest.raises(StopError):
        train(Toy(), tmp_path / "run", options(), tell=stop_at(3))
    told = []
    train(Toy(), tmp_path / "run", options(), tell=told.append)
    notices = [news.text for news in told if news.kind == "notice"]
    assert notices == ["begins anew: it was stopped before its first checkpoint"]
    assert left(whole) == left(tmp_path / "run")


def test_a_lost_best_model_is_told_and_made_again(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    shutil.rmtree(tmp_path / "run/best")
    over = train(Toy(), tmp_path / "run", options())
    assert over.notices[0].startswith("'best' is gone, which held the model of epoch")
    onward = train(Toy(), tmp_path / "run", options(epochs=7))
    assert "the best one from here on takes its place" in onward.notices[0]
    assert onward.best_epoch == 7
    assert (tmp_path / "run/best/model.safetensors").is_file()


def test_a_flipped_bit_of_a_checkpoint_is_seen(tmp_path):
    """It would be another weight, and no file of tensors says so."""
    train(Toy(), tmp_path, options(epochs=1))
    state, tensors = (tmp_path / "last" / one for one in ("state.json", "state.safetensors"))
    whole = tensors.read_bytes()
    flipped = bytearray(whole)
    flipped[-50] ^= 1
    tensors.write_bytes(flipped)
    with pytest.raises(InputError, match="not the one"):
        train(Toy(), tmp_path, options(epochs=2))
    tensors.write_bytes(whole)
    document = json.loads(state.read_text())
    del document["tensors"]  # of an earlier version: nobody knows
    state.write_text(json.dumps(document))
    assert train(Toy(), tmp_path, options(epochs=2)).epochs == 2


def test_a_checkpoint_of_another_net_is_refused(tmp_path):
    class Wider(Toy):
        def net(self):
            return torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Linear(9, 1))

    train(Toy(), tmp_path / "run", options(epochs=1))
    with pytest.raises(InputError, match=r"of another net: '0\.bias' is \[16\]"):
        train(Wider(), tmp_path / "run", options(epochs=2))


def test_a_run_folder_that_is_a_file(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(InputError, match="is no folder"):
        train(Toy(), tmp_path / "run", options())


def test_the_state_holds_no_pickle(whole):
    names = {path.name for path in (whole / "last").iterdir()}
    assert names == {"model.safetensors", checkpoint.STATE_JSON, checkpoint.STATE_TENSORS}


def test_a_batch_for_the_processor_is_handed_over_as_it_is():
    """Each `to` lets a thread that reads ahead take its turn: up to 5 ms of a step of 8."""
    batch = {"x": torch.zeros(2), "lengths/x": torch.zeros(2, dtype=torch.int64)}
    feed = Feed(iter([batch]), torch.device("cpu"))
    assert feed.take(1)[0] is batch


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.mark.slow
def test_two_processes_are_one_with_the_same_batch(tmp_path, children):
    """Gradients of shards of a batch add up to those of the batch (gloo)."""
    train(Toy(dropout=0), tmp_path / "one", options(epochs=3))
    children.start(tmp_path / "two", world=2, port=free_port(), toy={"dropout": 0},
                   options={"epochs": 3})  # fmt: skip
    assert children.ended() == ([0, 0], [])
    one, two = curve(tmp_path / "one"), curve(tmp_path / "two")
    assert len(one) == len(two) == 3
    for alone, shared in zip(one, two, strict=True):
        assert shared["clips"] == alone["clips"] == ROWS
        assert shared["loss"] == pytest.approx(alone["loss"], abs=1e-5)
        assert shared["validation_loss"] == pytest.approx(alone["validation_loss"], abs=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_two_processes_go_by_one_clock(tmp_path, children):
    """The second one's budget is spent long before the first one's, by whose they end."""
    given = {"epochs": None, "cpu_s": 0.1, "schedule": "linear"}
    children.start(tmp_path / "run", world=2, port=free_port(), toy={"drag_s": 0.05},
                   options=given)  # fmt: skip
    assert children.ended() == ([0, 0], [])
    rows = RunFolder(tmp_path / "run").rows()
    assert all(row["part"] == 1 for row in rows[:-1]), "no epoch is cut but the last"
    assert rows[-1]["spent_cpu_s"] >= 0.1
    assert rows[-1]["step"] > 2, "the second one alone ends at its second step"


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("videos", [110, 97])
def test_two_processes_label_as_one(tmp_path, children, videos):
    """Of 97 videos the last batch is one alone: the other process has none of it."""
    import labels_toy

    net = dataclasses.replace(labels_toy.NET, dropout=0.0, branch_dropout=0.0)
    task = labels_toy.labelling(train=videos, net=net)
    train(task, tmp_path / "one", labels_toy.options(epochs=2))
    given = {"epochs": 2, "batch": 16}
    children.start(tmp_path / "two", world=2, port=free_port(), labels={"train": videos},
                   options=given)  # fmt: skip
    assert children.ended() == ([0, 0], [])
    one, two = curve(tmp_path / "one"), curve(tmp_path / "two")
    for alone, shared in zip(one, two, strict=True):
        assert shared["clips"] == alone["clips"] == videos
        assert shared["loss"] == pytest.approx(alone["loss"], abs=1e-4)
        assert shared["gap"] == pytest.approx(alone["gap"], abs=1e-3)


@pytest.mark.slow
def test_labels_go_on_after_a_kill(tmp_path, children):
    import labels_toy

    net = dataclasses.replace(labels_toy.NET, dropout=0.0, branch_dropout=0.0)
    given = {"epochs": 3, "batch": 16}
    children.start(tmp_path / "run", options={**given, "checkpoint_s": 0}, kill_after=10,
                   labels={"train": 110})  # fmt: skip
    assert children.ended() == ([-signal.SIGKILL], [])
    for name in ("run", "whole"):
        task = labels_toy.labelling(train=110, net=net)
        train(task, tmp_path / name, options(**given))
    assert curve(tmp_path / "run") == curve(tmp_path / "whole")
