"""Nets in Keras: equal to those of torch, saved and loaded, trained by the same loop and by fit."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")
if importlib.util.find_spec("keras") is None:
    pytest.skip("keras is not installed", allow_module_level=True)
pytestmark = [
    pytest.mark.extras,
    pytest.mark.timeout(300),
    # of Keras's own tensors, where it writes a file
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning"),
]

import labels_toy as toy  # noqa: E402
from labels_tiny import EVERY, INPUTS, SUBSETS, batch, config, made  # noqa: E402

from loquitur.cli.main import cli  # noqa: E402
from loquitur.errors import InputError, UsageError  # noqa: E402
from loquitur.vision.labels.keras import backend  # noqa: E402
from loquitur.vision.labels.modelfile import load  # noqa: E402
from loquitur.vision.labels.nets import ENCODERS  # noqa: E402
from loquitur.vision.labels.nets.contract import build, kept  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402
from loquitur.vision.training.records import Outcome  # noqa: E402

keras = backend.load()

from loquitur.vision.labels.keras import encoders  # noqa: E402
from loquitur.vision.labels.keras.files import model_bytes, read_model  # noqa: E402
from loquitur.vision.labels.keras.fitting import compiled, fed  # noqa: E402
from loquitur.vision.labels.keras.labelling import KerasLabelling  # noqa: E402
from loquitur.vision.labels.keras.model import KerasLabeller  # noqa: E402
from loquitur.vision.labels.keras.net import KerasNet, inputs_of, new_net  # noqa: E402
from loquitur.vision.labels.keras.weights import from_keras, pairs, to_keras  # noqa: E402
from loquitur.vision.labels.training.labelling import Labelling  # noqa: E402
from loquitur.vision.labels.training.labelling import inputs_of as labelled_inputs  # noqa: E402

CLUSTERED = ("dbof", "netvlad", "nextvlad")
"""Those that keep figures of the rows that they saw."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def asked(net, streams, lengths):
    with torch.no_grad():
        return net(streams, lengths)


def assert_same(one, other, atol=1e-5):
    assert one.keys() == other.keys()
    for name, each in one.items():
        torch.testing.assert_close(each, other[name], atol=atol, rtol=0)


