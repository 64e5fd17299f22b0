"""Fetching through the real hub client, from a small hub of our own on the loopback interface."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loquitur import pins
from loquitur.engines import weights
from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions
from loquitur.errors import FullError, MissingError, RemoteError, TransientError, UsageError
from loquitur.protocols import Resources
from loquitur.testing.signals import voice
from loquitur.testing.tiny import tiny_parakeet

_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_REPOSITORY = "istupakov/parakeet-tdt-0.6b-v3-onnx"


class _Hub(ThreadingHTTPServer):
    """Answers as the hub does for one repository; `status` makes every answer that one."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = files
        self.status = 200
        self.fetched = []
        self.breaks = set()


class _Answer(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def log_message(self, *_):
        """Stay silent."""

    def _answer(self, *, body):
        hub = self.server
        path = self.path.split("?")[0]
        if hub.status != 200:
            headers = {"X-Error-Code": "RepoNotFound"} if hub.status == 404 else {}
            return self._send(hub.status, b"{}", headers, body=body)
        if path.startswith(f"/api/models/{_REPOSITORY}/tree/"):
            rows = [
                {"type": "file", "path": name, "size": len(data), "oid": _etag(data)}
                for name, data in hub.files.items()
            ]
            return self._send(200, json.dumps(rows).encode(), {}, body=body)
        if path.startswith(f"/api/models/{_REPOSITORY}"):
            siblings = [{"rfilename": name} for name in hub.files]
            info = {"id": _REPOSITORY, "sha": _COMMIT, "siblings": siblings}
            return self._send(200, json.dumps(info).encode(), {}, body=body)
        name = path.rsplit("/", 1)[1]
        if name not in hub.files:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body=body)
        data = hub.files[name]
        if body:
            hub.fetched.append(name)
        headers = {"ETag": f'"{_etag(data)}"', "X-Repo-Commit": _COMMIT}
        if body and name in hub.breaks:
            hub.breaks.discard(name)
            self.send_response(500)
            self.end_headers()
            return None
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

    made = tiny_parakeet(tmp_path / "source")
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    files["README.md"] = b"never asked for"
    files["encoder-model.onnx.data"] = b"weights" * 100
    server = _Hub(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", offline=False)


@pytest.fixture
def home(resources):
    return resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8"


def test_pull_brings_the_model_whole_and_keeps_it(hub, resources, home, capfd):
    told = []
    OnnxAsr.pull("", resources, told.append)
    assert sorted(path.name for path in home.iterdir()) == [
        "config.json",
        "decoder_joint-model.int8.onnx",
        "encoder-model.int8.onnx",
        "vocab.txt",
    ]
    assert sorted(path.name for path in home.parent.iterdir()) == [".locks", home.name]
    assert told[0] == f"fetching parakeet-tdt-0.6b-v3 (int8, about 670 MB) from {_REPOSITORY}"
    assert told[-1] == "parakeet-tdt-0.6b-v3 (int8) is ready"
    assert list(OnnxAsr(OnnxAsrOptions(), resources).transcribe(voice(2000), language="en"))
    hub.fetched.clear()
    OnnxAsr.pull("parakeet-tdt-0.6b-v3", resources, told.append)
    assert hub.fetched == []
    assert told[-1] == "parakeet-tdt-0.6b-v3 (int8) is there already"
    assert capfd.readouterr() == ("", "")


def test_pull_of_the_large_precision_takes_its_weights_along(hub, resources):
    OnnxAsr.pull("parakeet-tdt-0.6b-v3-fp32", resources, lambda _: None)
    home = resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v3-fp32"
    assert (home / "encoder-model.onnx.data").is_file()
    assert not list(home.glob("*int8*"))
    options = OnnxAsrOptions(precision="fp32")
    before = OnnxAsr.identity(options, resources).model_digest
    (home / "encoder-model.onnx.data").write_bytes(b"other")
    pins.forget(home)  # as if it had been copied by hand
    assert OnnxAsr.identity(options, resources).model_digest != before


def test_an_incomplete_folder_is_replaced(hub, resources, home):
    home.mkdir(parents=True)
    (home / "vocab.txt").write_text("left over")
    OnnxAsr.pull("", resources, lambda _: None)
    assert "left over" not in (home / "vocab.txt").read_text(encoding="utf-8")
    assert not weights.lacking(home, ["encoder-model.int8.onnx"])


def test_progress_is_told_by_tenths(hub, resources, tmp_path):
    told = []
    weights.fetch(
        _REPOSITORY,
        ["encoder-model.onnx"],
        tmp_path / "a" / "m",
        about_mb=0.06,
        tell=told.append,
        resources=resources,
    )
    assert told[0].startswith(f"{_REPOSITORY}: commit {_COMMIT[:12]}")
    assert told[1:]
    assert all("of about" in line for line in told[1:])


def test_a_repository_without_the_files(hub, resources, home):
    del hub.files["vocab.txt"]
    with pytest.raises(RemoteError, match=r"has no vocab.txt"):
        OnnxAsr.pull("", resources, lambda _: None)
    assert not home.exists()


def test_a_broken_download_goes_on_next_time(hub, resources, home):
    hub.breaks.add("encoder-model.int8.onnx")
    with pytest.raises(TransientError, match="500"):
        OnnxAsr.pull("", resources, lambda _: None)
    assert not home.exists()
    OnnxAsr.pull("", resources, lambda _: None)
    assert not weights.lacking(home, ["encoder-model.int8.onnx", "vocab.txt"])
    assert hub.fetched.count("vocab.txt") == 1


def test_a_hub_that_goes_down_half_way(hub, resources, home):
    hub.breaks.add("encoder-model.int8.onnx")
    with pytest.raises(TransientError):
        OnnxAsr.pull("", resources, lambda _: None)
    hub.status = 503
    with pytest.raises(TransientError):
        OnnxAsr.pull("", resources, lambda _: None)
    assert not home.exists()


@pytest.mark.parametrize(
    ("status", "kind"), [(404, MissingError), (403, RemoteError), (418, RemoteError)]
)
def test_refusals(hub, resources, home, status, kind):
    hub.status = status
    with pytest.raises(kind) as caught:
        OnnxAsr.pull("", resources, lambda _: None)
    assert _REPOSITORY in str(caught.value)
    assert not isinstance(caught.value, TransientError)
    assert caught.value.__cause__ is not None
    assert not home.exists()


def test_a_hub_that_is_down(hub, resources, home):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(TransientError, match="cannot be reached"):
        OnnxAsr.pull("", resources, lambda _: None)
    assert not home.exists()


def test_offline_nothing_is_fetched(hub, tmp_path):
    with pytest.raises(MissingError, match="while offline") as caught:
        OnnxAsr.pull("", Resources(models=tmp_path / "m", offline=True), lambda _: None)
    assert str(tmp_path / "m") in caught.value.hint
    assert hub.fetched == []


def test_an_unwritable_cache(hub, tmp_path, monkeypatch):
    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(FullError, match="No space left"):
        weights.fetch(
            _REPOSITORY,
            ["a"],
            tmp_path / "x" / "y",
            about_mb=1,
            tell=lambda _: None,
            resources=Resources(models=tmp_path, offline=False),
        )


def test_unknown_names(resources):
    with pytest.raises(UsageError, match=r"parakeet-tdt-0\.6b-v9"):
        OnnxAsr.pull("parakeet-tdt-0.6b-v9", resources, lambda _: None)


def test_any_repository_of_the_hub_can_be_pulled_by_its_name(hub, resources):
    told = []
    OnnxAsr.pull(_REPOSITORY, resources, told.append)
    options = OnnxAsrOptions(model=_REPOSITORY)
    engine = OnnxAsr(options, resources)
    assert engine._family.name == "nemo-conformer-tdt"
    assert list(engine.transcribe(voice(2000), language="en"))
    assert "README.md" not in hub.fetched
    assert OnnxAsr.identity(options, resources).model == f"{_REPOSITORY}-int8"
    OnnxAsr.pull(_REPOSITORY, resources, told.append)
    assert told[-1] == f"{_REPOSITORY} (int8) is there already"


def test_a_repository_without_int8_is_pulled_in_fp32(hub, resources):
    for name in [name for name in hub.files if ".int8" in name]:
        del hub.files[name]
    OnnxAsr.pull(_REPOSITORY, resources, lambda _: None)
    engine = OnnxAsr(OnnxAsrOptions(model=_REPOSITORY), resources)
    assert list(engine.transcribe(voice(2000), language="en"))


def test_a_repository_with_no_such_model_leaves_nothing_behind(hub, resources):
    hub.files = {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"x"}
    with pytest.raises(RemoteError, match="cannot be used by onnx-asr") as caught:
        OnnxAsr.pull(_REPOSITORY, resources, lambda _: None)
    assert "ONNX exports" in caught.value.hint
    assert list((resources.models / "onnx-asr").iterdir()) == []
