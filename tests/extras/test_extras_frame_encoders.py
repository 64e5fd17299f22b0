"""Encoders of pictures on the real libraries: their own preprocessing and vectors, and as ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loquitur import registry
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.vision import Preprocessing
from loquitur.protocols import Resources
from loquitur.testing import conformance, tiny_vision
from loquitur.vision import preprocessing
from loquitur.vision.processors import preprocessing_of

pytestmark = pytest.mark.extras
_SIZES = ((60, 100), (100, 61), (40, 40), (20, 31))


def engine(name, folder, **given):
    kind = registry.load(registry.find("vision", name))
    options = registry.options_of(kind.Options, {"model": str(folder), **given}, owner=name)
    return kind(options, Resources(models=folder / "cache"))


def noise(height, width, count=2, seed=0):
    """Smooth pictures with noise: more like films than noise alone."""
    rng = np.random.default_rng(seed)
    down = np.linspace(0, 200, height)[:, None, None]
    across = np.linspace(0, 50, width)[None, :, None]
    pictures = down + across + rng.normal(0, 6, (count, height, width, 3))
    return np.clip(pictures, 0, 255).astype(np.uint8)


def prepared_by(how, pictures):
    return preprocessing.normalise(preprocessing.fit(pictures, how), how)


@pytest.mark.parametrize(
    "build",
    [
        tiny_vision.tiny_clip,
        tiny_vision.tiny_siglip,
        tiny_vision.tiny_dino,
        lambda folder: tiny_vision.tiny_dino(folder, version=3),
    ],
    ids=["clip", "siglip", "dinov2", "dinov3"],
)
def test_pictures_and_vectors_are_those_of_transformers(tmp_path, build):
    import torch
    import transformers

    folder = build(tmp_path / "model")
    ours = engine("transformers", folder)
    conformance.check_frame_encoder(ours)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    kind = type(ours.network)
    model = kind.from_pretrained(folder).eval()
    for height, width in _SIZES:
        pictures = noise(height, width)
        theirs = processor(list(pictures), return_tensors="pt")["pixel_values"]
        prepared = prepared_by(ours.preprocessing, pictures)
        level = 1.05 / 255 / min(ours.preprocessing.std)
        assert np.abs(prepared - theirs.numpy()).max() <= level, "one level of 255 at most"
        with torch.inference_mode():
            given = model(pixel_values=torch.from_numpy(prepared))
        wanted = getattr(given, "image_embeds", None)
        wanted = given.pooler_output if wanted is None else wanted
        assert np.abs(ours.encode(pictures) - wanted.numpy()).max() < 1e-4


@pytest.mark.parametrize("architecture", ["test_resnet", "test_vit", "vgg16"])
def test_pictures_and_vectors_are_those_of_timm(tmp_path, architecture):
    import timm
    import torch
    from PIL import Image
    from timm.data import create_transform, resolve_data_config

    folder = tiny_vision.tiny_timm(tmp_path / "model", architecture=architecture)
    ours = engine("timm", folder)
    content = json.loads((folder / "config.json").read_text())
    model = timm.create_model(
        architecture, num_classes=1000, **content.get("model_args", {})
    ).eval()
    from safetensors.torch import load_file

    model.load_state_dict(load_file(folder / "model.safetensors"))
    own = content["pretrained_cfg"]
    config = resolve_data_config(pretrained_cfg=own | {"input_size": tuple(own["input_size"])})
    transform = create_transform(**config, is_training=False)
    for height, width in ((300, 517), (224, 224)):
        pictures = noise(height, width, count=1)
        theirs = torch.stack([transform(Image.fromarray(one)) for one in pictures])
        prepared = prepared_by(ours.preprocessing, pictures)
        level = 2.05 / 255 / min(ours.preprocessing.std)
        assert np.abs(prepared - theirs.numpy()).max() <= level
        assert np.abs(prepared - theirs.numpy()).mean() < 0.003
        with torch.inference_mode():
            features = model.forward_features(torch.from_numpy(prepared))
            wanted = model.forward_head(features, pre_logits=True)
        assert np.abs(ours.encode(pictures) - wanted.numpy()).max() < 1e-4
    if architecture == "vgg16":
        assert ours.dimension == 4096, "fc7, not the convolutions' 512"
        assert (ours.encode(pictures) >= 0).all(), "after its ReLU"


def test_the_models_of_the_table_have_the_dimensions_that_are_told():
    """By timm's own builders, on the meta device: no weights are made."""
    import timm
    import torch

    wanted = {"vgg16": 4096, "resnet50": 2048, "resnet152": 2048, "inception_v4": 1536}
    wanted["resnext101_32x8d"] = 2048
    for architecture, dimension in wanted.items():
        with torch.device("meta"):
            model = timm.create_model(architecture, pretrained=False, num_classes=0).eval()
            size = timm.models.get_pretrained_cfg(architecture).input_size
            assert model(torch.zeros(1, *size)).shape == (1, dimension)


