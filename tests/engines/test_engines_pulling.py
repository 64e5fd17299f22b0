"""Pins, locks, digests, licences, gates, mirrors: the real hub client against a hub of our own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import pytest
from emulated_hub import Repository

from loquitur import models, pins
from loquitur.engines import weights
from loquitur.engines.asr.nemo import Nemo
from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions
from loquitur.engines.diarization.sortformer import Sortformer
from loquitur.engines.emotion import emotion2vec
from loquitur.engines.emotion.emotion2vec import Emotion2vec
from loquitur.errors import InputError, MissingError, TransientError
from loquitur.protocols import Resources
from loquitur.testing.tiny import tiny_parakeet

V3 = "istupakov/parakeet-tdt-0.6b-v3-onnx"
PIN = pins.PINS[V3]
OLD, NEW = "1" * 40, "2" * 40


@pytest.fixture
def resources(hub, tmp_path):
    return Resources(models=tmp_path / "models", offline=False, hub=hub.endpoint)


@pytest.fixture
def parakeet(hub, tmp_path):
    made = tiny_parakeet(tmp_path / "source")
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    later = files | {"vocab.txt": files["vocab.txt"] + b"later 99\n"}
    hub.world.repositories[V3] = Repository(history={PIN: files, NEW: later}, licence="cc-by-4.0")
    return files


def plain(hub, name="some/model", **more):
    history = {OLD: {"a.bin": b"old weights 1234567890", "b.txt": b"old"}}
    hub.world.repositories[name] = Repository(history=history, **more)
    return hub.world.repositories[name]


def fetched(resources, folder, told=None, **more):
    weights.fetch(
        "some/model",
        ["a.bin", "b.txt"],
        folder,
        about_mb=1,
        tell=(told if told is not None else []).append,
        resources=resources,
        **more,
    )


def test_a_pinned_model_comes_at_its_pin_not_at_what_was_published_since(hub, resources, parakeet):
    told = []
    (found,) = models.pull("onnx-asr", resources, told.append)
    assert told[0] == (f"onnx-asr:parakeet-tdt-0.6b-v3: about 670 MB from {V3}, licence CC-BY-4.0")
    assert f"{V3}: commit {PIN[:12]} (pinned), licence cc-by-4.0" in told
    assert found.commit == PIN
    folder = models.locate("onnx-asr", resources)
    assert b"later" not in (folder / "vocab.txt").read_bytes()
    lock = pins.read_lock(folder)
    assert lock.repository == V3
    assert set(lock.files) == {path.name for path in folder.iterdir()}
    (verdict,) = models.verify("onnx-asr", resources)
    assert verdict.note == f"{len(lock.files)} files as fetched at commit {PIN[:12]}"


def test_without_a_pin_the_first_pull_pins(hub, resources, tmp_path):
    repository = plain(hub)
    told = []
    fetched(resources, tmp_path / "cache" / "m", told)
    assert told[0] == f"some/model: commit {OLD[:12]} (pinned from now on), licence apache-2.0"
    repository.history[NEW] = {"a.bin": b"new weights 1234567890", "b.txt": b"new"}
    (tmp_path / "cache" / "m" / "a.bin").unlink()
    fetched(resources, tmp_path / "cache" / "m", told)
    assert (tmp_path / "cache" / "m" / "b.txt").read_bytes() == b"old"
    assert f"commit {OLD[:12]} (as it was fetched before)" in told[-1]
    fetched(resources, tmp_path / "cache" / "n", told, revision="main")
    assert (tmp_path / "cache" / "n" / "b.txt").read_bytes() == b"new"


def test_a_pin_that_is_gone_is_told_and_nothing_else_is_taken(hub, resources, parakeet):
    del hub.world.repositories[V3].history[PIN]
    with pytest.raises(MissingError, match=f"has no revision {PIN}") as caught:
        models.pull("onnx-asr", resources, str)
    assert "copy the files by hand" in caught.value.hint
    assert not (resources.models / "onnx-asr").exists()


def test_a_file_that_was_changed_since_is_refused_when_used_and_told_by_verify(
    hub, resources, parakeet
):
    models.pull("onnx-asr", resources, str)
    vocab = models.locate("onnx-asr", resources) / "vocab.txt"
    vocab.write_bytes(vocab.read_bytes() + b"x 20\n")
    with pytest.raises(InputError, match=r"vocab\.txt is not the file that was fetched") as caught:
        OnnxAsr.identity(OnnxAsrOptions(), resources)
    assert "pull the model again" in caught.value.hint
    (verdict,) = models.verify("onnx-asr", resources)
    assert verdict.problem.startswith("not as it was fetched: vocab.txt")
    assert not verdict.is_absent
    state = next(s for s in models.engine_states(resources) if s.spec.name == "onnx-asr")
    assert "not the file that was fetched" in state.models[0].problem


def test_verify_reads_all_again_though_size_and_time_are_as_before(hub, resources, parakeet):
    models.pull("onnx-asr", resources, str)
    OnnxAsr.identity(OnnxAsrOptions(), resources)
    graph = models.locate("onnx-asr", resources) / "encoder-model.int8.onnx"
    before = graph.stat()
    graph.write_bytes(graph.read_bytes()[:-1] + b"\x7f")
    os.utime(graph, ns=(before.st_atime_ns, before.st_mtime_ns))
    (verdict,) = models.verify("onnx-asr", resources)
    assert "encoder-model.int8.onnx" in verdict.problem


@pytest.mark.parametrize("name", ["a.bin", "b.txt"])
def test_what_comes_damaged_is_not_kept(hub, resources, tmp_path, name):
    plain(hub)
    hub.world.spoils.add(name)
    with pytest.raises(TransientError, match=f"{name} came damaged"):
        fetched(resources, tmp_path / "cache" / "m")
    assert not (tmp_path / "cache" / "m").exists()
    hub.world.spoils.clear()
    fetched(resources, tmp_path / "cache" / "m")
    assert (tmp_path / "cache" / "m" / "a.bin").read_bytes().startswith(b"old")


def test_a_download_that_broke_off_goes_on_where_it_was(hub, resources, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000, raising=False)
    data = bytes(range(256)) * 400
    hub.world.repositories["some/model"] = Repository(
        history={OLD: {"a.bin": data, "b.txt": b"old"}}
    )
    hub.world.cut.add("a.bin")
    folder = tmp_path / "cache" / "m"
    try:
        fetched(resources, folder)
    except TransientError:
        fetched(resources, folder)
    assert (folder / "a.bin").read_bytes() == data
    assert any(item.startswith("a.bin bytes=") for item in hub.world.ranges), "from where it was"


def test_what_the_hub_client_has_is_not_fetched_again(hub, resources, tmp_path):
    plain(hub)
    snapshot = tmp_path / "hub-cache" / "models--some--model" / "snapshots" / OLD
    snapshot.mkdir(parents=True)
    (snapshot / "a.bin").write_bytes(b"old weights 1234567890")
    fetched(resources, tmp_path / "cache" / "m")
    assert (tmp_path / "cache" / "m" / "a.bin").read_bytes() == b"old weights 1234567890"
    assert not any(item.startswith("GET") and item.endswith("a.bin") for item in hub.world.asked)


def test_a_licence_that_forbids_commercial_use_is_accepted_by_name_or_nothing_comes(
    hub, resources, tmp_path
):
    plain(hub, licence="cc-by-nc-4.0")
    for accepted in ((), ("yes",), ("CC-BY-4.0",)):
        with pytest.raises(MissingError, match="may not be used commercially") as caught:
            fetched(dataclasses.replace(resources, licences=accepted), tmp_path / "cache" / "m")
        assert (caught.value.code, caught.value.exit_code) == ("LQ-LICENCE", 3)
        assert "--accept-licence cc-by-nc-4.0" in caught.value.hint
    assert not any("resolve" in item for item in hub.world.asked), "no file was asked for"
    fetched(dataclasses.replace(resources, licences=("CC-BY-NC-4.0",)), tmp_path / "cache" / "m")
    assert (tmp_path / "cache" / "m" / "a.bin").is_file()


def test_a_gate_names_the_token_and_the_page(hub, resources, tmp_path, monkeypatch):
    from huggingface_hub import constants

    plain(hub, gated=True)
    told = []
    with pytest.raises(MissingError, match="accepted its conditions") as caught:
        fetched(resources, tmp_path / "cache" / "m", told)
    assert "https://huggingface.co/some/model" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint
    assert "gated: https://huggingface.co/some/model" in told[0]
    monkeypatch.setenv("HF_TOKEN", hub.world.token)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    fetched(resources, tmp_path / "cache" / "m")
    assert (tmp_path / "cache" / "m" / "a.bin").is_file()


def test_a_table_s_licence_is_told_and_asked_for_before_anything_is_looked_up(resources):
    told = []
    name = "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"
    with pytest.raises(MissingError, match="may not be used commercially") as caught:
        models.pull(name, resources, told.append)
    (line,) = told
    assert line.startswith(f"transformers:{name}: about 660 MB from {name}, licence CC-BY-NC-SA")
    assert line.endswith(", not for commercial use")
    assert caught.value.hint.endswith("--accept-licence CC-BY-NC-SA-4.0")


@pytest.mark.parametrize(
    ("engine", "repository", "names"),
    [
        (Sortformer, "nvidia/diar_sortformer_4spk-v1", ("diar_sortformer_4spk-v1.nemo",)),
        (Nemo, "nvidia/parakeet-tdt-0.6b-v2", ("parakeet-tdt-0.6b-v2.nemo",)),
        (Emotion2vec, "emotion2vec/emotion2vec_plus_seed", emotion2vec.FILES),
    ],
)
def test_engines_of_other_environments_ask_for_a_licence_too(
    hub, resources, engine, repository, names
):
    model = repository.partition("/")[2]
    files = dict.fromkeys(names, b"weights")
    hub.world.repositories[repository] = Repository(history={OLD: files}, licence="cc-by-nc-4.0")
    with pytest.raises(MissingError, match="may not be used commercially"):
        engine.pull(model, resources, str)
    accepting = dataclasses.replace(resources, licences=("cc-by-nc-4.0",))
    engine.pull(model, accepting, str)
    assert {path.name for path in engine.location(model, resources).iterdir()} == set(names)


def command(hub, tmp_path, *arguments, **environ):
    base = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    place = {"LOQUITUR_MODELS": str(tmp_path / "models"), "HF_HOME": str(tmp_path / "hf")}
    return subprocess.run(
        [sys.executable, "-m", "loquitur", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=base | place | environ,
        cwd=tmp_path,
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", ["HF_ENDPOINT", "LOQUITUR_HUB", "--hub"])
def test_a_mirror_serves_the_command_line(hub, tmp_path, parakeet, way):
    more = ["--hub", hub.endpoint] if way == "--hub" else []
    environ = {} if more else {way: hub.endpoint}
    done = command(hub, tmp_path, "models", "pull", "onnx-asr", "--json", *more, **environ)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["models"]
    assert (found["commit"], found["licence"], found["gated"]) == (PIN, "CC-BY-4.0", False)
    assert "licence CC-BY-4.0" in done.stderr
    done = command(hub, tmp_path, "models", "verify", "onnx-asr")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"as fetched at commit {PIN[:12]}" in done.stdout
    done = command(hub, tmp_path, "models", "verify", "light")
    assert done.returncode == 3, "what is missing of several"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_no_room_for_a_model_is_told_and_what_came_is_gone_on_with(hub, tmp_path, parakeet):
    """A limit on the size of files does what a full disk does, in the real client's own writes."""
    import resource

    large = dict(parakeet)
    large["encoder-model.int8.onnx"] += bytes(400_000)
    hub.world.repositories[V3].history[PIN] = large
    arguments = [sys.executable, "-m", "loquitur", "models", "pull", "onnx-asr"]
    base = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    base |= {"LOQUITUR_MODELS": str(tmp_path / "models"), "HF_ENDPOINT": hub.endpoint}
    base["HF_HOME"] = str(tmp_path / "hf")
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        env=base,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    last = done.stderr.strip().splitlines()[-1]
    assert (done.returncode, last.split(":")[0]) == (1, "error"), done.stderr
    assert "cannot be written" in last
    assert "make room" in last
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models" / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8").exists()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=base)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_run_fetches_only_where_it_is_allowed_to(hub, tmp_path, parakeet, clip):
    """Nobody is at a terminal: without a word nothing is fetched."""
    run = ["transcribe", str(clip), "--json", "--store"]
    place = {"HF_ENDPOINT": hub.endpoint}
    done = command(hub, tmp_path, *run, str(tmp_path / "a"), **place)
    assert done.returncode == 0, done.stderr
    assert [item for item in hub.world.asked if "istupakov" in item] == []
    done = command(hub, tmp_path, *run, str(tmp_path / "b"), "--yes", **place)
    assert done.returncode == 0, done.stderr
    stages = {item["stage"]: item for item in json.loads(done.stdout)["stages"]}
    assert stages["transcribe"]["engine"] == "onnx-asr"
    assert stages["transcribe"]["model"] == "parakeet-tdt-0.6b-v3-int8"
    told = command(hub, tmp_path, "plan", str(clip), "--store", str(tmp_path / "b"), **place)
    assert "transcribe: onnx-asr parakeet-tdt-0.6b-v3-int8 is taken: WER 6.3 %" in told.stderr


@pytest.mark.slow
def test_the_settings_allow_it_too_and_offline_forbids_it(hub, tmp_path, parakeet, clip):
    place = {"HF_ENDPOINT": hub.endpoint, "LOQUITUR_FETCH": "yes"}
    run = ["transcribe", str(clip), "--json", "--store", str(tmp_path / "a")]
    done = command(hub, tmp_path, *run, "--offline", **place)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "models" / "onnx-asr").exists()
    done = command(hub, tmp_path, *run, **place)
    assert json.loads(done.stdout)["stages"][-1]["engine"] == "onnx-asr"
