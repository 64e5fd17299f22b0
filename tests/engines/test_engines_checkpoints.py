"""Models of the hub for the engines on torch: names, cache, fetching by the real client.

None of it needs torch.
"""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loquitur import registry
from loquitur.engines import checkpoints, runtime
from loquitur.engines.asr.transformers import Transformers, TransformersOptions
from loquitur.engines.asr.transformers.families import family_of
from loquitur.engines.asr.transformers.spelling import spell, split_text
from loquitur.errors import InputError, MissingError, RemoteError, TransientError, UsageError
from loquitur.protocols import Resources

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "some/model"


class Hub(ThreadingHTTPServer):
    """Answers as the hub does for one repository; `refuses` is an (HTTP status, error code)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {}
        self.refuses = None
        self.gated = False
        self.revisions = set()
        self.fetched = []


class Answer(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def log_message(self, *_):
        """Stay silent."""

    def _answer(self, *, body):
        hub, path = self.server, self.path.split("?")[0]
        if hub.refuses:
            return self._send(hub.refuses[0], b"{}", {"X-Error-Code": hub.refuses[1]}, body=body)
        if path.startswith(f"/api/models/{NAME}"):
            hub.revisions |= {path.rpartition("/")[2]} if "/revision/" in path else {"main"}
            siblings = [{"rfilename": n, "size": len(data)} for n, data in hub.files.items()]
            info = {
                "id": NAME,
                "sha": COMMIT,
                "siblings": siblings,
                "gated": "auto" if hub.gated else False,
                "cardData": {"license": "apache-2.0"},
            }
            if "/tree/" in path:
                info = [
                    {"type": "file", "path": n, "size": len(data), "oid": _etag(data)}
                    for n, data in hub.files.items()
                ]
            return self._send(200, json.dumps(info).encode(), {}, body=body)
        name = path.rsplit("/", 1)[1]
        if name not in hub.files:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body=body)
        data = hub.files[name]
        if body:
            hub.fetched.append(name)
        headers = {"ETag": f'"{_etag(data)}"', "X-Repo-Commit": COMMIT}
        return self._send(200, data, headers, body=body)

    def _send(self, status, data, headers, *, body):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


def _etag(data):
    return hashlib.sha1(data).hexdigest()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    from huggingface_hub import constants

    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", offline=False)


def pulled(resources, name=NAME):
    """The names of the files a pull brought, and what was told."""
    told = []
    Transformers.pull(name, resources, told.append)
    folder = Transformers.location(name, resources)
    return sorted(path.name for path in folder.iterdir()), told


def test_safetensors_are_preferred_and_no_code_is_brought(hub, resources):
    hub.files = {
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "model.safetensors": b"s" * 2_000_000,
        "model.fp32-00001-of-00002.safetensors": b"other",
        "pytorch_model.bin": b"pickle",
        "flax_model.msgpack": b"flax",
        "modeling_own.py": b"import os",
        "README.md": b"words",
    }
    files, told = pulled(resources)
    assert files == ["config.json", "model.safetensors", "tokenizer.json"]
    assert told[0] == f"fetching {NAME} (about 2 MB, licence apache-2.0)"
    assert told[-1] == f"{NAME} is ready"
    hub.fetched.clear()
    assert pulled(resources)[1] == [f"{NAME} is there already"]
    assert hub.fetched == []


def test_weights_in_shards_come_with_their_index(hub, resources):
    hub.files = {
        "config.json": b"{}",
        "model-00001-of-00002.safetensors": b"a",
        "model-00002-of-00002.safetensors": b"b",
        "model.safetensors.index.json": b"{}",
    }
    files, _ = pulled(resources)
    assert files == sorted(hub.files)


def test_torchs_own_files_where_there_is_nothing_else(hub, resources):
    hub.files = {"config.json": b"{}", "pytorch_model.bin": b"pickle", "training_args.bin": b"x"}
    files, _ = pulled(resources)
    assert files == ["config.json", "pytorch_model.bin"]


def test_speechbrains_files(hub, resources):
    hub.files = dict.fromkeys(
        ("hyperparams.yaml", "model.ckpt", "wav2vec2.ckpt", "label_encoder.txt", "config.json"),
        b"x",
    )
    hub.files |= {"custom_interface.py": b"code", "anger.wav": b"sound"}
    files, _ = pulled(resources)
    assert files == sorted(set(hub.files) - {"custom_interface.py", "anger.wav"})


def test_a_pinned_revision_lies_beside_the_newest(hub, resources):
    hub.files = {"config.json": b"{}", "model.safetensors": b"s"}
    pulled(resources)
    files, told = pulled(resources, f"{NAME}@v1.0")
    assert "model.safetensors" in files
    assert told[-1] == f"{NAME}@v1.0 is ready"
    assert hub.revisions == {"main", "v1.0"}
    names = sorted(path.name for path in (resources.models / "transformers").iterdir())
    assert names == [".locks", "some--model", "some--model@v1.0"]
    by_option = checkpoints.source(NAME, "v1.0")
    assert by_option == checkpoints.source(f"{NAME}@v1.0")


def test_a_gated_model_says_where_its_conditions_are(hub, resources):
    hub.refuses = (403, "GatedRepo")
    with pytest.raises(MissingError, match="has accepted its conditions") as caught:
        pulled(resources)
    assert f"https://huggingface.co/{NAME}" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint
    assert (caught.value.exit_code, caught.value.code) == (3, "LQ-GATED")


def test_a_gate_is_told_before_anything_large(hub, resources):
    hub.files = {"config.json": b"{}", "model.safetensors": b"s"}
    hub.gated = True
    assert "gated" in pulled(resources)[1][0]


def test_other_refusals(hub, resources):
    hub.refuses = (404, "RepoNotFound")
    with pytest.raises(MissingError, match="not on the hub"):
        pulled(resources)
    hub.refuses = (503, "")
    with pytest.raises(TransientError):
        pulled(resources)
    hub.refuses = None
    hub.files = {"README.md": b"no model"}
    with pytest.raises(RemoteError, match="has no weights for torch"):
        pulled(resources)
    assert not (resources.models / "transformers" / "some--model").exists()


def test_offline_nothing_is_fetched(hub, tmp_path):
    with pytest.raises(MissingError, match="while offline"):
        pulled(Resources(models=tmp_path / "m", offline=True))
    assert hub.revisions == set()


def test_a_folder_is_nothing_to_fetch(tmp_path, resources):
    with pytest.raises(UsageError, match="is a folder"):
        Transformers.pull(str(tmp_path), resources, lambda _: None)


@pytest.mark.parametrize("name", ["nonsense", "a/b/c", "../up/there", "own er/name", "a/.."])
def test_names_that_no_hub_has(name):
    with pytest.raises(UsageError, match="neither a folder"):
        checkpoints.source(name)


def test_a_model_that_is_not_here_says_how_to_get_it(resources, monkeypatch):
    monkeypatch.setattr(checkpoints, "version", lambda *_: "1")
    for model in ("openai/whisper-tiny", "openai/whisper-tiny@abc"):
        with pytest.raises(MissingError, match="not in the model cache") as caught:
            Transformers.identity(TransformersOptions(model=model), resources)
        assert caught.value.hint == f"loquitur models pull transformers:{model}"


def test_an_incomplete_model_says_how_to_get_it(resources):
    folder = resources.models / "transformers" / "some--model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with pytest.raises(MissingError, match=r"incomplete.*model\.safetensors"):
        checkpoints.locate(checkpoints.source(NAME), resources)


@pytest.mark.parametrize(
    ("config", "family"),
    [
        ({"architectures": ["Wav2Vec2ForCTC"]}, "ctc"),
        ({"architectures": ["ParakeetForTDT"]}, "transducer"),
        ({"architectures": ["ParakeetForRNNT"]}, "transducer"),
        ({"architectures": ["WhisperForConditionalGeneration"]}, "text"),
        (
            {"architectures": ["MoonshineForConditionalGeneration"], "model_type": "moonshine"},
            "text",
        ),
        ({"model_type": "granite_speech"}, "text"),
    ],
)
def test_families(config, family):
    assert family_of(config, {}, name="m") == family


def test_whisper_has_times_where_it_says_which_heads_follow_the_sound():
    config = {"architectures": ["WhisperForConditionalGeneration"]}
    assert family_of(config, {"alignment_heads": [[1, 0]]}, name="m") == "whisper"


@pytest.mark.parametrize(
    "config", [{}, {"architectures": ["BertForMaskedLM"]}, {"model_type": "llama"}]
)
def test_what_is_no_recogniser(config):
    with pytest.raises(InputError, match="no speech recogniser"):
        family_of(config, {}, name="m")


def test_a_damaged_config(tmp_path):
    (tmp_path / "config.json").write_text("{no json")
    with pytest.raises(InputError, match="is no JSON"):
        checkpoints.read_config(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(InputError, match="no JSON object"):
        checkpoints.read_config(tmp_path)


def test_letters_of_several_tokens_are_joined():
    pieces = [b" K", b"\xc3", b"\xb6", b"ln", b"\xe6", b"\x9d", b"\xb1"]

    def decode(ids):
        return b"".join(pieces[at] for at in ids).decode("utf-8", "replace")

    spans = [(float(at), at + 1.0) for at in range(len(pieces))]
    tokens = list(spell(range(len(pieces)), spans, [-1.0, -2.0, -4.0, None, -1, -1, -1], decode))
    assert [token.text for token in tokens] == [" K", "ö", "ln", "東"]
    assert (tokens[1].start_s, tokens[1].end_s, tokens[1].log_probability) == (1.0, 3.0, -3.0)
    assert tokens[2].log_probability is None


def test_text_is_split_at_blanks_and_between_signs():
    assert split_text("  Hello,  world! ") == ["Hello,", "world!"]
    assert split_text("東京は。") == ["東", "京", "は。"]
    assert split_text("") == []


def test_known_models_say_what_a_user_must_know():
    for kind, name in (("asr", "transformers"), ("emotion", "transformers")):
        for model in registry.find(kind, name).models:
            assert model.size_mb > 0
            assert model.licence
            assert model.languages
            assert model.figure, model.name
            assert model.figure_source
            checkpoints.source(model.name)


def test_options_out_of_range():
    for wrong in ({"batch_size": 0}, {"beams": 0}, {"max_new_tokens": -1}):
        with pytest.raises(ValueError, match="must"):
            TransformersOptions(**wrong)


@pytest.mark.parametrize(("revision", "is_there"), [("", True), ("v1.0", False), (COMMIT, True)])
def test_a_model_in_the_cache_of_the_hubs_client_is_used(
    resources, tmp_path, monkeypatch, revision, is_there
):
    from huggingface_hub import constants

    home = tmp_path / "hub-cache" / "models--some--model"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(COMMIT)
    snapshot = home / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).write_text("{}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    found = checkpoints.source(NAME, revision)
    if is_there:
        assert checkpoints.locate(found, resources) == snapshot
        (snapshot / "model.safetensors").unlink()
    with pytest.raises(MissingError, match="not in the model cache"):
        checkpoints.locate(found, resources)


# --- memory, without torch ---


@pytest.mark.parametrize(
    "says",
    [
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you",
        "CUDA failed with error out of memory",
    ],
)
def test_a_lack_of_memory_has_many_faces(says):
    assert runtime.lacks_memory(RuntimeError(says))


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: device-side assert triggered"), ValueError("out of memory")]
)
def test_other_failures_are_no_lack_of_memory(error):
    assert not runtime.lacks_memory(error)
