"""A captioner saved and loaded: it says the same; damaged or foreign weights are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from loquitur.errors import InputError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.modelcard import STD_FLOOR, ModelCard
from loquitur.vision.modelfile import load, save, write_files
from loquitur.vision.nets import NETS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

from safetensors.torch import save as tensors_file  # noqa: E402

from loquitur.vision.nets.contract import NetConfig, build  # noqa: E402
from loquitur.vision.nets.stepping import TorchStepper  # noqa: E402
from loquitur.vision.nets.weights import weights_of  # noqa: E402

WORDS = ("<pad>", "<bos>", "<eos>", "<unk>", *(f"word{at}" for at in range(20)))
SIZES = {"dimension": 6, "words": len(WORDS), "hidden": 16, "embedding": 8}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(architecture="s2vt-state", **changes):
    config = NetConfig(architecture=architecture, **SIZES)
    torch.manual_seed(2)
    given = {
        "net": config,
        "vocabulary": WORDS,
        "encoder": EngineStamp(name="descriptor", version="1"),
        "mean": tuple(np.linspace(-1, 1, 6)),
        "std": tuple(np.linspace(0, 2, 6)),
    }
    return build(config), ModelCard(**(given | changes))


def clips():
    chance = np.random.default_rng(1)
    return [chance.normal(size=(length, 6)) for length in (5, 1, 9)]


@pytest.mark.parametrize("architecture", NETS)
def test_says_the_same_after_it_was_saved(tmp_path, architecture):
    net, card = made(architecture)
    written = save(tmp_path / "model", net, card)
    model = load(tmp_path / "model")
    assert model.card == written
    found = model.hypotheses(clips())
    for clip, (one,) in zip(clips(), found, strict=True):
        normal = (clip.astype(np.float32) - np.float32(card.mean)) / (
            np.float32(card.std) + np.float32(STD_FLOOR)
        )
        stepper = TorchStepper(net)
        state = stepper.begin(normal[None], np.array([len(clip)]))
        total, words = 0.0, [1]
        for word in [*one.words, *([2] if one.finished else [])]:
            scores, state = stepper.step(np.array([words[-1]]), state)
            total += float(scores[0, word])
            words.append(word)
        assert one.log_probability == pytest.approx(total, abs=1e-4)
    described = model.describe_all(clips(), Decoding(by="beam", width=3))
    assert described == model.describe_all(clips(), Decoding(by="beam", width=3))
    assert all(one.text and one.score < 0 for ones in described for one in ones)
    assert model.describe(clips()[0])[0].text == " ".join(WORDS[at] for at in found[0][0].words)


def test_half_precision_features_are_read(tmp_path):
    net, card = made()
    save(tmp_path, net, card)
    model = load(tmp_path)
    half = [clip.astype(np.float16) for clip in clips()]
    assert model.describe_all(half) == model.describe_all([one.astype(np.float64) for one in half])


def test_more_frames_than_in_training_are_thinned(tmp_path):
    net, card = made()
    save(tmp_path, net, card)
    model = load(tmp_path)
    long = np.random.default_rng(2).normal(size=(200, 6))
    assert model.normalised(long).shape == (80, 6)
    places = np.round(np.linspace(0, 199, 80)).astype(int)
    assert model.describe(long) == model.describe(long[places])


def test_saving_again_replaces(tmp_path):
    net, card = made()
    save(tmp_path, net, card)
    with torch.no_grad():
        net.say.bias[7] += 100
    save(tmp_path, net, card)
    assert len(list(tmp_path.iterdir())) == 2
    assert set(load(tmp_path).describe(clips()[0])[0].text.split()) == {"word3"}


def test_a_net_of_another_card(tmp_path):
    net, _ = made()
    _, card = made("s2vt")
    with pytest.raises(ValueError, match="not the one of the card"):
        save(tmp_path, net, card)


def put(folder, card, data):
    """Weights beside a card that vouches for them."""
    write_files(folder, card, {"model-0123456789ab.safetensors": data})


def test_weights_of_others(tmp_path):
    net, card = made()
    data = weights_of(net)

    def other(**changes):
        config = NetConfig(**({"architecture": "s2vt-state"} | SIZES | changes))
        return weights_of(build(config))

    for content, said in [
        (other(words=30), "a vocabulary of 30 words, the model's card has 24"),
        (other(dimension=9), "features of 9 numbers a frame, the model's card has 6"),
        (other(hidden=12), "has the shape"),
        (other(architecture="s2vt"), "of another net than s2vt-state"),
        (other(layers=2), "of another net than s2vt-state: it has 'reader"),
        (b"", "no whole file of weights"),
        (b"\xff" * 100, "no whole file of weights"),
    ]:
        put(tmp_path, card, content)
        with pytest.raises(InputError, match=said):
            load(tmp_path)
    for length in range(0, len(data), 997):
        put(tmp_path, card, data[:length])
        with pytest.raises(InputError, match="no whole file of weights"):
            load(tmp_path)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(tmp_path, broken):
    net, card = made()
    with torch.no_grad():
        net.say.weight[3, 2] = broken
    save(tmp_path, net, card)
    with pytest.raises(InputError, match=r"'say\.weight' are NaN or infinite"):
        load(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["float64", "float16", "bfloat16"])
def test_weights_of_other_precision(tmp_path, kind):
    net, card = made()
    tensors = {name: value.to(getattr(torch, kind)) for name, value in net.state_dict().items()}
    put(tmp_path, card, tensors_file(tensors))
    found = load(tmp_path).stepper.net.state_dict()
    assert all(torch.equal(value, tensors[name].float()) for name, value in found.items())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["int32", "uint8", "bool", "complex64", "float8_e4m3fn"])
def test_weights_that_are_of_no_such_kind(tmp_path, kind):
    net, card = made()
    tensors = {name: value.to(getattr(torch, kind)) for name, value in net.state_dict().items()}
    put(tmp_path, card, tensors_file(tensors))
    with pytest.raises(InputError, match=f"are {kind}, not float32"):
        load(tmp_path)


def test_weights_too_large_for_float32(tmp_path):
    net, card = made()
    tensors = dict(net.state_dict())
    tensors["say.bias"] = tensors["say.bias"].double() + 1e300
    put(tmp_path, card, tensors_file(tensors))
    with pytest.raises(InputError, match=r"'say\.bias' are NaN or infinite"):
        load(tmp_path)


def test_loading_draws_no_random_numbers(tmp_path):
    """A run that looks at a model goes on as if it had not."""
    net, card = made()
    save(tmp_path, net, card)
    torch.manual_seed(4)
    wanted = torch.rand(3)
    torch.manual_seed(4)
    load(tmp_path)
    assert torch.equal(torch.rand(3), wanted)


def test_search_of_the_card_is_used(tmp_path):
    net, card = made(decoding=Decoding(by="beam", width=4))
    save(tmp_path, net, card)
    assert len(load(tmp_path).describe(clips()[0])) == 4
    save(tmp_path, net, dataclasses.replace(card, decoding=Decoding()))
    assert len(load(tmp_path).describe(clips()[0])) == 1


@pytest.mark.parametrize("device", ["auto", "gpu", "cuda:99"])
def test_a_device_that_is_not_here(tmp_path, device):
    net, card = made()
    save(tmp_path, net, card)
    with pytest.raises(UsageError, match=f"device '{device}'"):
        load(tmp_path, device=device)
