"""Options of a training, how fast it learns, the folder of a run: all without torch."""

from __future__ import annotations

import dataclasses
import json
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.settings import launch, wandb_mode
from loquitur.vision.encoders import things_of
from loquitur.vision.features import SetInfo
from loquitur.vision.features.sets import write_info
from loquitur.vision.training import plots
from loquitur.vision.training.folder import BEST, LAST, METRICS, RunFolder
from loquitur.vision.training.options import TrainingOptions, changed, with_values
from loquitur.vision.training.plans import plan
from loquitur.vision.training.presets import PRESETS, CaptionOptions, NetOptions, preset
from loquitur.vision.training.schedule import Spent, learning_rate, share


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_options(name):
    chosen = preset(name)
    assert with_values(TrainingOptions(), chosen.train, where="train").epochs
    assert with_values(NetOptions(), chosen.net, where="net")
    assert with_values(CaptionOptions(), chosen.task, where="caption")


def test_the_chapter_s_preset_is_the_chapter_s():
    chosen = preset("book")
    train = with_values(TrainingOptions(), chosen.train, where="train")
    assert (train.optimizer, train.lr, train.batch, train.epochs) == ("adam", 1e-4, 32, 100)
    assert (chosen.net["hidden"], chosen.task["most_frames"]) == (512, 80)


def test_text_is_understood():
    values = {"lr": "3e-4", "epochs": "none", "steps": "10", "schedule": "cosine"}
    made = with_values(TrainingOptions(), values, where="train")
    assert (made.lr, made.epochs, made.steps, made.schedule) == (3e-4, None, 10, "cosine")
    assert with_values(CaptionOptions(), {"all_captions": "true"}, where="caption").all_captions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rl": 1}, r"unknown option 'train\.rl'"),
        ({"lr": "fast"}, r"train\.lr"),
        ({"epochs": 0}, "epochs is from 1"),
        ({"schedule": "sine"}, r"train\.schedule"),
        ({"epochs": None}, "without an end"),
        ({"lr": float("nan")}, "lr is from"),
    ],
)
def test_wrong_options_are_named(values, message):
    with pytest.raises(UsageError, match=message):
        with_values(TrainingOptions(), values, where="train")


def test_what_may_change_when_a_run_goes_on():
    old = TrainingOptions()
    assert changed(old, dataclasses.replace(old, epochs=7, device="cpu", patience=3)) == ()
    assert changed(old, dataclasses.replace(old, lr=1.0, seed=2)) == ("seed", "lr")


@settings(max_examples=50)
@given(
    schedule=st.sampled_from(["constant", "linear", "cosine"]),
    floor=st.just(0.0) | st.floats(1e-300, 1),  # below, a quarter of it is no number of a float
    steps=st.integers(1, 60),
    warmup=st.integers(0, 50),
)
def test_the_learning_rate_stays_within_its_bounds_and_falls(schedule, floor, steps, warmup):
    options = TrainingOptions(
        epochs=None, steps=steps, lr=2.0, schedule=schedule, lr_floor=floor, warmup_steps=warmup
    )
    rates = [learning_rate(options, Spent(step=at), 10) for at in range(steps + 1)]
    assert all(0 < rate <= 2.0 or floor == 0 for rate in rates)
    after = rates[min(warmup, steps) :]
    assert all(later <= rate + 1e-12 for rate, later in pairwise(after))
    if schedule != "constant" and warmup < steps:
        assert rates[-1] == pytest.approx(2.0 * floor, abs=1e-12)


def test_the_budget_that_ends_first_counts():
    options = TrainingOptions(epochs=10, cpu_s=100.0)
    assert share(options, Spent(step=20, cpu_s=10), 10) == pytest.approx(0.2)
    assert share(options, Spent(step=20, cpu_s=90), 10) == pytest.approx(0.9)


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def fill(run, name, text):
    with run.replacing(name) as new:
        (new / "x").write_text(text)


def test_a_checkpoint_replaces_the_old_one_or_leaves_it(run):
    fill(run, LAST, "one")
    fill(run, LAST, "two")
    assert (run.path / "last/x").read_text() == "two"
    with pytest.raises(TypeError), run.replacing(LAST) as new:
        (new / "x").write_text(None)
    assert (run.path / "last/x").read_text() == "two"
    assert {path.name for path in run.path.iterdir()} == {"last"}