@pytest.mark.parametrize("name", ["timm", "transformers"])
def test_as_onnx_it_gives_the_same(tmp_path, name):
    build = {"timm": tiny_vision.tiny_timm, "transformers": tiny_vision.tiny_clip}[name]
    torch_engine = engine(name, build(tmp_path / "model"))
    exported = tiny_vision.export_onnx(torch_engine, tmp_path / "graph")
    onnx_engine = engine("onnx", exported)
    conformance.check_frame_encoder(onnx_engine)
    assert onnx_engine.preprocessing == torch_engine.preprocessing
    for count in (1, 5):
        pictures = noise(50, 80, count=count)
        away = np.abs(torch_engine.encode(pictures) - onnx_engine.encode(pictures))
        assert away.max() < 1e-4


def test_batches_of_any_size_give_the_same(tmp_path):
    folder = tiny_vision.tiny_clip(tmp_path / "model")
    pictures = noise(40, 40, count=7)
    whole = engine("transformers", folder, batch_size=7).encode(pictures)
    for size in (1, 3):
        small = engine("transformers", folder, batch_size=size).encode(pictures)
        assert np.abs(small - whole).max() < 1e-5


def test_weights_that_are_lacking_are_told(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny_vision.tiny_timm(tmp_path / "model")
    path = folder / "model.safetensors"
    weights = load_file(path)
    name = next(one for one in weights if one.startswith("layer1"))
    del weights[name]
    save_file(weights, path)
    with pytest.raises(InputError, match="lacks weights of its network: layer1"):
        engine("timm", folder)
    clip = tiny_vision.tiny_clip(tmp_path / "clip")
    weights = load_file(clip / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, clip / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks weights of CLIP.*visual_projection"):
        engine("transformers", clip)


def test_a_file_that_holds_more_than_weights_is_not_unpickled(tmp_path):
    import torch

    folder = tiny_vision.tiny_timm(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    torch.save({"layer1": Trap()}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="more than weights"):
        engine("timm", folder)
    assert not marker.exists()


def changed(folder, **given):
    """The folder of timm's, with other things in its config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | given))
    return folder


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"architecture": "hf-hub:timm/test_resnet.r160_in1k"}, "tells no architecture of timm"),
        ({"architecture": "local-dir:{other}"}, "tells no architecture of timm"),
        ({"architecture": None}, "tells no architecture of timm"),
        ({"model_args": {"checkpoint_path": "{other}/model.safetensors"}}, "more than a network"),
        ({"model_args": {"pretrained_cfg_overlay": {"url": "x"}}}, "more than a network"),
        ({"model_args": {"num_classes": 5}}, "cannot be loaded"),
        ({"pretrained_cfg": {"interpolation": "hamming"}}, "not known here: .*hamming"),
        ({"pretrained_cfg": {"crop_mode": "border"}}, "not known here: border"),
        ({"pretrained_cfg": {"std": [float("nan")] * 3}}, "no pictures are prepared so"),
    ],
)
def test_a_folder_of_timms_names_no_files_elsewhere(tmp_path, monkeypatch, given, said):
    import socket

    def refuse(*_):
        raise AssertionError("a model's folder opened a connection")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    other = tiny_vision.tiny_timm(tmp_path / "other", seed=1)
    folder = tiny_vision.tiny_timm(tmp_path / "model")
    given = json.loads(json.dumps(given).replace("{other}", str(other)))
    with pytest.raises(InputError, match=said):
        engine("timm", changed(folder, **given))


def test_without_words_on_it_pictures_are_scaled_as_timm_does():
    from timm.data import resolve_data_config

    from loquitur.engines.vision import timm

    theirs = resolve_data_config(pretrained_cfg={"input_size": (3, 224, 224)})
    how = timm.preprocessing_of({})
    assert how.interpolation == theirs["interpolation"]
    assert how.short_px == int(224 / theirs["crop_pct"])
    assert (how.mean, how.std) == (theirs["mean"], theirs["std"])


def test_weights_of_an_older_timm_are_converted_by_the_new_one(tmp_path):
    """As of ViTs whose patches were cut by hand and multiplied: a matrix, no convolution."""
    from safetensors.torch import load_file, save_file

    folder = tiny_vision.tiny_timm(tmp_path / "model", architecture="test_vit")
    pictures = noise(40, 50)
    before = engine("timm", folder).encode(pictures)
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights["patch_embed.proj.weight"] = weights["patch_embed.proj.weight"].flatten(1)
    save_file(weights, path)
    assert np.array_equal(engine("timm", folder).encode(pictures), before)


def test_a_known_model_out_of_the_cache_is_looked_through_without_a_net(tmp_path):
    from loquitur.vision import encoders

    resources = Resources(models=tmp_path / "models")
    place = registry.load(registry.find("vision", "timm")).location("resnet50", resources)
    tiny_vision.tiny_timm(place)
    opened = encoders.open_encoder("timm:resnet50", resources)
    assert opened.stamp.model == "timm/resnet50.a1_in1k"
    assert opened.stamp == encoders.open_encoder("timm:timm/resnet50.a1_in1k", resources).stamp
    own = engine("timm", tiny_vision.tiny_timm(tmp_path / "own"))
    assert np.array_equal(opened.engine.encode(noise(9, 9)), own.encode(noise(9, 9)))


def test_what_a_processor_of_pictures_and_text_leaves_is_read(tmp_path):
    """Transformers 5 puts both into one file; before, pictures had their own."""
    import transformers

    folder = tiny_vision.tiny_clip(tmp_path / "model")
    before = engine("transformers", folder)
    pictures = transformers.CLIPImageProcessor.from_pretrained(folder)
    words = transformers.CLIPTokenizer(
        vocab={"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2}, merges=[]
    )
    transformers.CLIPProcessor(pictures, words).save_pretrained(tmp_path / "both")
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_bytes(
        (tmp_path / "both" / "processor_config.json").read_bytes()
    )
    after = engine("transformers", folder)
    assert after.preprocessing == before.preprocessing
    (folder / "processor_config.json").unlink()
    with pytest.raises(InputError, match="does not say how pictures are prepared"):
        engine("transformers", folder)


@pytest.mark.parametrize("name", ["timm", "transformers"])
def test_weights_that_are_no_numbers_are_told(tmp_path, name):
    from safetensors.torch import load_file, save_file

    build = {"timm": tiny_vision.tiny_timm, "transformers": tiny_vision.tiny_clip}[name]
    folder = build(tmp_path / "model")
    path = folder / "model.safetensors"
    weights = {key: value * float("nan") for key, value in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="no finite numbers for a grey picture"):
        engine(name, folder)


def test_pictures_of_another_size_than_the_models(tmp_path):
    folder = tiny_vision.tiny_clip(tmp_path / "model")
    path = folder / "preprocessor_config.json"
    path.write_text(path.read_text().replace("32", "64"))
    with pytest.raises(InputError, match="doesn't match model"):
        engine("transformers", folder)


def test_names_that_nothing_has(tmp_path):
    with pytest.raises(UsageError, match="no network of timm is called 'vgg99'"):
        engine("timm", Path("vgg99"))
    kind = registry.load(registry.find("vision", "timm"))
    with pytest.raises(MissingError, match="not in the model cache") as caught:
        kind(kind.Options(model="vgg16"), Resources(models=tmp_path))
    assert caught.value.hint == "loquitur models pull timm:vgg16"


def test_a_naflex_model_is_refused_in_one_line(tmp_path):
    folder = tiny_vision.tiny_siglip(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "siglip2"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="NaFlex"):
        engine("transformers", folder)


def test_processors_of_other_kinds_are_read_alike(tmp_path):
    import transformers

    for number, processor in enumerate(
        (
            transformers.ViTImageProcessor(size={"height": 48, "width": 48}),
            transformers.BlipImageProcessor(size={"height": 48, "width": 48}),
            transformers.ConvNextImageProcessor(size={"shortest_edge": 64}, crop_pct=0.875),
            transformers.ConvNextImageProcessor(size={"shortest_edge": 384}),
        )
    ):
        folder = tmp_path / str(number)
        processor.save_pretrained(folder)
        how = preprocessing_of(folder)
        assert isinstance(how, Preprocessing)
        for height, width in ((60, 100), (100, 61)):
            pictures = noise(height, width, count=1)
            theirs = processor(list(pictures), return_tensors="np")["pixel_values"]
            away = np.abs(prepared_by(how, pictures) - theirs)
            assert away.max() <= 2.05 / 255 / min(how.std)


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
@pytest.mark.parametrize("kind", ["bicubic", "area", "nearest"])
def test_scaled_on_a_card_as_on_the_processor(fit, kind):
    import torch

    from loquitur.engines.pictures import scaled

    for height, width, short in ((60, 101, None), (33, 20, 40), (20, 20, None)):
        how = Preprocessing(
            width_px=32, height_px=32, fit=fit, short_px=short if fit == "crop" else None,
            interpolation=kind,
        )  # fmt: skip
        pictures = noise(height, width)
        there = scaled(torch, torch.from_numpy(pictures).permute(0, 3, 1, 2), how)
        here = preprocessing.fit(pictures, how).transpose(0, 3, 1, 2).astype(int)
        assert np.abs(there.numpy() - here).max() <= 1
        assert (there.numpy() != here).mean() < 0.01


def test_an_encoder_that_scales_itself_gives_the_same(tmp_path):
    from loquitur.model.vision import FrameBatch
    from loquitur.vision import encoders

    ours = engine("timm", tiny_vision.tiny_timm(tmp_path / "model"))
    how = ours.preprocessing
    assert how.short_px > how.width_px
    pictures = noise(how.height_px, how.width_px, count=5)  # which are not fitted by that
    before = ours.encode(pictures)
    ours.scales = True  # as on a card
    assert np.abs(ours.encode(pictures) - before).max() < 0.05
    batch = FrameBatch(times_ms=(0, 1, 2, 3, 4), pixels=pictures)
    ((times_ms, vectors),) = encoders.encode_frames(ours, [batch])
    assert times_ms == (0, 1, 2, 3, 4)
    assert np.array_equal(vectors, ours.encode(pictures))
