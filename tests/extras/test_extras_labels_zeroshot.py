"""Image-text models on the real libraries: the scores are those that transformers itself gives."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from loquitur import registry
from loquitur.errors import InputError, LoquiturError, MissingError
from loquitur.protocols import Resources
from loquitur.testing import tiny_vision, tiny_zeroshot
from loquitur.testing.conformance import check_engine, check_zero_shot

pytestmark = pytest.mark.extras
LABELS = ["Football", "a red car", "cooking & baking", "Wissenschaft"]
CLIP, SIGLIP = tiny_zeroshot.tiny_clip_words, tiny_zeroshot.tiny_siglip_words


@pytest.fixture(scope="module", autouse=True)
def torch():
    found = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("zeroshot")
    return {build: build(root / build.__name__) for build in (CLIP, SIGLIP)}


def engine(folder, **given):
    kind = registry.load(registry.find("zeroshot", "transformers"))
    options = registry.options_of(kind.Options, {"model": str(folder), **given}, owner="x")
    return kind(options, Resources(models=folder.parent / "cache", threads=1))


def pictures(count=3, height=50, width=70):
    rng = np.random.default_rng(0)
    base = np.linspace(0, 220, width)[None, None, :, None]
    return np.clip(base + rng.normal(0, 15, (count, height, width, 3)), 0, 255).astype(np.uint8)


def theirs(torch, folder, templates, given):
    """What the library's own classes give of pictures at the network's size."""
    import transformers

    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    is_siglip = model.config.model_type == "siglip"
    found = []
    for template in templates:
        words = [template.replace("{label}", one) for one in LABELS]
        padding = {"padding": "max_length", "max_length": 64} if is_siglip else {"padding": True}
        tokens = tokenizer(
            [one.lower() for one in words] if is_siglip else words, return_tensors="pt", **padding
        )
        if is_siglip:
            tokens.pop("attention_mask", None)
        pixels = processor(list(given), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            found.append(model(**tokens, pixel_values=pixels).logits_per_image)
    (logits,) = found
    return (logits.sigmoid() if is_siglip else logits.softmax(-1)).numpy()


@pytest.mark.parametrize("build", [CLIP, SIGLIP])
def test_scores_are_those_of_transformers(torch, folders, build):
    folder = folders[build]
    template = "this is a picture of {label}."
    ours = engine(folder, templates=template)
    side = tiny_vision.SIDE_PX
    given = pictures(height=side, width=side)  # at the size of the network: nothing is scaled
    wanted = theirs(torch, folder, [template], given)
    found = ours.score(given, LABELS)
    assert np.abs(np.log(found) - np.log(wanted)).max() < 2e-4
    assert np.abs(found - wanted).max() < 1e-5


@pytest.mark.parametrize("build", [CLIP, SIGLIP])
def test_it_is_an_engine_of_its_kind(folders, build):
    folder = folders[build]
    kind = registry.load(registry.find("zeroshot", "transformers"))
    options = registry.options_of(kind.Options, {"model": str(folder)}, owner="x")
    resources = Resources(models=folder.parent / "cache", threads=1)
    check_engine(kind, options, resources)
    check_zero_shot(kind(options, resources))


def test_one_competes_and_the_other_judges_by_itself(folders):
    sums = {
        build: engine(folders[build]).score(pictures(), LABELS).sum(axis=1) for build in folders
    }
    assert np.abs(sums[CLIP] - 1).max() < 1e-5
    assert sums[SIGLIP].max() < 0.5, "no label need fit"


def test_templates_change_the_scores_and_the_key(folders):
    folder = folders[CLIP]
    kind = registry.load(registry.find("zeroshot", "transformers"))
    plain, framed = (engine(folder, templates=text) for text in ("{label}", "a film of {label}"))
    assert not np.allclose(plain.score(pictures(), LABELS), framed.score(pictures(), LABELS))
    both = engine(folder, templates="{label}|a film of {label}").score(pictures(), LABELS)
    assert np.abs(both.sum(axis=1) - 1).max() < 1e-5
    with pytest.raises((ValueError, LoquiturError)):
        registry.options_of(kind.Options, {"templates": "a film"}, owner="x")


def test_labels_are_asked_of_the_network_once(folders, monkeypatch):
    ours = engine(folders[CLIP])
    asked = []
    encode = ours._labels._encode
    monkeypatch.setattr(ours._labels, "_encode", lambda texts: asked.append(texts) or encode(texts))
    first = ours.score(pictures(), LABELS)
    again = ours.score(pictures(), LABELS[::-1])
    assert len(asked) == 1
    assert np.abs(again[:, ::-1] - first).max() < 1e-5
    ours.score(pictures(), [*LABELS, "one more"])
    assert [len(one) for one in asked] == [2 * len(LABELS), 2]


def test_a_sentence_too_long_is_cut_and_not_refused(folders):
    for build in folders:
        assert engine(folders[build]).score(pictures(), ["word " * 90, "a"]).shape == (3, 2)


def test_other_folders_are_refused(folders, tmp_path):
    with pytest.raises(InputError, match="no image-text model"):
        engine(tiny_vision.tiny_dino(tmp_path / "dino"))
    shutil.copytree(folders[SIGLIP], tmp_path / "naflex")
    config = json.loads((tmp_path / "naflex" / "config.json").read_text())
    (tmp_path / "naflex" / "config.json").write_text(json.dumps(config | {"model_type": "siglip2"}))
    with pytest.raises(InputError, match="variable size"):
        engine(tmp_path / "naflex")
    mixed = shutil.copytree(folders[CLIP], tmp_path / "mixed")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (mixed / name).unlink()
    with pytest.raises(InputError, match="no tokenizer"):
        engine(mixed)
    small = shutil.copytree(folders[SIGLIP], tmp_path / "small")
    shutil.copy(folders[CLIP] / "tokenizer.json", small / "tokenizer.json")
    with pytest.raises(InputError, match="its tokenizer has"):
        engine(small)
    damaged = shutil.copytree(folders[CLIP], tmp_path / "damaged")
    weights = (damaged / "model.safetensors").read_bytes()
    (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(InputError, match="damaged"):
        engine(damaged)
    with pytest.raises(MissingError, match="not in the model cache"):
        engine_of_hub(tmp_path)


@pytest.mark.parametrize("weight", ["text_projection.weight", "visual_projection.weight"])
def test_weights_that_lack_are_not_drawn(folders, tmp_path, weight):
    from safetensors.torch import load_file, save_file

    lacking = shutil.copytree(folders[CLIP], tmp_path / "lacking")
    weights = load_file(lacking / "model.safetensors")
    del weights[weight]
    save_file(weights, lacking / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=f"lacks weights of CLIPModel: {weight}"):
        engine(lacking)


def engine_of_hub(folder):
    kind = registry.load(registry.find("zeroshot", "transformers"))
    return kind(kind.Options(), Resources(models=folder / "nothing", threads=1))


def graph(folder, **given):
    kind = registry.load(registry.find("zeroshot", "onnx"))
    options = registry.options_of(kind.Options, {"model": str(folder), **given}, owner="x")
    return kind(options, Resources(models=folder.parent / "cache", threads=1))


@pytest.fixture(scope="module")
def exported(folders, tmp_path_factory):
    pytest.importorskip("onnx")
    root = tmp_path_factory.mktemp("exported")
    return {
        build: tiny_zeroshot.export_image_text(folder, root / build.__name__)
        for build, folder in folders.items()
    }


@pytest.mark.parametrize("build", [CLIP, SIGLIP])
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_graph_says_what_torch_says(folders, exported, tmp_path, build, side):
    pair = []
    for made, folder in ((engine, folders[build]), (graph, exported[build])):
        copy = shutil.copytree(folder, tmp_path / made.__name__)
        path = copy / "tokenizer_config.json"
        told = json.loads(path.read_text()) | {"padding_side": side}
        path.write_text(json.dumps(told))
        pair.append(made(copy).score(pictures(5), [*LABELS, "a much longer label of many words"]))
    ours, theirs = pair
    assert np.abs(ours - theirs).max() < 1e-5
    assert np.abs(np.log(ours) - np.log(theirs)).max() < 1e-3


@pytest.mark.parametrize("build", [CLIP, SIGLIP])
def test_a_graph_is_an_engine_of_its_kind(exported, build):
    kind = registry.load(registry.find("zeroshot", "onnx"))
    folder = exported[build]
    options = registry.options_of(kind.Options, {"model": str(folder), "batch_size": 2}, owner="x")
    resources = Resources(models=folder.parent / "cache", threads=1)
    check_engine(kind, options, resources)
    check_zero_shot(kind(options, resources))


def test_graphs_of_other_kinds_are_refused(exported, tmp_path):
    with pytest.raises(MissingError, match="no model of its own"):
        graph_without_a_model()
    other = shutil.copytree(exported[CLIP], tmp_path / "other")
    shutil.copy(tiny_vision.tiny_vision_onnx(tmp_path / "vision") / "model.onnx", other)
    with pytest.raises(InputError, match="no graph of both towers"):
        graph(other)
    (other / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="no tokenizer"):
        graph(other)
    (other / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="bert"):
        graph(other)


def graph_without_a_model():
    kind = registry.load(registry.find("zeroshot", "onnx"))
    return kind(kind.Options(), Resources(models=None, threads=1))
