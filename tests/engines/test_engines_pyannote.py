"""What the adapter does before the library is there: configurations, names, gates.

The library itself is run in tests/extras/test_extras_pyannote.py.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loquitur import registry
from loquitur.engines.diarization.pyannote import Pyannote, PyannoteOptions
from loquitur.engines.diarization.pyannote.plan import Plan
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import tiny_pyannote

pytest.importorskip("yaml")


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", offline=False)


def pipeline(folder, text=tiny_pyannote._COMMUNITY, **changes):
    """A pipeline's files, empty but for its configuration."""
    names = ["segmentation/pytorch_model.bin", "embedding/pytorch_model.bin"]
    names += ["plda/plda.npz", "plda/xvec_transform.npz"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "config.yaml").write_text(text)
    return folder


def test_community_1_is_read_from_its_folder(tmp_path):
    folder = pipeline(tmp_path / "clone")
    plan = Plan.read(folder)
    assert plan.segmentation == folder / "segmentation" / "pytorch_model.bin"
    assert plan.plda == folder / "plda"
    assert plan.clustering == "VBxClustering"
    assert plan.parameters["clustering"] == {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}
    assert len(plan.files) == 5


def test_3_1_finds_its_models_beside_it_and_needs_no_plda(tmp_path):
    folder = pipeline(tmp_path / "speaker-diarization-3.1", tiny_pyannote._OLDER)
    with pytest.raises(MissingError, match=r"needs pyannote/segmentation-3.0") as caught:
        Plan.read(folder)
    assert caught.value.hint == "loquitur models pull pyannote:speaker-diarization-3.1"
    for name in ("segmentation-3.0", "wespeaker-voxceleb-resnet34-LM"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pytorch_model.bin").write_bytes(b"x")
    plan = Plan.read(folder)
    assert plan.segmentation == tmp_path / "segmentation-3.0" / "pytorch_model.bin"
    assert plan.plda is None
    assert len(plan.files) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"pyannote.audio.pipelines.SpeakerDiarization": "subprocess.Popen"},
        {"pyannote.audio.pipelines.SpeakerDiarization": "os.system"},
        {"params:\n  clustering": "preprocessors: {a: {name: os.system}}\nparams:\n  clustering"},
        {"pipeline:": "pipelines:"},
    ],
)
def test_a_configuration_that_names_foreign_code_is_refused(tmp_path, changes):
    """The library would import and call whatever stands there."""
    with pytest.raises(InputError, match="no plain speaker diarization pipeline"):
        Plan.read(pipeline(tmp_path / "clone", **changes))


@pytest.mark.parametrize("text", ["- a\n- b\n", "{", "!!python/object/apply:os.system [ls]", ""])
def test_a_configuration_that_is_none_is_refused(tmp_path, text):
    folder = pipeline(tmp_path / "clone")
    (folder / "config.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        Plan.read(folder)
    assert caught.value.code == "LQ-NO-MODEL"


def test_names_and_folders(tmp_path, resources, monkeypatch):
    monkeypatch.setattr("loquitur.engines.diarization.pyannote.engine._version", lambda: "4.0.7")
    with pytest.raises(MissingError) as caught:
        Pyannote.identity(PyannoteOptions(), resources)
    assert caught.value.hint == "loquitur models pull pyannote:speaker-diarization-community-1"
    with pytest.raises(UsageError, match="no model and no folder"):
        Pyannote.identity(PyannoteOptions(model="community"), resources)
    with pytest.raises(InputError, match=r"has no config\.yaml"):
        Pyannote.identity(PyannoteOptions(model=str(tmp_path)), resources)
    folder = pipeline(tmp_path / "mine")
    first = Pyannote.identity(PyannoteOptions(model=str(folder)), resources)
    (folder / "plda" / "plda.npz").write_bytes(b"another")
    second = Pyannote.identity(PyannoteOptions(model=str(folder)), resources)
    assert (first.model, first.version) == ("mine", "4.0.7")
    assert first.model_digest != second.model_digest
    assert Pyannote.location("", resources) == (
        resources.models / "pyannote" / "speaker-diarization-community-1"
    )


def test_wrong_options_are_refused():
    for wrong in ({"batch": -1}, {"min_gap_s": -0.5}, {"device": "tpu"}):
        with pytest.raises(UsageError):
            registry.options_of(PyannoteOptions, wrong, owner="pyannote")


def test_without_its_package_it_says_how_to_make_its_environment(resources):
    if not registry.missing(registry.find("diarization", "pyannote")):
        pytest.skip("pyannote.audio is here")
    with pytest.raises(MissingError, match="needs") as caught:
        registry.load(registry.find("diarization", "pyannote"))
    assert caught.value.hint == "loquitur engines env diarization.pyannote --create"


# --- the gate ---


class _Gate(BaseHTTPRequestHandler):
    """The hub's answer to who has not accepted a repository's conditions."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.send_response(self.server.status)
        self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def gate(monkeypatch, tmp_path):
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("speaker-diarization-community-1", "pyannote/speaker-diarization-community-1"),
        ("speaker-diarization-3.1", "pyannote/speaker-diarization-3.1"),
    ],
)
def test_a_closed_gate_names_the_page_and_the_token(gate, resources, name, repository, status):
    gate.status = status
    said = []
    with pytest.raises(MissingError, match="accepted its conditions") as caught:
        Pyannote.pull(name, resources, said.append)
    assert f"https://huggingface.co/{repository}" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint
    assert caught.value.code == "LQ-GATED"
    assert "33 MB" in said[0]


def test_what_is_there_is_not_fetched_again(resources):
    folder = pipeline(Pyannote.location("", resources))
    said = []
    Pyannote.pull("", resources, said.append)
    assert said[0].endswith("is there already")
    (folder / "plda" / "plda.npz").unlink()
    offline = Resources(models=resources.models, offline=True)
    with pytest.raises(MissingError, match="while offline"):
        Pyannote.pull("", offline, said.append)
    with pytest.raises(UsageError, match="no model is called"):
        Pyannote.pull("community-2", resources, said.append)
