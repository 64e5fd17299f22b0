"""What the adapter knows before the toolkit is there; itself: tests/extras/test_extras_nemo.py."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from loquitur import registry
from loquitur.engines.asr.nemo import Nemo, NemoOptions, _check_configuration
from loquitur.engines.nemo_archive import check_archive
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr("loquitur.engines.asr.nemo._version", lambda: "3.0.0")


def language_model(folder, *, backbone=True):
    """The files of a speech-augmented language model, empty."""
    names = ["config.json", "model.safetensors"]
    if backbone:
        names += [f"llm_backbone/{n}" for n in ("config.json", "tokenizer.json")]
        names += ["llm_backbone/tokenizer_config.json"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return folder


def test_models_of_the_cache(resources):
    with pytest.raises(MissingError, match=r"no parakeet-tdt-0.6b-v3\.nemo") as caught:
        Nemo.identity(NemoOptions(), resources)
    assert caught.value.hint == "loquitur models pull nemo:parakeet-tdt-0.6b-v3"
    folder = Nemo.location("", resources)
    folder.mkdir(parents=True)
    (folder / "parakeet-tdt-0.6b-v3.nemo").write_bytes(b"x")
    found = Nemo.identity(NemoOptions(), resources)
    assert (found.version, found.model) == ("3.0.0", "parakeet-tdt-0.6b-v3")
    canary = Nemo.location("canary-qwen-2.5b", resources)
    language_model(canary, backbone=False)
    with pytest.raises(MissingError, match=r"tokenizer\.json"):
        Nemo.identity(NemoOptions(model="canary-qwen-2.5b"), resources)
    language_model(canary)
    assert Nemo.identity(NemoOptions(model="canary-qwen-2.5b"), resources).model_digest


def test_folders_and_files(tmp_path, resources):
    with pytest.raises(UsageError, match=r"no model, \.nemo file or folder"):
        Nemo.identity(NemoOptions(model="parakeet"), resources)
    with pytest.raises(InputError, match=r"holds 0 \.nemo files"):
        Nemo.identity(NemoOptions(model=str(tmp_path)), resources)
    (tmp_path / "mine.nemo").write_bytes(b"x")
    by_folder = Nemo.identity(NemoOptions(model=str(tmp_path)), resources)
    by_file = Nemo.identity(NemoOptions(model=str(tmp_path / "mine.nemo")), resources)
    assert by_folder == by_file
    assert by_file.model == "mine"
    (tmp_path / "other.nemo").write_bytes(b"y")
    with pytest.raises(InputError, match=r"holds 2 \.nemo files"):
        Nemo.identity(NemoOptions(model=str(tmp_path)), resources)
    bare = language_model(tmp_path / "salm", backbone=False)
    with pytest.raises(InputError, match="has no llm_backbone"):
        Nemo.identity(NemoOptions(model=str(bare)), resources)


def test_times_are_known_before_anything_is_loaded(tmp_path):
    assert Nemo.times(NemoOptions()) == "words"
    assert Nemo.times(NemoOptions(model="canary-qwen-2.5b")) == "none"
    assert Nemo.times(NemoOptions(model=str(language_model(tmp_path / "salm")))) == "none"
    assert Nemo.times(NemoOptions(model=str(tmp_path / "x.nemo"))) == "words"


def test_languages_are_those_of_the_model():
    assert Nemo.languages_of(NemoOptions(model="parakeet-tdt-0.6b-v2")) == ("en",)
    assert len(Nemo.languages_of(NemoOptions())) == 25


def test_a_pull_says_how_large_it_is_and_fetches_nothing_while_offline(resources):
    with pytest.raises(MissingError, match=r"about 5120 MB.*while offline"):
        Nemo.pull("canary-qwen-2.5b", resources, print)
    said = []
    language_model(Nemo.location("canary-qwen-2.5b", resources))
    Nemo.pull("canary-qwen-2.5b", resources, said.append)
    assert said == [
        "nvidia/canary-qwen-2.5b is there already",
        "Qwen/Qwen3-1.7B is there already",
        "canary-qwen-2.5b is ready",
    ]
    with pytest.raises(UsageError, match="no model is called"):
        Nemo.pull("canary", resources, said.append)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"perception": {}, "trust_remote_code": True}, "asks to run code"),
        ({"model_type": "qwen3"}, "no speech-augmented language model"),
        ([], "no speech-augmented language model"),
    ],
)
def test_a_configuration_that_must_not_be_used_is_refused(tmp_path, content, said):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=said):
        _check_configuration(path)
    path.write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        _check_configuration(path)


@pytest.mark.parametrize("wrong", [{"max_new_tokens": 0}, {"device": "tpu"}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(UsageError):
        registry.options_of(NemoOptions, wrong, owner="nemo")


def test_without_its_package_it_says_how_to_make_its_environment():
    spec = registry.find("asr", "nemo")
    if not registry.missing(spec):
        pytest.skip("NeMo is here")
    with pytest.raises(MissingError, match="needs nemo") as caught:
        registry.load(spec)
    assert caught.value.hint == "loquitur engines env asr.nemo --create"


# --- what a .nemo file may hold ---


def archive(path, config="target: nemo.collections.asr.models.EncDecRNNTModel\n", **members):
    """A `.nemo` with a configuration, and members that are names of what they are."""
    with tarfile.open(path, "w") as file:
        for name, data in {"./model_config.yaml": config, "./model_weights.ckpt": "w"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data.encode()))
        for kind, name in members.items():
            info = tarfile.TarInfo(name)
            info.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}.get(
                kind, tarfile.REGTYPE
            )
            info.linkname = "/etc/passwd"
            file.addfile(info)
    return path


def test_a_plain_archive_passes(tmp_path):
    check_archive(archive(tmp_path / "a.nemo"), engine="asr.nemo")
    named = "a:\n  _target_: torch.nn.Linear\nb: [{target: nemo.core.classes.Loss}]\ntarget: x\n"
    check_archive(archive(tmp_path / "b.nemo", named), engine="asr.nemo")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"plain": "../../outside.txt"}, "a path outside"),
        ({"plain": "/etc/cron.d/job"}, "a path outside"),
        ({"plain": "a\\..\\b"}, "a path outside"),
        ({"link": "inside"}, "a link"),
        ({"hard": "inside"}, "a link"),
    ],
)
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path, members, said):
    with pytest.raises(InputError, match=said) as caught:
        check_archive(archive(tmp_path / "a.nemo", **members), engine="asr.nemo")
    assert caught.value.code == "LQ-UNSAFE-MODEL"


@pytest.mark.parametrize(
    "config",
    [
        "_target_: os.system\ncommand: ls\n",
        "deep: [{er: {_target_: builtins.eval}}]\n",
        "target: torch.hub.load\n",
        "target: nemo.collections.asr.parts.utils.run_something\n",
        "a: {trust_remote_code: true}\n",
        "a: !!python/object/apply:os.system [ls]\n",
    ],
)
def test_a_configuration_that_would_call_something_is_refused(tmp_path, config):
    with pytest.raises(InputError) as caught:
        check_archive(archive(tmp_path / "a.nemo", config), engine="asr.nemo")
    assert caught.value.code == "LQ-UNSAFE-MODEL"


def test_half_an_archive_and_none_at_all_are_told(tmp_path):
    whole = archive(tmp_path / "a.nemo").read_bytes()
    for name, data in (("half", whole[:700]), ("none", b"x" * 2000), ("empty", b"")):
        path = tmp_path / f"{name}.nemo"
        path.write_bytes(data)
        with pytest.raises(InputError, match=f"{name}.nemo") as caught:
            check_archive(path, engine="asr.nemo")
        assert caught.value.exit_code == 4
