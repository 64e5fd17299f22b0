"""Encoders of frames without torch: graphs of ONNX, preprocessing out of a model's files, names."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from emulated_hub import Repository

from loquitur import registry
from loquitur.engines.vision.descriptor import Descriptor
from loquitur.engines.vision.onnx import OnnxVision
from loquitur.engines.vision.things import Things
from loquitur.engines.vision.timm import Timm
from loquitur.engines.vision.transformers import TransformersVision
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import FrameBatch, Preprocessing
from loquitur.protocols import Resources
from loquitur.stages import features
from loquitur.testing import conformance
from loquitur.testing.tiny_vision import tiny_vision_onnx
from loquitur.vision import encoders, processors


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def opened(folder, resources, **given):
    return encoders.open_encoder(f"onnx:{folder}", resources, options=given).engine


def noise(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 40, 50, 3), dtype=np.uint8)


def test_a_graph_that_takes_one_batch_size_alone(tmp_path, resources):
    any_size = opened(tiny_vision_onnx(tmp_path / "any"), resources)
    fixed = opened(tiny_vision_onnx(tmp_path / "fixed", batch=4), resources)
    conformance.check_frame_encoder(fixed)
    assert fixed.batch_size == 4
    assert np.allclose(fixed.encode(noise(6)), any_size.encode(noise(6)), atol=1e-5)


def test_a_graph_in_half_precision_and_a_layout_of_the_hub(tmp_path, resources):
    import onnx
    from onnx import numpy_helper

    folder = tiny_vision_onnx(tmp_path / "whole")
    model = onnx.load(folder / "model.onnx")
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    for item in (*model.graph.input, *model.graph.output):
        item.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    halved = tmp_path / "half"
    (halved / "onnx").mkdir(parents=True)
    onnx.save(model, halved / "onnx" / "vision_model.onnx")
    (halved / "preprocessor_config.json").write_bytes(
        (folder / "preprocessor_config.json").read_bytes()
    )
    found = opened(halved, resources).encode(noise(2))
    assert found.dtype == np.float32
    assert np.allclose(found, opened(folder, resources).encode(noise(2)), atol=0.02)


def test_tokens_and_maps_become_one_vector(tmp_path, resources):
    import onnx
    from onnx import TensorProto, helper

    def saved(name, nodes, shape):
        folder = tiny_vision_onnx(tmp_path / name)
        graph = helper.make_graph(
            nodes,
            name,
            [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 32, 32])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
            [helper.make_tensor("to", TensorProto.INT64, [3], [0, 3, -1])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, folder / "model.onnx")
        return folder

    tokens = saved(
        "tokens", [helper.make_node("Reshape", ["pixel_values", "to"], ["out"])], ["n", 3, 1024]
    )
    maps = saved("maps", [helper.make_node("Neg", ["pixel_values"], ["out"])], ["n", 3, 32, 32])
    pictures = noise(2)
    first = opened(tokens, resources).encode(pictures)
    mean = opened(tokens, resources, pool="mean").encode(pictures)
    assert first.shape == mean.shape == (2, 1024)
    assert not np.allclose(first, mean)
    assert opened(maps, resources).dimension == 3


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), InputError, "has no model.onnx"),
        (
            lambda folder: (folder / "model.onnx").write_bytes(b"no graph"),
            InputError,
            "cannot be loaded",
        ),
        (
            lambda folder: (folder / "preprocessor_config.json").unlink(),
            InputError,
            "does not say how pictures are prepared",
        ),
        (
            lambda folder: (folder / "preprocessor_config.json").write_text("[1]"),
            InputError,
            "no JSON object",
        ),
        (
            lambda folder: (folder / "preprocessor_config.json").write_text('{"size": "big"}'),
            InputError,
            "no size",
        ),
        (
            lambda folder: (folder / "preprocessing.json").write_text('{"width_px": 0}'),
            InputError,
            "tells no preprocessing",
        ),
    ],
)
def test_folders_that_are_no_encoder(tmp_path, resources, spoil, error, said):
    folder = tiny_vision_onnx(tmp_path / "model")
    spoil(folder)
    with pytest.raises(error, match=said):
        opened(folder, resources)


def test_a_graph_of_something_else_is_refused(tmp_path, resources):
    from loquitur.testing.tiny_moods import tiny_mood_onnx

    folder = tiny_mood_onnx(tmp_path / "mood")
    (folder / "preprocessing.json").write_text('{"width_px": 8, "height_px": 8}')
    with pytest.raises(InputError, match="does not see pictures alone"):
        opened(folder, resources)
    pictures = tiny_vision_onnx(tmp_path / "pictures")
    with pytest.raises(InputError, match="has no output 'logits'"):
        opened(pictures, resources, output="logits")


def test_a_graph_that_gives_no_numbers_or_another_size(tmp_path, resources):
    import onnx
    from onnx import numpy_helper

    folder = tiny_vision_onnx(tmp_path / "model")
    how = folder / processors.THEIRS
    before = how.read_text()
    how.write_text(before.replace("32", "40"))
    with pytest.raises(InputError, match=r"model failed: .*dimension"):
        opened(folder, resources)
    how.write_text(before)
    model = onnx.load(folder / "model.onnx")
    (kernel,) = model.graph.initializer
    broken = numpy_helper.to_array(kernel) * np.float32("nan")
    kernel.CopyFrom(numpy_helper.from_array(broken, kernel.name))
    onnx.save(model, folder / "model.onnx")
    with pytest.raises(InputError, match="no finite numbers for a grey picture"):
        opened(folder, resources)


def test_what_is_not_named_or_not_there(tmp_path, resources):
    with pytest.raises(MissingError, match="no model of its own"):
        encoders.open_encoder("onnx", resources)
    with pytest.raises(UsageError, match="there is no folder"):
        encoders.open_encoder(f"onnx:{tmp_path}/nothing", resources)
    with pytest.raises(UsageError, match="no vision engine is called 'descripter'"):
        encoders.open_encoder("descripter", resources)
    with pytest.raises(UsageError, match="has no models to choose from"):
        encoders.open_encoder("descriptor:large", resources)
    with pytest.raises(UsageError, match="no option 'colour'"):
        encoders.open_encoder("descriptor", resources, options={"colour": "1"})


@pytest.mark.parametrize(
    ("engine", "model", "repository"),
    [
        (Timm, "", "timm/vgg16.tv_in1k"),
        (Timm, "resnext101", "timm/resnext101_32x8d.tv_in1k"),
        (Timm, "somebody/network@v1", "somebody/network"),
        (TransformersVision, "", "openai/clip-vit-base-patch32"),
    ],
)
def test_an_encoder_comes_out_of_the_hub(hub, tmp_path, engine, model, repository):
    """Weights as safetensors and what is said of them; neither code nor pickles."""
    files = {"config.json": b"{}", "model.safetensors": b"weights" * 9}
    files |= {"pytorch_model.bin": b"pickled" * 9, "modeling.py": b"import os"}
    files |= {"open_clip_model.safetensors": b"again" * 9, processors.THEIRS: b"{}"}
    hub.world.repositories[repository] = Repository(history={"v1": files})
    online = Resources(models=tmp_path / "models", offline=False, hub=hub.endpoint)
    told = []
    engine.pull(model, online, told.append)
    place = engine.location(model, online)
    found = sorted(path.name for path in place.iterdir())
    assert found == ["config.json", "model.safetensors", processors.THEIRS]
    assert any("licence apache-2.0" in line for line in told)
    engine.pull(model, Resources(models=tmp_path / "models"), told.append)
    assert told[-1].endswith("is there already")


def test_a_gate_before_an_encoder_is_told(hub, tmp_path):
    repository = "facebook/dinov3-vits16-pretrain-lvd1689m"
    files = {"config.json": b"{}", "model.safetensors": b"weights" * 9}
    hub.world.repositories[repository] = Repository(history={"v1": files}, gated=True)
    online = Resources(models=tmp_path / "models", offline=False, hub=hub.endpoint)
    with pytest.raises(MissingError, match="accepted its conditions") as caught:
        TransformersVision.pull(repository, online, lambda _: None)
    assert f"/{repository}" in caught.value.hint
    assert not TransformersVision.location(repository, online).exists()


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (
            {"size": 224, "crop_size": 224, "resample": 3, "do_center_crop": True},
            {"short_px": 224, "width_px": 224, "fit": "crop", "interpolation": "bicubic"},
        ),
        ({"size": 384}, {"short_px": None, "width_px": 384, "fit": "stretch"}),
        (
            {"size": {"shortest_edge": 224}, "crop_pct": 0.875},
            {"short_px": 256, "width_px": 224, "fit": "crop"},
        ),
        (
            {"size": {"height": 10, "width": 20}, "do_rescale": False, "do_normalize": False},
            {"height_px": 10, "width_px": 20, "scale": 1.0, "std": (1.0, 1.0, 1.0)},
        ),
    ],
)
def test_preprocessing_as_files_of_old_and_new_tell_it(config, wanted):
    config = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, **config}
    how = processors.from_config(config)
    assert {name: getattr(how, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"size": {"longest_edge": 300}},
        {"size": 224, "resample": 9},
        {"size": 224, "image_mean": None},
        {"size": {"height": 256, "width": 256}, "crop_size": 224, "do_center_crop": True},
        {"size": 224, "do_resize": False},
        {"size": 224, "image_std": [float("nan")] * 3},
        {"size": 224, "rescale_factor": 0},
        {"size": {"height": 8, "width": 8}, "do_center_crop": True},
        {"size": 224, "do_pad": True},
        # what scales by 256/224, by crop_pct, without antialiasing, turns channels around
        {"size": 224, "crop_size": 224, "image_processor_type": "LevitImageProcessor"},
        {"size": 224, "crop_size": 224, "image_processor_type": "PoolFormerImageProcessorFast"},
        {"size": 224, "image_processor_type": "EfficientNetImageProcessor"},
        {"size": 224, "crop_size": 224, "feature_extractor_type": "MobileViTFeatureExtractor"},
    ],
)
def test_preprocessing_that_is_not_known_is_refused(config, tmp_path):
    config = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, **config}
    (tmp_path / processors.THEIRS).write_text(json.dumps(config))
    with pytest.raises(InputError, match="tells no preprocessing"):
        processors.preprocessing_of(tmp_path)


@pytest.mark.parametrize(
    "owner", ["CLIPImageProcessor", "ViTImageProcessorFast", "CLIPFeatureExtractor"]
)
def test_the_file_of_a_processor_that_reads_text_too(owner, tmp_path):
    inner = {"size": 8, "crop_size": 8, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    inner["image_processor_type"] = owner
    path = tmp_path / processors.TOGETHER
    path.write_text(json.dumps({"image_processor": inner, "processor_class": "CLIPProcessor"}))
    assert processors.preprocessing_of(tmp_path).short_px == 8
    path.write_text('{"tokenizer": {}}')
    with pytest.raises(InputError, match="no image_processor"):
        processors.preprocessing_of(tmp_path)


def stamp(**given):
    return EngineStamp(**{"name": "timm", "version": "1", "model": "vgg16", **given})


def test_which_features_may_stand_side_by_side():
    same = stamp(model_digest="abc")
    assert encoders.are_alike(same, stamp(model_digest="abc", version="2"))
    assert not encoders.are_alike(same, stamp(model_digest="abd"))
    assert not encoders.are_alike(same, stamp(model_digest="abc", options='{"dtype":"float16"}'))
    assert not encoders.are_alike(stamp(version="1"), stamp(version="2"))
    with pytest.raises(UsageError, match=r"timm:vgg16 \(files abd\), not of timm:vgg16 \(files"):
        encoders.check_alike(same, stamp(model_digest="abd"), what="they")


class _Sums:
    """Notes what it is given."""

    motion = False
    dimension = 1
    batch_size = 4
    preprocessing = Preprocessing(width_px=2, height_px=2)

    def __init__(self):
        self.sizes = []

    def encode(self, pictures):
        self.sizes.append(len(pictures))
        return pictures.reshape(len(pictures), -1).max(axis=1)[:, None].astype(np.float32)


def test_a_long_film_is_looked_at_in_batches():
    def batches():
        for at in range(0, 10, 3):
            count = min(3, 10 - at)
            numbers = np.arange(at, at + count, dtype=np.uint8)
            pixels = np.broadcast_to(numbers[:, None, None, None], (count, 2, 2, 3)).copy()
            yield FrameBatch(times_ms=tuple(range(at, at + count)), pixels=pixels)

    engine = _Sums()
    found = list(encoders.encode_frames(engine, batches()))
    assert engine.sizes == [4, 4, 2]
    assert [time for times, _ in found for time in times] == list(range(10))
    assert np.concatenate([vectors for _, vectors in found])[:, 0].tolist() == list(range(10))
    seeing = _Sums()
    seeing.motion = True
    list(encoders.encode_frames(seeing, batches()))
    assert seeing.sizes == [10], "what sees motion is given the clip whole"


def test_every_encoder_of_the_table_tells_what_it_is(resources):
    for spec in registry.specs("vision"):
        assert spec.summary
        assert spec.licence
        assert all(model.size_mb and model.licence for model in spec.models)


def test_no_option_of_an_encoder_has_the_name_of_one_of_the_stage(resources):
    """Both are set as `features.KEY`: the stage's would hide the encoder's."""
    stage = {item.name for item in dataclasses.fields(features.Options)}
    for kind in (Descriptor, Things, OnnxVision, Timm, TransformersVision):
        assert not stage & {item.name for item in dataclasses.fields(kind.Options)}
    assert encoders.open_encoder("things", resources, options={"slots": "3"}).dimension == 3 * 66
