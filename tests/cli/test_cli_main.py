from __future__ import annotations

import importlib
import json
import os
import re

import click
import pytest

from loquitur import __version__
from loquitur.cli import main
from loquitur.cli.main import VERBS, cli
from loquitur.errors import LoquiturError
from loquitur.youtube.complaints import BucketEmptyError

SPEECH = ("run", "plan", "acquire", "transcribe", "diarize", "emotion", "weave", "subtitle")


def commands():
    """Every command there is, groups opened."""
    for verb in VERBS:
        command = cli.get_command(None, verb)
        yield (verb,), command
        for name, inner in getattr(command, "commands", {}).items():
            yield (verb, name), inner


def test_help_lists_every_verb_with_its_line(loquitur):
    answer = loquitur("--help")
    assert answer.code == 0
    assert answer.err == ""
    for verb, (_, line) in VERBS.items():
        assert f"  {verb} " in answer.out
        assert line in " ".join(answer.out.split())
    for option in ("--store", "--config", "-v", "-q", "--version", "--no-color"):
        assert option in answer.out


def test_nothing_at_all_is_help(loquitur):
    assert loquitur().out == loquitur("-h").out == loquitur("--help").out
    assert loquitur().code == 0


def test_a_group_alone_shows_its_help(loquitur):
    for group in ("store", "models"):
        answer = loquitur(group)
        assert answer.code == 2
        assert answer.out == ""
        assert answer.err.startswith("Usage: loquitur")


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_every_verb_has_help(loquitur, path):
    answer = loquitur(*path, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: loquitur {' '.join(path)}")


def test_the_table_of_verbs_is_true():
    for verb, (target, _) in VERBS.items():
        module, _, name = target.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        assert command.name == verb


def test_every_command_takes_the_global_options_and_json():
    for path, command in commands():
        if isinstance(command, click.Group) or path == ("completion",):
            continue
        known = {option for param in command.params for option in param.opts}
        assert {"--store", "--config", "-v", "-q", "--no-color", "--json"} <= known, path


def test_the_contract_s_options_are_there():
    wanted = {
        "-o", "--profile", "--asr", "--diarizer", "--emotion", "--language", "--speakers",
        "--format", "--section", "--force", "--jobs", "--executor", "--set",
    }  # fmt: skip
    for verb in SPEECH:
        known = {option for param in cli.get_command(None, verb).params for option in param.opts}
        assert wanted <= known, verb


def test_version(loquitur):
    assert loquitur("--version").out == f"loquitur {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum"], "did you mean 'run'"),
        (["--nonsense"], "--nonsense"),
        (["run"], "INPUT"),
        (["run", "x", "--speekers", "2"], "--speakers"),
        (["run", "x", "--jobs", "many"], "many"),
        (["store", "lss"], "did you mean 'ls'"),
        (["models", "pul"], "did you mean 'pull'"),
        (["store", "ls", "--stage", "transcrib"], "did you mean 'transcribe'"),
        (["completion", "tcsh"], "tcsh"),
        (["completion"], "Choose from: bash, fish, zsh"),
        (["store", "gc", "--max-mb", "-1"], "-1"),
        (["store", "gc", "--grace-hours", "nan"], "nan is not from 0"),
        (["store", "gc", "--grace-hours", "1e400"], "inf is not from 0"),
        (["store", "gc", "--grace-hours", "-1"], "-1.0 is not from 0"),
        (["run", "x", "--jobs", "0"], "jobs must be"),
        (["run", "x", "--set", "beam=1"], "STAGE.KEY=VALUE"),
        (["run", "x", "--format", "doc"], "unknown format 'doc'"),
        (["run", "x", "--executor", "proceses"], "'processes'"),
        (["run", "x", "--profile", "lite"], "'light'"),
        (["plan", "x", "--format", "doc"], "unknown format 'doc'"),
        (["acquire", "x", "--asr", "pocketsfinx"], "'pocketsphinx'"),
        (["transcribe", "x", "--diarizer", "dvecter"], "'dvector'"),
        (["run", "x", "--asr", "pocketsphinx:big"], "has no models to choose from"),
        (["run", "x", "--config", "nowhere.toml"], "no such settings file"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(loquitur, arguments, said):
    answer = loquitur(*arguments)
    assert answer.code == 2, answer
    assert answer.out == ""
    assert said in answer.err
    last = answer.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert loquitur(*arguments, "--json").error["code"].startswith("LQ-")


def test_a_defect_is_a_line_and_not_a_traceback(loquitur, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("loquitur.store.Store.open", broken)
    answer = loquitur("store", "ls")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "ZeroDivisionError" in answer.err
    assert "-vv" in answer.err
    for twice in (["-vv"], ["--verbose", "--verbose"]):
        assert "Traceback (most recent call last)" in loquitur(*twice, "store", "ls").err
    assert loquitur("store", "ls", "--json").error["code"] == "LQ-DEFECT"


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_130(loquitur, monkeypatch, raised):
    def interrupted(*arguments, **options):
        raise raised

    monkeypatch.setattr("loquitur.store.Store.open", interrupted)
    answer = loquitur("store", "ls")
    assert answer.code == 130
    assert "goes on where it stopped" in answer.err


NEEDED = {BucketEmptyError: {"bucket": "shared", "resets_at": 0.0}}


def kinds(kind=LoquiturError):
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_exit_code(loquitur, monkeypatch, kind):
    def refuse(*arguments, **options):
        raise kind("it is\nso", hint="do this", **NEEDED.get(kind, {}))

    monkeypatch.setattr("loquitur.store.Store.open", refuse)
    answer = loquitur("store", "path")
    assert answer.code == kind.exit_code
    assert answer.err == "error: it is\ufffdso (do this)\n"  # one line, whatever the message
    error = loquitur("store", "path", "--json").error
    assert error == {"code": kind.default_code, "message": "it is\ufffdso", "hint": "do this"}


def test_main_exits_with_the_code(monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        main.main(["rum"])
    assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main.main(["--version"])
    assert caught.value.code == 0
    monkeypatch.setattr("sys.argv", ["loquitur", "rum"])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2


# --- about this machine ---


def test_engines_as_a_table_and_as_json(loquitur, parrot):
    answer = loquitur("engines")
    assert answer.code == 0
    told = answer.out.splitlines()
    table = told[: told.index("to get what is not ready:")]
    rows = {line.split()[0]: line for line in reversed(table) if line.startswith(" ")}
    assert " draft " in rows["pocketsphinx"]
    assert re.search(r"no model +670 +CC-BY-4\.0 +25 Europ\. +6\.3 % \[2\] +tiny", rows["onnx-asr"])
    assert " broken " in rows["broken"]
    assert "[2] Open ASR Leaderboard, mean of its English sets, June 2026" in told
    assert "      loquitur models pull onnx-asr:parakeet-tdt-0.6b-v3   # 670 MB" in told
    assert any("parrot_nowhere" in line for line in told)
    found = {(row["kind"], row["name"]): row for row in loquitur("engines", "--json").json}
    assert found["asr", "parrot"]["origin"] == "parrot-engines"
    assert found["asr", "parrot"]["ready"]
    assert (found["asr", "broken"]["ready"], found["asr", "broken"]["installed"]) == (False, True)
    assert "parrot_nowhere" in found["asr", "broken"]["problem"]
    dvector = found["diarization", "dvector"]
    assert dvector["command"] == "loquitur models pull dvector:ge2e"
    assert dvector["models"][0].keys() >= {"name", "size_mb", "licence", "present", "languages"}


def test_a_table_fits_a_terminal_and_commands_stay_whole(loquitur, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    said = loquitur("engines", "--no-color").out.splitlines()
    rows = [line for line in said[1:] if line.startswith(" ") and line[1] != " "]
    assert max(len(line) for line in rows[:20]) <= 60
    assert "      loquitur models pull onnx-asr:parakeet-tdt-0.6b-v3   # 670 MB" in said


def test_models_verbs(loquitur, tmp_path):
    from loquitur.testing.tiny import tiny_parakeet

    assert "onnx-asr:parakeet-tdt-0.6b-v3" in loquitur("models", "list").out
    absent = loquitur("models", "list", "--json").json
    assert {model["present"] for model in absent} == {False}
    folder = tmp_path / "models" / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8"
    assert loquitur("models", "path", "onnx-asr").out == f"{folder}\n"
    assert loquitur("models", "path", "onnx-asr", "--json").json == {
        "name": "onnx-asr",
        "path": str(folder),
    }
    answer = loquitur("models", "verify", "onnx-asr")
    assert (answer.code, answer.out) == (3, "")
    assert "loquitur models pull onnx-asr:parakeet-tdt-0.6b-v3" in answer.err
    tiny_parakeet(folder)
    answer = loquitur("models", "verify", "onnx-asr")
    assert (answer.code, answer.out) == (0, "onnx-asr:parakeet-tdt-0.6b-v3: sound\n")
    assert loquitur("models", "verify", "onnx-asr", "--json").json == [
        {
            "name": "onnx-asr:parakeet-tdt-0.6b-v3",
            "sound": True,
            "present": True,
            "problem": "",
            "note": "",
        }
    ]
    answer = loquitur("models", "pull", "onnx-asr", "--json")
    assert answer.code == 0
    assert answer.json["pulled"] == ["onnx-asr"]
    assert answer.json["folder"] == str(tmp_path / "models")
    (pulled,) = answer.json["models"]
    assert (pulled["licence"], pulled["gated"], pulled["size_mb"]) == ("CC-BY-4.0", False, 670)
    answer = loquitur("models", "pull", "onnx-asrr")
    assert answer.code == 2
    assert "'onnx-asr'" in answer.err


def test_settings_tell_their_origin_and_no_secret(loquitur, monkeypatch, tmp_path):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", "AIza-hush")
    monkeypatch.setenv("HF_TOKEN", "hf-hush")
    monkeypatch.setenv("LOQUITUR_PROXY", "http://me:hush@proxy:1")
    (tmp_path / "loquitur.toml").write_text("jobs = 4\n[set]\n'weave.pause_ms' = 900\n")
    answer = loquitur("settings", "--store", "elsewhere")
    found = {line.split()[0]: line for line in answer.out.splitlines()[1:]}
    assert "elsewhere" in found["store"]
    assert found["store"].endswith("option")
    assert "loquitur.toml" in found["jobs"]
    assert found["executor"].endswith("environment")
    everything = answer.out + loquitur("settings", "--json").out
    assert "hush" not in everything
    typed = {name: row["value"] for name, row in loquitur("settings", "--json").json.items()}
    assert (typed["jobs"], typed["offline"]) == (4, True)
    assert typed["set"] == {"weave.pause_ms": "900"}


def test_doctor(loquitur, parrot):
    answer = loquitur("doctor")
    assert answer.code == 0
    assert "python: 3." in answer.out
    assert "  asr broken\n      # the asr engine 'broken'" in answer.out
    assert "  diarization dvector\n      loquitur models pull dvector:ge2e" in answer.out
    assert re.search(r"AUTO\n +asr +pocketsphinx +draft quality", answer.out)
    found = loquitur("doctor", "--json").json
    assert all(row.keys() == {"check", "ok", "needed", "says", "do"} for row in found)
    assert {row["check"] for row in found} >= {"store", "av", "vad silero"}


def test_doctor_fails_where_the_core_does_not_work(loquitur, tmp_path):
    (tmp_path / "file").write_text("")
    answer = loquitur("doctor", "--store", tmp_path / "file" / "store")
    assert answer.code == 1
    assert "FAILS" in answer.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(loquitur, shell):
    answer = loquitur("completion", shell)
    assert answer.code == 0
    assert "_LOQUITUR_COMPLETE" in answer.out
    assert f"{shell}_" in answer.out
    assert "loquitur" in answer.out


def test_completion_completes_verbs(monkeypatch, capsys):
    monkeypatch.setenv("_LOQUITUR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "loquitur tra")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        cli.main(args=[], prog_name="loquitur", standalone_mode=False)
    assert capsys.readouterr().out == "plain,transcribe\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run ta", "file,ta"),
        ("run -o ta", "dir,ta"),
        ("plan x.mp4 --profile of", "plain,offline"),
        ("run --force tra", "plain,transcribe\nplain,translate"),
        ("run --asr pocket", "plain,pocketsphinx"),
        ("run --diarizer n", "plain,none"),
        ("run --executor lo", "plain,local"),
        ("models pull dv", "plain,dvector"),
        ("store ls --stage we", "plain,weave"),
    ],
)
def test_completion_completes_files_and_names(monkeypatch, capsys, line, expected):
    words = ["loquitur", *line.split()]
    monkeypatch.setenv("_LOQUITUR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        cli.main(args=[], prog_name="loquitur", standalone_mode=False)
    assert capsys.readouterr().out == f"{expected}\n"


def test_json_errors_are_one_document(loquitur):
    answer = loquitur("run", "x.mp4", "--asr", "whispr", "--json")
    assert answer.code == 2
    assert answer.out == ""
    assert json.loads(answer.err)["error"]["code"] == "LQ-NO-ENGINE"
    assert "known" in answer.error["hint"] or "did you mean" in answer.error["hint"]


def test_secrets_of_the_env_file_reach_the_environment_and_nothing_else(
    loquitur, monkeypatch, tmp_path
):
    monkeypatch.setenv("HF_TOKEN", "")  # so that it is undone, whatever it was
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / ".env").write_text("HF_TOKEN=hf_hush\nLOQUITUR_STORE=/elsewhere\n")
    answer = loquitur("-vv", "doctor", "--json")
    assert os.environ["HF_TOKEN"] == "hf_hush"
    assert "hf_hush" not in answer.out + answer.err
    assert "elsewhere" not in answer.out + answer.err
