"""Runs side by side: what stands in the table, what is refused, what a stranger's name does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from loquitur.cli.main import _run
from loquitur.errors import InputError
from loquitur.vision.labels.comparing.columns import COLUMNS, Column
from loquitur.vision.labels.comparing.groups import compare, document, ordered
from loquitur.vision.labels.comparing.page import page_html
from loquitur.vision.labels.comparing.runs import find_runs, read_run
from loquitur.vision.labels.comparing.tables import markdown
from loquitur.vision.training.folder import METRICS, RunFolder


def task(**changes):
    return {
        "kind": "label", "framework": "torch", "dataset": "toy", "labels": 40, "weights": 12345,
        "net": {"architecture": "mlp", "layers": 2, "cell": "lstm", "bidirectional": False},
        "label": {"streams": ""}, "data": {"vocabulary": "x"}, "videos": {"train": 9},
        "order": "o", **changes,
    }  # fmt: skip


def row(epoch, gap, *, best=True, **changes):
    return {
        "epoch": epoch, "part": 1.0, "loss": 5.0 / epoch, "validation_loss": 6.0 / epoch,
        "gap": gap, "hit_at_one": 0.7, "map": 0.4, "perr": 0.5, "accuracy": 0.97,
        "accuracy_of_nothing": 0.95, "clips": 100, "wall_s": 2.0, "cpu_s": 1.5, "cpu_use": 0.75,
        "memory_mb": 300.0 + epoch, "gpu_use": None, "gpu_memory_mb": None, "io_wait": 0.01,
        "data_wait": 0.04, "best": best, **changes,
    }  # fmt: skip


def make(folder, gaps=(0.3, 0.5, 0.4), seed=0, device="cpu", **changes):
    run = RunFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run.write_config(
        {"task": task(**changes), "options": {"seed": seed, "lr": 0.1}, "device": device}
    )
    top = 0.0
    rows = []
    for epoch, gap in enumerate(gaps, 1):
        rows.append(row(epoch, gap, best=gap > top))
        top = max(top, gap)
    run.append(METRICS, rows)
    return folder


def test_a_run_is_what_its_best_evaluation_was(tmp_path):
    found = read_run(make(tmp_path / "a"))
    assert found.net == "neural net"
    figures = found.figures
    assert (figures["gap"], figures["loss"], figures["best_epoch"]) == (0.5, 3.0, 2)
    assert (figures["epochs"], figures["epoch_s"], figures["videos_per_s"]) == (3, 2.0, 50.0)
    assert (figures["memory_mb"], figures["gpu_use"], figures["weights"]) == (303.0, None, 12345)


@pytest.mark.parametrize(
    ("net", "streams", "framework", "said"),
    [
        ({"architecture": "lstm", "layers": 2, "bidirectional": True}, "", "torch",
         "multi-layer bidirectional LSTM"),
        ({"architecture": "stream", "cell": "gru"}, "rgb", "torch", "stream GRU (rgb)"),
        ({"architecture": "joined", "cell": "lstm", "layers": 1}, "", "keras",
         "net + stream LSTM, joined, Keras"),
        ({"architecture": "nextvlad"}, "", "torch", "NeXtVLAD"),
    ],
)  # fmt: skip
def test_nets_are_called_as_the_requirement_does(tmp_path, net, streams, framework, said):
    made = make(tmp_path / "r", net=net, label={"streams": streams}, framework=framework)
    assert read_run(made).net == said


def test_seeds_of_one_configuration_are_one_row(tmp_path):
    runs = [
        read_run(make(tmp_path / f"s{seed}", gaps=(gap,), seed=seed, order=str(seed)))
        for seed, gap in enumerate((0.4, 0.5, 0.6))
    ]
    other = read_run(make(tmp_path / "other", net={"architecture": "nextvlad"}))
    found = compare([*runs, other])
    assert [len(one.runs) for one in found.groups] == [3, 1]
    gap = found.groups[0].figures["gap"]
    assert gap.value == pytest.approx(0.5)
    assert gap.spread == pytest.approx(0.1)
    assert found.groups[1].figures["gap"].spread is None
    assert not found.notices
    text = markdown(found)
    assert "| neural net | 3 |" in text
    assert "0.500 ± 0.100" in text
    assert "0.95000 here, and 0.99922 over the 3,862" in text
    assert [one.name for one in ordered(found, "gap").groups] == ["neural net", "NeXtVLAD"]
    assert [one.name for one in ordered(found, "loss").groups] == ["NeXtVLAD", "neural net"]


def test_a_folder_of_runs_comes_in_the_order_of_the_requirement(tmp_path):
    nets = {
        "a": {"architecture": "nextvlad"}, "b": {"architecture": "joined"},
        "c": {"architecture": "mlp"}, "d": {"architecture": "stream"},
        "e": {"architecture": "lstm", "layers": 2, "bidirectional": True},
    }  # fmt: skip
    for name, net in nets.items():
        make(tmp_path / name, net=net)
    make(tmp_path / "f", net=nets["c"], framework="keras")
    assert [one.name for one in find_runs([tmp_path])] == ["c", "f", "e", "d", "b", "a"]
    named = [tmp_path / name for name in "abc"]
    assert find_runs(named) == named, "what was named one by one stays as it was named"


def test_curves_that_lie_close_are_told_apart(tmp_path):
    run = read_run(make(tmp_path / "a", gaps=(0.61, 0.62, 0.63)))
    page = page_html(compare([run]), made=datetime(2026, 1, 1, tzinfo=UTC))
    chart = page[page.index("GAP@20, validation") :]
    assert re.findall(r'text-anchor="end">([\d.]+)</text>', chart)[0] == "0.61"


def test_what_makes_a_comparison_unfair_is_told(tmp_path):
    first = read_run(make(tmp_path / "a"))
    again = read_run(make(tmp_path / "b"))
    far = read_run(make(tmp_path / "c", device="cuda:0", data={"vocabulary": "y"}))
    never = read_run(make(tmp_path / "d", net={"architecture": "moe"}))
    told = " ".join(compare([first, again, far, never]).notices)
    assert "other data" in told
    assert "of a seed that is there already" in told
    assert "cpu, cuda" in told


def test_a_table_of_a_run_that_was_never_evaluated(tmp_path):
    folder = make(tmp_path / "a", gaps=())
    RunFolder(folder).append(METRICS, [row(1, None, best=None, validation_loss=None)])
    found = compare([read_run(folder)])
    assert found.groups[0].figures["gap"].value is None
    assert "never evaluated: a" in found.notices
    assert "| neural net | 1 |" in markdown(found)
    assert page_html(found, made=datetime(2026, 1, 1, tzinfo=UTC))


def test_what_is_no_run_of_labels_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no run"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="has no row yet"):
        read_run(make(tmp_path / "a", gaps=()))
    RunFolder(tmp_path).write_config({"task": {"kind": "caption"}})
    with pytest.raises(InputError, match="describe eval"):
        read_run(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="has none in it"):
        find_runs([empty])


def test_a_folder_of_runs_is_its_runs(tmp_path):
    runs = [make(tmp_path / "runs" / name) for name in ("b", "a")]
    assert find_runs([tmp_path / "runs", runs[0]]) == [runs[1], runs[0]]


def test_a_run_that_has_just_begun_stops_no_comparison_of_its_folder(tmp_path):
    runs = [make(tmp_path / "runs" / name) for name in ("a", "b")]
    early = make(tmp_path / "runs" / "c", gaps=())
    told: list[str] = []
    assert find_runs([tmp_path / "runs"], tell=told.append) == runs
    assert len(told) == 1
    assert str(early) in told[0]
    assert find_runs([early]) == [early]  # named by itself, it is asked for


def test_names_of_strangers_are_no_markup(tmp_path):
    hostile = "<script>alert(1)</script>|`x`"
    runs = [
        read_run(make(tmp_path / str(at), net={"architecture": hostile}, dataset=str(at)))
        for at in range(2)
    ]
    found = compare(runs)
    page = page_html(found, made=datetime(2026, 1, 1, tzinfo=UTC))
    assert "<script>alert" not in page
    assert "<script" not in markdown(found).replace("\\<", "")
    assert len(re.findall(r"(?<!\\)\|", markdown(found).splitlines()[3])) == len(
        re.findall(r"\|", markdown(found).splitlines()[2])
    )
    document(found)


def test_broken_figures_are_no_figures(tmp_path):
    folder = make(tmp_path / "a", gaps=())
    bad = {"epoch": 1, "part": "x", "gap": True, "loss": "nan", "wall_s": None, "best": 1}
    RunFolder(folder).append(METRICS, [bad, row(2, 0.2)])
    found = read_run(folder)
    assert found.figures["gap"] == 0.2
    assert found.figures["epochs"] == 1.0


def test_values_as_they_are_written():
    assert Column(key="x", head="x", digits=1, share=True).written(0.0449) == "4.5 %"
    assert Column(key="x", head="x").written(1234567.0) == "1,234,567"
    assert Column(key="x", head="x").written(None) == "-"
    assert len({one.key for one in COLUMNS}) == len(COLUMNS)


def test_compare_on_the_command_line(tmp_path, capsys):
    runs = tmp_path / "runs"
    make(runs / "a", seed=0)
    make(runs / "b", seed=1, gaps=(0.1, 0.2))
    assert _run(["label", "compare", str(runs)]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("| net | seeds |")
    assert not out.err
    assert _run(["label", "compare", str(runs), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["seeds"] == [0, 1]
    assert found["files"] == []
    assert _run(["label", "compare", str(runs), "-o", str(tmp_path / "out"), "--json"]) == 0
    out = capsys.readouterr()
    names = {path.rpartition(".")[2] for path in json.loads(out.out)["files"]}
    assert names >= {"md", "html", "json"}
    page = (tmp_path / "out" / "comparison.html").read_text()
    assert "http" not in page.split("</head>")[1].replace("http-equiv", "")
    assert "neural net" in page
    assert "2 runs" in out.err
    assert _run(["label", "compare"]) == 2
    assert _run(["label", "compare", str(runs), "--sort", "size"]) == 2
    assert _run(["label", "compare", str(tmp_path / "none")]) != 0


@pytest.mark.slow
def test_the_picture(tmp_path):
    from loquitur.vision.labels.comparing.pictures import draw

    runs = [read_run(make(tmp_path / str(at), seed=at, gaps=(0.1, 0.2 + at / 10))) for at in (0, 1)]
    found = draw(compare([*runs, read_run(make(tmp_path / "x", net={"architecture": "$x"}))]))
    assert found["png"].startswith(b"\x89PNG")
    assert b"<svg" in found["svg"]
    labels = set(re.findall("<!-- (.*?) -->", found["svg"].decode()))
    assert labels >= {"neural net", "GAP@20", "seconds an epoch"}
