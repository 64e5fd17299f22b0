"""Describers on torch: the real library on tiny models, and trained nets against their own file."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("torchvision")
pytestmark = pytest.mark.extras

from loquitur import describing  # noqa: E402
from loquitur.engines.captioning.generation import ChatOptions, GenerationOptions  # noqa: E402
from loquitur.engines.description.blip import Blip  # noqa: E402
from loquitur.engines.description.git import Git  # noqa: E402
from loquitur.engines.description.qwen3_vl import Qwen3Vl  # noqa: E402
from loquitur.engines.description.smolvlm import SmolVlm  # noqa: E402
from loquitur.engines.description.trained import (  # noqa: E402
    Trained,
    TrainedOnnx,
    TrainedOptions,
)
from loquitur.errors import InputError, UsageError  # noqa: E402
from loquitur.protocols import Resources  # noqa: E402
from loquitur.testing import tiny_captioners, tiny_describers  # noqa: E402
from loquitur.vision import encoders, modelfile  # noqa: E402

TIMES = [0, 700, 1_500, 2_000, 2_600, 61_000]
FILM = np.random.default_rng(0).integers(0, 255, (6, 48, 64, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("describers")
    made = {}
    for name in ("git", "blip", "smolvlm", "qwen3_vl"):
        made[name] = getattr(tiny_describers, f"tiny_{name}")(root / name)
    return made


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", threads=1)


def test_git_reads_its_six_frames_at_once(folders, resources):
    engine = Git(GenerationOptions(model=str(folders["git"]), most_tokens=10), resources)
    assert engine.frames == 6
    (one,) = engine.describe(FILM, TIMES)
    processor = transformers.AutoProcessor.from_pretrained(folders["git"])
    model = transformers.GitForCausalLM.from_pretrained(folders["git"])
    pixels = processor.image_processor(images=list(FILM), return_tensors="pt").pixel_values[None]
    assert pixels.shape == (1, 6, 3, 32, 32)
    done = model.generate(
        pixel_values=pixels, input_ids=torch.tensor([[processor.tokenizer.cls_token_id]]),
        max_new_tokens=10, do_sample=False,
    )  # fmt: skip
    assert one.text == processor.tokenizer.decode(done[0], skip_special_tokens=True)
    with pytest.raises(UsageError, match="6 frames, not at 4"):
        Git(GenerationOptions(model=str(folders["git"]), frames=4), resources)


def test_a_score_is_the_mean_log_probability_of_its_tokens(folders, resources):
    engine = Git(GenerationOptions(model=str(folders["git"]), most_tokens=7), resources)
    (one,) = engine.describe(FILM, TIMES)
    inputs = engine._inputs(FILM, TIMES)
    words = list(inputs["input_ids"][0])
    total = 0.0
    for _ in range(7):
        with torch.no_grad():
            said = engine._model(
                input_ids=torch.tensor([words]), pixel_values=inputs["pixel_values"]
            )
        shares = said.logits[0, -1].log_softmax(-1)
        words.append(int(shares.argmax()))
        total += float(shares.max())
    assert one.score == pytest.approx(total / 7, abs=1e-4)


def test_beams_find_what_is_likelier_and_alternatives_are_others(folders, resources):
    greedy = Git(GenerationOptions(model=str(folders["git"]), most_tokens=8), resources)
    many = Git(
        GenerationOptions(model=str(folders["git"]), most_tokens=8, beams=4, alternatives=2),
        resources,
    )
    found = many.describe(FILM, TIMES)
    assert len({item.text for item in found}) == len(found) == 3
    assert found[0].score > greedy.describe(FILM, TIMES)[0].score


def test_the_same_frame_thrice_is_that_frame(folders, resources):
    engine = Blip(GenerationOptions(model=str(folders["blip"]), most_tokens=8), resources)
    (once,) = engine.describe(FILM[:1], TIMES[:1])
    assert once.text
    assert engine.describe(FILM[:1].repeat(3, axis=0), TIMES[:3]) == (once,)


def test_smolvlm_is_told_what_its_own_processor_tells(folders, resources):
    pytest.importorskip("num2words")
    options = ChatOptions(model=str(folders["smolvlm"]), prompt="What is seen?")
    engine = SmolVlm(options, resources)
    from transformers.models.smolvlm import processing_smolvlm as theirs

    side = engine._config["vision_config"]["image_size"]
    processor = theirs.SmolVLMProcessor(
        engine._pictures, engine._tokenizer,
        transformers.SmolVLMVideoProcessor(
            size={"longest_edge": side}, max_image_size={"longest_edge": side},
            video_sampling={"fps": 1, "max_frames": 64, "video_size": {"longest_edge": side}},
        ),
        image_seq_len=4, chat_template=theirs.DEFAULT_CHAT_TEMPLATE,
    )  # fmt: skip
    told = processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "video"},
                                      {"type": "text", "text": "What is seen?"}]}],
        add_generation_prompt=True,
    )  # fmt: skip
    metadata = {"fps": 1000.0, "total_num_frames": 61_001, "duration": 61.001,
                "frames_indices": TIMES}  # fmt: skip
    inputs = processor(
        text=[told], videos=[torch.from_numpy(FILM).permute(0, 3, 1, 2)],
        video_metadata=[metadata], do_sample_frames=False, return_tensors="pt",
    )  # fmt: skip
    mine = engine._inputs(FILM, TIMES)
    assert inputs["input_ids"].tolist() == mine["input_ids"].tolist()


def test_qwen_is_told_the_times_and_the_language(folders, resources):
    options = ChatOptions(model=str(folders["qwen3_vl"]), language="de", most_tokens=4)
    engine = Qwen3Vl(options, resources)
    told = engine._tokenizer.decode(engine._inputs(FILM, TIMES)["input_ids"][0])
    for seconds in ("<0.3 seconds>", "<1.8 seconds>", "<31.8 seconds>"):
        assert seconds in told
    assert "Answer in German." in told
    assert engine.language == "de"
    with pytest.raises(ValueError, match="language"):
        ChatOptions(language="tlh")


def test_folders_that_hold_something_else(folders, resources, tmp_path):
    with pytest.raises(InputError, match=r"a model of the kind 'blip', not git"):
        Git(GenerationOptions(model=str(folders["blip"])), resources)
    broken = tmp_path / "broken"
    shutil.copytree(folders["blip"], broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(InputError, match="damaged"):
        Blip(GenerationOptions(model=str(broken)), resources)
    weights.unlink()
    with pytest.raises(InputError, match=r"no model.safetensors"):
        Blip.identity(GenerationOptions(model=str(broken)), resources)


# --- trained nets ---


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tiny_captioners.tiny_trained(tmp_path_factory.mktemp("runs") / "first")


def test_a_trained_net_says_what_its_model_says_of_the_same_features(run, resources):
    options = TrainedOptions(model=str(run), beams=3, alternatives=2)
    engine = Trained(options, resources)
    found = engine.describe(FILM, TIMES)
    encoder = encoders.open_encoder("descriptor", resources).engine
    features = encoder.encode(FILM).astype(np.float16)
    model = modelfile.load(run)
    from loquitur.vision.decoding.options import Decoding

    wanted = model.describe(features, Decoding(by="beam", width=3, most=20))
    assert [one.text for one in found] == [one.text for one in wanted[:3]]
    assert found[0].score == pytest.approx(wanted[0].score, abs=1e-5)
    identity = Trained.identity(options, resources)
    assert identity.model == "first"
    assert len(identity.model_digest) == 64


def test_graphs_say_the_same_without_torch(tmp_path, resources):
    pytest.importorskip("onnx")
    graphs = tiny_captioners.tiny_exported(tmp_path / "exported")
    mine = TrainedOnnx(TrainedOptions(model=str(graphs)), resources).describe(FILM, TIMES)
    theirs = Trained(TrainedOptions(model=str(graphs.parent / "run")), resources).describe(
        FILM, TIMES
    )
    assert [one.text for one in mine] == [one.text for one in theirs]
    assert mine[0].score == pytest.approx(theirs[0].score, abs=1e-4)
    assert describing.engine_of(str(graphs)) == f"trained-onnx:{graphs}"
    with pytest.raises(InputError, match="weights for torch, no graphs"):
        TrainedOnnx(TrainedOptions(model=str(graphs.parent / "run")), resources)


def test_another_encoder_is_refused_and_both_are_named(run, resources, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    card = json.loads((other / "best" / "model.json").read_text())
    card["encoder"]["version"] = "0-other"
    (other / "best" / "model.json").write_text(json.dumps(card))
    with pytest.raises((InputError, UsageError), match="descriptor"):
        Trained(TrainedOptions(model=str(other)), resources)


@pytest.mark.timeout(120)
def test_from_a_film_to_sentences_by_a_run(run, settings, tmp_path):
    import av

    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as output:
        stream = output.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for at in range(16):
            pixels = np.full((64, 64, 3), 90, np.uint8)
            pixels[10:24, 2 * at : 2 * at + 14] = (30, 60, 230)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    result = describing.describe(film, model=str(run), settings=settings)
    (one,) = result.descriptions.descriptions
    assert (one.start_ms, one.end_ms) == (0, 2_000)
    assert one.score < 0
    assert len(one.frames_ms) == 8
    assert result.descriptions.engine.model == "first"
    again = describing.describe(film, model=str(run), settings=settings)
    assert all(stage.cached for stage in again.stages)