def test_every_encoder_is_there():
    assert encoders.ENCODERS.keys() == ENCODERS.keys()


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
class TestEveryNet:
    def test_it_says_what_the_net_of_torch_says(self, architecture, fusion):
        net = made(architecture, fusion)
        twin = new_net(net).eval()
        for seed, subset in enumerate(SUBSETS):
            streams, lengths = batch(seed)
            some = {name: many * (name in subset) for name, many in lengths.items()}
            assert_same(asked(twin, streams, some), asked(net, streams, some))
            few = {name: streams[name] for name in subset}  # a stream may not be there at all
            assert_same(asked(twin, few, lengths), asked(net, few, lengths))

    @pytest.mark.parametrize("rows", [1, 2, 17, 300])
    def test_it_says_so_of_any_number_of_rows(self, architecture, fusion, rows):
        net = made(architecture, fusion)
        given = batch(rows, (((rows, 1, 0, rows, rows // 2),) * 3))
        assert_same(asked(new_net(net).eval(), *given), asked(net, *given))

    def test_it_learns_what_the_net_of_torch_learns(self, architecture, fusion):
        chance = {"dropout": 0.3, "branch_dropout": 0.4}
        if architecture in ("lstm", "gru"):  # of rows that nobody has, torch draws nothing
            chance["layers"] = 1
        net = made(architecture, fusion, **chance).train()
        twin = new_net(net).train()
        for seed in range(4):
            said = []
            for each in (net, twin):
                torch.manual_seed(seed)
                said.append(each(*batch(seed)))
                sum(one.square().sum() for one in said[-1].values()).backward()
            assert_same(*said)
        for one in pairs(net, twin.model):
            if not one.variable.trainable:
                torch.testing.assert_close(one.variable.value.data, one.weights[0])
            elif one.kind in ("as it is", "turned"):  # a recurrent layer's gates stand otherwise
                wanted = one.weights[0].grad
                wanted = wanted.T if one.kind == "turned" else wanted
                near = 1e-4 * float(wanted.abs().max())
                torch.testing.assert_close(one.variable.value.grad, wanted, atol=near, rtol=0)

    def test_weights_go_there_and_back(self, architecture, fusion):
        net = made(architecture, fusion)
        model = to_keras(net)
        again = from_keras(model)
        assert len(list(pairs(net, model))) == len(model.weights)
        assert_same(asked(again, *batch()), asked(net, *batch()), atol=1e-6)
        for one, other in zip(model.weights, to_keras(again).weights, strict=True):
            assert torch.equal(one.value, other.value)

    def test_its_file_says_the_same(self, architecture, fusion, tmp_path):
        model = to_keras(made(architecture, fusion))
        (tmp_path / "m.keras").write_bytes(model_bytes(model))
        again = read_model(tmp_path / "m.keras")
        assert again.sizes == model.sizes
        given = inputs_of(model, *batch())
        with torch.no_grad():
            assert_same(again(given), model(given), atol=0)

    def test_every_weight_is_learnt(self, architecture, fusion):
        net = new_net(made(architecture, fusion, branch_dropout=0.3, dropout=0.1)).train()
        sum(each.square().sum() for each in net(*batch()).values()).backward()
        assert not [name for name, one in net.named_parameters() if one.grad is None]


class TestTheNet:
    def test_its_weights_are_those_of_keras(self):
        net = new_net(made("joined"))
        with torch.no_grad():
            for one in net.parameters():
                one.zero_()
        assert all(not one.value.any() for one in net.model.trainable_variables)
        net.load_state_dict(new_net(made("joined")).state_dict())
        assert_same(asked(net.eval(), *batch()), asked(made("joined"), *batch()))

    def test_its_weights_have_the_names_that_they_have_in_torch(self):
        names = [name for name, _ in new_net(made("stream")).named_parameters()]
        assert "encoders/rgb/layers/0/ih_reverse" in names
        assert "tails/0/head/experts/kernel" in names
        assert len(names) == len(set(names))

    def test_it_drops_streams_as_the_net_of_torch(self):
        net, (streams, lengths) = made("stream", branch_dropout=0.6).train(), batch()
        twin = new_net(net).train()
        for seed in range(3):
            torch.manual_seed(seed)
            wanted = net(streams, lengths)["logits"]
            torch.manual_seed(seed)
            assert_same({"": twin(streams, lengths)["logits"]}, {"": wanted})
            torch.manual_seed(seed)
            present = torch.stack([many > 0 for many in lengths.values()], 1)
            assert not torch.equal(kept(present, 0.6), present)  # some were dropped

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("fusion", ["joint", "gated", "late"])
    def test_a_stream_alone(self, fusion):
        net = made("mlp", fusion, inputs=INPUTS[:1])
        assert_same(asked(new_net(net).eval(), *batch()), asked(net, *batch()))

    def test_dropout_is_seeded_as_torch_is(self):
        net = new_net(made("mlp", dropout=0.5)).train()
        said = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            said.append(net(*batch())["logits"].detach())
        assert torch.equal(said[0], said[1])
        assert not torch.equal(said[0], said[2])

    @pytest.mark.parametrize("fusion", ["joint", "gated", "late"])
    def test_streams_with_encoders_of_their_own(self, fusion):
        inputs = tuple(
            dataclasses.replace(one, encoder=name)
            for one, name in zip(INPUTS, ("nextvlad", "dbof", "gru"), strict=True)
        )
        net = made("joined", fusion, inputs=inputs)
        assert_same(asked(new_net(net).eval(), *batch()), asked(net, *batch()))

    def test_what_torch_moves_keras_goes_on_with(self):
        net = new_net(made("nextvlad"))
        moved = net.to(torch.float64).to(torch.float32).train()
        moved(*batch())
        seen = [one for one in net.model.weights if one.name == "batches"]
        assert [float(one.value) for one in seen] == [1.0] * len(INPUTS)
        for name, one in moved.named_buffers():
            assert any(one is each.value for each in net.model.weights), name

    def test_a_batch_of_too_few_rows_leaves_the_figures(self):
        none = (0, 0, 0, 0, 1)
        net = made("nextvlad").train()
        twin = new_net(net).train()
        before = {name: one.clone() for name, one in twin.named_buffers()}
        assert_same(asked(twin, *batch(0, (none,) * 3)), asked(net, *batch(0, (none,) * 3)))
        for name, one in twin.named_buffers():
            assert torch.equal(one, before[name])

    @pytest.mark.parametrize("architecture", ["netvlad", "nextvlad"])
    def test_first_weights_are_spread_as_in_torch(self, architecture):
        sizes = config(architecture, clusters=400)
        keras.utils.set_random_seed(1)
        for one in pairs(build(sizes), KerasLabeller(sizes)):
            drawn = ("centres", "assign/kernel") if architecture == "netvlad" else ("centres",)
            if one.name.endswith(drawn):
                spread = [float(each.detach().std()) for each in (one.variable.value, *one.weights)]
                assert spread[0] == pytest.approx(spread[1], rel=0.1), one.name


class TestFiles:
    def test_damaged_and_foreign_files_are_refused(self, tmp_path):
        data = model_bytes(to_keras(made("mlp")))
        path = tmp_path / "m.keras"
        for spoilt in (b"", b"no zip", data[: len(data) // 2]):
            path.write_bytes(spoilt)
            with pytest.raises(InputError, match="is no model of Keras that labels"):
                read_model(path)
        with pytest.raises(InputError, match="is no file"):
            read_model(tmp_path / "none.keras")
        other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
        other.save(path)
        with pytest.raises(InputError, match=r"no model of Keras that labels \(it is a Sequential"):
            read_model(path)

    @pytest.mark.parametrize("broken", [float("nan"), float("inf")])
    def test_a_training_that_broke_down_is_told(self, broken, tmp_path):
        model = to_keras(made("netvlad"))
        with torch.no_grad():
            next(one for one in model.weights if one.name == "variance").value[0] = broken
        path = tmp_path / "m.keras"
        path.write_bytes(model_bytes(model))
        with pytest.raises(InputError, match=r"weights of '.*variance' are NaN or infinite"):
            read_model(path)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"hidden": 1 << 16, "layers": 32}, "hold no net of"),  # no memory is asked for it
            ({"architecture": "nextvlad"}, "is no model of Keras that labels"),
            ({"architecture": "transformer"}, "no net is called 'transformer'"),
            ({"labels": "many"}, "Expected `int`"),
        ],
    )
    def test_what_was_tampered_with_is_refused(self, changes, said, tmp_path):
        path, spoilt = tmp_path / "m.keras", tmp_path / "spoilt.keras"
        path.write_bytes(model_bytes(to_keras(made("mlp"))))
        with zipfile.ZipFile(path) as whole, zipfile.ZipFile(spoilt, "w") as other:
            for name in whole.namelist():
                data = whole.read(name)
                if name == "config.json":
                    document = json.loads(data)
                    document["config"]["net"] |= changes
                    data = json.dumps(document)
                other.writestr(name, data)
        with pytest.raises(InputError, match=said):
            read_model(spoilt)


def task(kind=KerasLabelling, **net):
    given = dataclasses.replace(toy.NET, **net)
    return kind(toy.dataset(), toy.VOCABULARY, net=given, options=toy.LABEL, batch=16)


def both_of(made_task):
    """Streams and lengths of the first videos to judge by."""
    return labelled_inputs(made_task.tensors(next(made_task.validation_batches())))


def given_to(model, made_task):
    with torch.no_grad():
        return model(inputs_of(model, *both_of(made_task)))


def rows_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


class TestTraining:
    @pytest.mark.parametrize("architecture", ["mlp", "lstm", "stream", "joined", *CLUSTERED])
    def test_both_frameworks_have_one_curve(self, architecture, tmp_path):
        sizes = {"architecture": architecture, "dropout": 0.2, "branch_dropout": 0.2}
        options, rows = toy.options(epochs=2, lr=0.003), []
        for kind in (Labelling, KerasLabelling):
            folder = tmp_path / kind.__name__
            assert isinstance(train(task(kind, **sizes), folder, options), Outcome)
            rows.append(rows_of(folder))
        for one, other in zip(*rows, strict=True):
            # an LSTM's one bias, which torch has twice, is learnt half as fast
            near = 0.01 if architecture in ("lstm", "stream", "joined") else 1e-4
            assert other["loss"] == pytest.approx(one["loss"], rel=near)
            assert other["validation_loss"] == pytest.approx(one["validation_loss"], rel=near)
        assert rows[1][1]["loss"] < rows[1][0]["loss"]

    @pytest.mark.parametrize("architecture", ["joined", "nextvlad"])
    def test_a_run_goes_on_bitwise(self, architecture, tmp_path, monkeypatch):
        def tell(news):
            if news.kind == "step" and news.step == 5:  # inside the first epoch
                os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr("loquitur.vision.training.loop._TOLD_S", 0.0)
        whole, parted = tmp_path / "whole", tmp_path / "parted"
        options = toy.options(epochs=2, ema=0.9)
        sizes = {"architecture": architecture}
        train(task(**sizes), whole, options)
        with pytest.raises(KeyboardInterrupt):
            train(task(**sizes), parted, options, tell=tell)
        state = json.loads((parted / "last/state.json").read_text())["state"]
        assert state["spent"]["step"] == 5
        train(task(**sizes), parted, options)
        for row, other in zip(rows_of(parted), rows_of(whole), strict=True):
            assert [row[n] for n in ("loss", "validation_loss", "gap")] == [
                other[n] for n in ("loss", "validation_loss", "gap")
            ]

    @pytest.mark.parametrize("architecture", ["joined", *CLUSTERED])
    def test_its_folder_is_a_model_as_any_other(self, architecture, tmp_path):
        run = tmp_path / "run"
        train(task(architecture=architecture, fusion="late"), run, toy.options(epochs=1))
        said = json.loads((run / "config.json").read_text())
        assert said["task"]["framework"] == "keras"
        model = load(run)
        given = toy.examples(20, 9)
        found = model.scores(given)
        keras_net = KerasNet(read_model(run / "best" / "model.keras")).eval()
        assert found.shape == (20, toy.LABELS)
        streams = {
            name: torch.from_numpy(each.of(3).copy())[None] for name, each in given.streams.items()
        }
        lengths = {name: torch.tensor([rows.shape[1]]) for name, rows in streams.items()}
        alone = asked(keras_net, streams, lengths)["logits"][0] / model.card.temperature
        np.testing.assert_allclose(alone.sigmoid().numpy(), found[3], atol=1e-5)

    @pytest.mark.parametrize(
        ("architecture", "fusion"),
        [("joined", "joint"), ("joined", "late"), *((name, "joint") for name in CLUSTERED)],
    )
    def test_keras_fits_it_too(self, architecture, fusion):
        from loquitur.vision.labels.feeding.batches import LabelBatches

        made_task = task(Labelling, architecture=architecture, fusion=fusion)
        model = compiled(to_keras(made_task.net()), lr=0.01, vertical_weight=0.2)
        batches = LabelBatches(toy.dataset(), "train", batch=16)
        past = model.fit(
            fed(batches.epochs(0, 0), model.sizes, made_task.genres),
            steps_per_epoch=batches.steps(), epochs=3, shuffle=False, verbose=0,
        )  # fmt: skip
        losses = past.history["loss"]
        assert losses[2] < losses[1] < losses[0]
        seen = [float(one.value) for one in model.weights if one.name == "batches"]
        assert set(seen) == ({3.0 * batches.steps()} if architecture in CLUSTERED else set())
        assert_same(asked(from_keras(model), *both_of(made_task)), given_to(model, made_task))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "KERAS_BACKEND is 'jax'"),
        ("import os; os.environ['KERAS_BACKEND'] = 'torch'", ""),
    ],
)
def test_another_backend_is_told(code, said):
    program = f"""
import os
os.environ["KERAS_BACKEND"] = "jax"
{code}
from loquitur.errors import UsageError
from loquitur.vision.labels.keras import backend
try:
    print(backend.load().backend.backend())
except UsageError as exc:
    print(exc.message)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (said or "torch") in done.stdout


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "label-nets.md").read_text(encoding="utf-8")
    blocks = [each.split("```")[0] for each in page.split("```python\n")[1:]]
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks), "label-nets.md", "exec"), {})
    assert "torch.Size([2, 3862]) torch.Size([2, 24])" in capsys.readouterr().out


def test_from_the_command_line(tmp_path):
    data, run, graph = (str(tmp_path / name) for name in ("data", "run", "graph"))

    def said(*words):
        found = CliRunner().invoke(cli, ["label", *words])
        assert found.exit_code == 0, found.output + str(found.exception)
        return found.stdout

    said("data", "sample", data, "--videos", "60", "--labels", "8", "--shards", "1",
         "--dimensions", "rgb=12,audio=8,words=8", "--seconds", "5-9")  # fmt: skip
    small = ["--set", "net.hidden=8", "--set", "net.cell_size=4", "--set", "train.plots=no"]
    told = ["--framework", "keras", "--data", data, "--epochs", "1", *small]
    said("train", run, *told)
    done = json.loads(said("train", run, "--epochs", "2", "--json"))  # it goes on as it began
    assert done["epochs"] == 2
    assert (tmp_path / "run" / "best" / "model.keras").is_file()
    runs = json.loads(said("compare", run, "--json"))
    assert "keras" in json.dumps(runs)
    checked = json.loads(said("export", run, "-o", graph, "--check", "--json"))
    assert checked["check"]["holds"]
    other = CliRunner().invoke(cli, ["label", "train", run, "--framework", "torch"])
    assert isinstance(other.exception, UsageError)