def test_what_a_crash_left_between_two_names_is_ended(run):
    for name, left in ((LAST, ".last.new"), (BEST, "nothing")):
        fill(run, name, "old")
        (run.path / name).rename(run.path / f".{name}.old")
        if left != "nothing":
            (run.path / left).mkdir()
            (run.path / left / "x").write_text("new")
    (run.path / ".config.json.new").write_text("{")
    run.settle()
    assert (run.path / "last/x").read_text() == "new"
    assert (run.path / "best/x").read_text() == "old"
    assert {path.name for path in run.path.iterdir()} == {"last", "best"}


def test_records_are_cut_back_to_the_checkpoint(run):
    run.append(METRICS, [{"epoch": 1}])
    sizes = run.sizes()
    run.append(METRICS, [{"epoch": 2}])
    with (run.path / METRICS).open("ab") as file:
        file.write(b'{"epoch": 3')
    assert [row["epoch"] for row in run.rows()] == [1, 2], "a torn row is none"
    run.cut(sizes)
    assert [row["epoch"] for row in run.rows()] == [1]
    with pytest.raises(InputError, match="the checkpoint was made after 999"):
        run.cut({METRICS: 999})
    with pytest.raises(InputError, match="byte 5 ends no line"):
        run.cut({METRICS: 5})


DEEP = b'{"epoch": 1, "x": ' + b"[" * 100_000
FAR = b'{"epoch": 1' + b"0" * 400 + b"}"


@pytest.mark.parametrize(
    "line", [b"\0" * 40, b"\xff{}", b"[]", b"{}", b'{"epoch": "x"}', b'{"epoch": -1}', FAR, DEEP]
)
def test_a_garbled_record_is_told_with_its_line(run, line):
    (run.path / METRICS).write_bytes(b'{"epoch": 1}\n' + line + b"\n")
    with pytest.raises(InputError, match=r"metrics\.jsonl, line 2: is no row"):
        run.rows()


def test_records_that_are_no_file_are_told(run):
    (run.path / METRICS).mkdir()
    with pytest.raises(InputError, match=r"metrics\.jsonl: Is a directory"):
        run.rows()


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"schema": "other"}', b"\x00", b'{"schema": "\xff"}', DEEP]
)
def test_a_configuration_that_is_not_ours_is_refused(run, content):
    (run.path / "config.json").write_bytes(content)
    with pytest.raises(InputError, match=r"config\.json"):
        run.read_config()


def test_a_plan_needs_data_and_knows_its_nets(tmp_path):
    with pytest.raises(UsageError, match="a run needs clips"):
        plan(tmp_path / "run")
    given = {"clips": "c.jsonl", "features": "f"}
    with pytest.raises(UsageError, match="no net is called 's2tv'") as caught:
        plan(tmp_path / "run", **given, values={"net.architecture": "s2tv"})
    assert "s2vt" in caught.value.hint
    with pytest.raises(UsageError, match="unknown option 'lr'"):
        plan(tmp_path / "run", **given, values={"lr": "1"})
    with pytest.raises(UsageError, match="no preset is called 'bok'"):
        plan(tmp_path / "run", **given, preset_name="bok")
    made = plan(tmp_path / "run", **given, values={"train.lr": "0.5", "net.hidden": 7})
    assert (made.train.lr, made.net.hidden, made.goes_on) == (0.5, 7, False)


def test_a_plan_of_a_run_is_what_the_run_began_with(tmp_path):
    config = {
        "task": {"kind": "caption", "net": {"hidden": 9}, "caption": {"most_words": 5}},
        "options": {"lr": 0.25},
        "inputs": {"clips": "/c", "features": "/f"},
    }
    RunFolder(tmp_path).write_config(config)
    made = plan(tmp_path, values={"train.epochs": "3"})
    assert (made.net.hidden, made.caption.most_words, made.train.lr) == (9, 5, 0.25)
    assert (made.train.epochs, str(made.clips), made.goes_on) == (3, "/c", True)
    RunFolder(tmp_path).write_config({"task": {"kind": "label"}})
    with pytest.raises(InputError, match="a run of something else"):
        plan(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"options": "x"},
        {"options": {"lr": "fast"}},
        {"options": {"unheard": 1}},
        {"task": {"kind": "caption", "net": 3, "caption": {}}},
        {"task": {"kind": "caption", "net": {}}},
    ],
)
def test_a_configuration_with_what_are_no_options_is_damaged(tmp_path, change):
    config = {"task": {"kind": "caption", "net": {}, "caption": {}}, "options": {}, "inputs": 7}
    RunFolder(tmp_path).write_config(config | change)
    with pytest.raises(InputError, match=r"config\.json: is damaged"):
        plan(tmp_path, clips="c", features="f")


@pytest.mark.parametrize("name", ["metrics.jsonl", "samples.jsonl", "last", "best"])
def test_what_another_wrote_is_not_overwritten(tmp_path, name):
    """A folder without a configuration is no run, and its records are nobody's to cut."""
    (tmp_path / name).write_text("somebody's")
    with pytest.raises(InputError, match=rf"has '{name}', but no config\.json"):
        plan(tmp_path, clips="c", features="f")
    assert (tmp_path / name).read_text() == "somebody's"


def test_features_of_several_things_choose_their_preset(tmp_path):
    """Who trains on the encoder `things` need not know that some nets read them in turn."""
    for most, name in ((2, "transformer"), (1, "s2vt-state")):
        folder = tmp_path / str(most)
        folder.mkdir()
        stamp = EngineStamp(name="things", version="1", options=json.dumps({"slots": most}))
        write_info(folder, SetInfo(encoder=stamp, dimension=66 * most))
        made = plan(tmp_path / "run", clips="c", features=folder)
        assert (made.net.architecture, made.net.things) == (name, None)
        named = plan(
            tmp_path / "run", clips="c", features=folder, values={"net.architecture": "s2vt"}
        )
        assert (named.net.architecture, named.train.lr) == ("s2vt", 2e-3)
        small = plan(tmp_path / "run", clips="c", features=folder, preset_name="small")
        assert small.net.architecture == "s2vt-state"


def test_an_encoder_says_of_how_many_things_its_numbers_are():
    def asked(name, options="{}"):
        return things_of(EngineStamp(name=name, version="1", options=options))

    assert asked("things", '{"slots":5}') == 5
    assert asked("things") == 2
    assert asked("descriptor") == 1
    assert asked("of another tool") == 1
    assert asked("things", '{"slots":99}') == asked("things", "{") == asked("things", "[]") == 1


@pytest.mark.slow
def test_curves(tmp_path):
    rows = [
        {"epoch": n, "part": 1.0, "loss": 3.0 / n, "validation_loss": None if n == 2 else 3.2 / n,
         "cider_d": n / 2, "bleu4": n / 10, "lr": 0.1, "best": True}
        for n in range(1, 5)
    ]  # fmt: skip
    run = RunFolder(tmp_path)
    plots.draw(run, rows)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"loss.svg", "loss.png", "metrics.svg", "metrics.png"}
    labels = set(re.findall("<!-- (.*?) -->", (tmp_path / "metrics.svg").read_text()))
    assert labels >= {"CIDEr-D", "BLEU-4", "on the validation split"}
    assert not labels & {"lr", "best", "part"}, "what is no measure has no curve"
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_no_rows_are_no_curves(run):
    plots.draw(run, [])
    assert not list(run.path.iterdir())


def test_what_a_launcher_says():
    said = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "here"}
    found = launch(said)
    assert found is not None
    assert (found.rank, found.world, found.local_rank) == (1, 2, 0)
    assert launch({"RANK": "1"}) is None
    with pytest.raises(UsageError, match="RANK 2 of WORLD_SIZE 2"):
        launch(said | {"RANK": "2"})
    with pytest.raises(UsageError, match="wrong value in the environment"):
        launch(said | {"RANK": "x"})
    assert wandb_mode({"WANDB_MODE": "Offline "}) == "offline"
    assert wandb_mode({}) == ""


def test_rows_are_json(run):
    run.append(METRICS, [{"output": "naïve \ud800"}])
    assert json.loads((run.path / METRICS).read_bytes().split(b"\n")[0])
