from __future__ import annotations

import os
from pathlib import Path

import pytest

from loquitur.errors import UsageError
from loquitur.settings import Settings, load_secrets, resolve


@pytest.fixture
def home(tmp_path):
    """An environment of its own, with a user's settings file to fill."""
    folder = tmp_path / "config" / "loquitur"
    folder.mkdir(parents=True)
    return folder / "loquitur.toml"


@pytest.fixture
def look(tmp_path, home):
    def resolved(overrides=None, **environ):
        there = {f"LOQUITUR_{name.upper()}": value for name, value in environ.items()}
        there |= {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CACHE")}
        there["XDG_CONFIG_HOME"] = str(home.parent.parent)
        return resolve(overrides, environ=there, folder=tmp_path / "work" / "deep")

    (tmp_path / "work" / "deep").mkdir(parents=True)
    return resolved


def test_each_layer_beats_the_ones_below(look, home, tmp_path):
    project = tmp_path / "work" / "loquitur.toml"
    assert (look().settings.profile, look().origins.get("profile")) == ("auto", None)
    home.write_text('profile = "light"\njobs = 2\n')
    assert (look().settings.profile, look().origins["profile"]) == ("light", str(home))
    project.write_text('profile = "best"\n')
    assert (look().settings.profile, look().origins["profile"]) == ("best", str(project))
    found = look(profile="offline")
    assert (found.settings.profile, found.origins["profile"]) == ("offline", "environment")
    found = look({"profile": "auto"}, profile="offline")
    assert (found.settings.profile, found.origins["profile"]) == ("auto", "option")
    assert found.settings.jobs == 2  # the lower layers still speak where the upper are silent
    assert look({"profile": None}, profile="offline").settings.profile == "offline"


def test_explain_tells_every_name_once_with_its_origin(look, home):
    home.write_text("jobs = 3\n")
    rows = look({"language": "de"}).explain()
    assert [name for name, _, _ in rows] == sorted(Settings.__dataclass_fields__)
    said = {name: (value, origin) for name, value, origin in rows}
    assert said["jobs"] == (3, str(home))
    assert isinstance(said["store"][0], str)
    assert said["language"] == ("de", "option")
    assert said["profile"] == ("auto", "default")


def test_a_file_named_takes_the_place_of_the_project_file(look, tmp_path):
    (tmp_path / "work" / "loquitur.toml").write_text("jobs = 2\n")
    other = tmp_path / "other.toml"
    other.write_text('language = "fr"\n')
    found = resolve(environ={}, folder=tmp_path / "work", config=other).settings
    assert (found.language, found.jobs) == ("fr", 1)
    with pytest.raises(UsageError, match="no such settings file"):
        resolve(environ={}, config=tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profil = 'x'", "unknown setting 'profil'"),
        ("jobs = 'many'", "wrong value in the settings"),
        ("jobs = 0", "jobs must be from 1 to"),
        ("threads = -1", "threads must be from 0 to"),
        ("rate_limit = -5", "rate_limit must be from 0 to"),
        ("set = 3", "'set' must be a table"),
        ("jobs = = 1", "cannot read the settings file"),
        ("offline = 'perhaps'", "wrong value in the settings"),
    ],
)
def test_wrong_settings_are_usage_errors(look, home, text, said):
    home.write_text(text)
    with pytest.raises(UsageError) as caught:
        look()
    assert said in caught.value.message
    if text.startswith("profil "):
        assert "'profile'" in caught.value.hint


def test_a_wrong_value_says_where_it_was_set_and_no_secret(look, home):
    with pytest.raises(UsageError, match=r"jobs = 'many' \(environment\)"):
        look(jobs="many")
    with pytest.raises(UsageError, match=r"jobs must be .* not 0 \(option\)"):
        look({"jobs": 0})
    home.write_text("cookies = 7\nproxy = ['http://me:hush@proxy']\n")
    with pytest.raises(UsageError) as caught:
        look()
    assert str(home) in caught.value.message
    assert "hush" not in caught.value.message


def test_a_settings_file_that_is_no_text(look, home):
    home.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read the settings file"):
        look()


def test_text_becomes_the_type_of_the_setting(look):
    found = look(jobs="4", offline="true", store="/somewhere/else", rate_limit="1000").settings
    assert (found.jobs, found.offline, found.rate_limit) == (4, True, 1000)
    assert found.store == Path("/somewhere/else")


def test_the_home_folder_may_be_written_as_a_tilde(look):
    assert look(store="~/x").settings.store == Path.home() / "x"


def test_parameters_come_as_tables_or_dotted_and_are_merged(look, home, tmp_path):
    home.write_text('[set]\n"transcribe.beam" = 1\ndetect = {level = false}\n')
    (tmp_path / "work" / "loquitur.toml").write_text("[set.transcribe]\nonset = 0.4\n")
    found = look({"set": {"transcribe.beam": "3"}}).settings.set
    assert found == {"transcribe.beam": "3", "detect.level": "false", "transcribe.onset": "0.4"}


def test_folders_follow_the_xdg_variables(look, tmp_path):
    assert look().settings.store == tmp_path / "data" / "loquitur"
    assert look().settings.models == tmp_path / "cache" / "loquitur" / "models"


def test_secrets_are_never_part_of_the_settings(look):
    found = look(youtube_api_key="AIza-hush", hf_token="hf_hush")
    for said in (repr(found), str(found.explain())):
        assert "AIza" not in said
        assert "hf_hush" not in said


def test_names_of_other_programs_and_versions_do_no_harm(look):
    assert look(no_such_setting_yet="1") == look()


def test_the_environment_of_the_process_is_the_default(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "LOQUITUR_JOBS", "5")
    assert resolve(folder=tmp_path).settings.jobs == 5


def test_relative_folders_of_a_file_are_beside_that_file(look, home, tmp_path):
    text = 'store = "here/store"\nmodels = "../m"\noutput = "out"\ncookies = "jar.txt"\n'
    home.write_text(text)
    found = look().settings
    assert found.store == home.parent / "here" / "store"
    assert found.models == home.parent / ".." / "m"
    assert (found.output, found.cookies) == (home.parent / "out", str(home.parent / "jar.txt"))
    (tmp_path / "work" / "loquitur.toml").write_text('store = "s"\noutput = "/abs"\n')
    found = look().settings
    assert (found.store, found.output) == (tmp_path / "work" / "s", Path("/abs"))
    (tmp_path / "work" / "loquitur.toml").write_text('store = "~/s"\ncookies = "~/jar"\n')
    found = look().settings
    assert (found.store, found.cookies) == (Path.home() / "s", str(Path.home() / "jar"))


def test_relative_folders_of_options_and_environment_are_the_working_folders(look, monkeypatch):
    found = look({"output": "out"}, store="s").settings
    assert (found.store, found.output) == (Path("s"), Path("out"))


def test_a_settings_file_given_by_a_relative_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("deep").mkdir()
    Path("deep/l.toml").write_text('store = "s"\n')
    found = resolve(environ={}, folder=tmp_path, config=Path("deep/l.toml")).settings
    assert found.store == tmp_path / "deep" / "s"


def test_a_home_that_nobody_has_is_a_usage_error(look, home):
    for text in ('store = "~nobody-at-all/s"', 'cookies = "~nobody-at-all/s"'):
        home.write_text(text)
        with pytest.raises(UsageError, match=r"nobody-at-all|home dir"):
            look()


SECRETS = """\ufeffHF_TOKEN=hf_plain
# GEMINI_API_KEY=commented
export GEMINI_API_KEY = "with = and # inside"
OPENAI_API_KEY='single'  # a comment\r
LOQUITUR_YOUTUBE_API_KEY=first
LOQUITUR_YOUTUBE_API_KEY=second # the last one counts
SOME_SECRET=a=b#c
EMPTY_TOKEN=
HALF_TOKEN="open
TWO_TOKEN=a b
NUL_TOKEN=a\0b
lower_token=x
9_TOKEN=x
_KEY=x
LOQUITUR_STORE=/elsewhere
PATH=/elsewhere
LD_PRELOAD=/elsewhere
HF_TOKEN_FILE=x
no line at all
=x
"""


def test_secrets_come_from_the_file_beside_the_project_file(tmp_path):
    (tmp_path / "loquitur.toml").write_text("jobs = 1\n")
    (tmp_path / ".env").write_bytes(SECRETS.encode() + b"BAD_TOKEN\xff=x\n")
    deep = tmp_path / "deep"
    deep.mkdir()
    (deep / ".env").write_text("OTHER_TOKEN=not beside the project file\n")
    environ = {"SOME_KEY": "kept"}
    load_secrets(deep, environ)
    assert environ == {
        "SOME_KEY": "kept",
        "HF_TOKEN": "hf_plain",
        "GEMINI_API_KEY": "with = and # inside",
        "OPENAI_API_KEY": "single",
        "LOQUITUR_YOUTUBE_API_KEY": "second",
        "SOME_SECRET": "a=b#c",
    }


def test_secrets_come_from_the_folder_or_beside_the_file_given(tmp_path):
    (tmp_path / ".env").write_text("HF_TOKEN=here\n")
    other = tmp_path / "other"
    other.mkdir()
    (other / ".env").write_text("HF_TOKEN=there\n")
    for config, value in ((None, "here"), (other / "l.toml", "there")):
        environ: dict[str, str] = {}
        load_secrets(tmp_path, environ, config=config)
        assert environ == {"HF_TOKEN": value}


def test_what_the_environment_sets_beats_the_secrets_file(tmp_path):
    (tmp_path / ".env").write_text("HF_TOKEN=file\nA_TOKEN=file\n")
    environ = {"HF_TOKEN": "set", "A_TOKEN": ""}
    load_secrets(tmp_path, environ)
    assert environ == {"HF_TOKEN": "set", "A_TOKEN": ""}


def test_no_secrets_file_is_no_matter(tmp_path):
    environ: dict[str, str] = {}
    load_secrets(tmp_path, environ)
    (tmp_path / ".env").mkdir()
    load_secrets(tmp_path, environ)
    assert environ == {}


def test_folders_that_may_not_be_looked_into_hold_no_settings(tmp_path, monkeypatch):
    """A `~/.config` of root's, or a folder above that is closed, stops no command."""
    closed = tmp_path / "closed"
    stat = os.stat

    def refuse(path, *args, **kwargs):
        if str(path).startswith(str(closed)):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", refuse)
    environ = {"XDG_CONFIG_HOME": str(closed), "XDG_DATA_HOME": str(tmp_path)}
    assert resolve(environ=environ, folder=closed / "deep").settings.profile == "auto"
    load_secrets(closed / "deep", environ={})
    with pytest.raises(UsageError, match="no such settings file, or it may not be read"):
        resolve(environ=environ, folder=tmp_path, config=closed / "loquitur.toml")


def test_a_working_folder_that_is_gone_is_told(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="the working folder is gone") as caught:
        resolve(environ={})
    assert "cd" in caught.value.hint
    with pytest.raises(UsageError, match="the working folder is gone"):
        load_secrets(environ={})


# --- environments of engines ---


def test_environments_come_from_all_layers(tmp_path):
    (tmp_path / "config" / "loquitur").mkdir(parents=True)
    (tmp_path / "config" / "loquitur" / "loquitur.toml").write_text(
        '[environments]\n"asr.nemo" = "~/nemo"\n"asr.two" = "two"\n'
    )
    (tmp_path / "loquitur.toml").write_text('[environments.asr]\ntwo = "here"\nthree = "envs/3"\n')
    environ = {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "LOQUITUR_ENVIRONMENTS": os.pathsep.join(["diarization.x=/x", "asr.three=/3"]),
    }
    found = resolve({"environments": {"asr.four": "/4"}}, environ=environ, folder=tmp_path)
    assert found.settings.environments == {
        "asr.nemo": str(Path.home() / "nemo"),
        "asr.two": "here",
        "asr.three": "/3",
        "asr.four": "/4",
        "diarization.x": "/x",
    }
    root = found.settings.environment_root
    assert root == tmp_path / "data" / "loquitur-environments"
    assert {name: origin for name, _, origin in found.explain()}["environments"] == "option"


@pytest.mark.parametrize("text", ["/just/a/path", "asr.x=", "=/x", "asr.x=/x:/y"])
def test_environments_that_cannot_be_read_are_refused(tmp_path, text):
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "LOQUITUR_ENVIRONMENTS": text}
    with pytest.raises(UsageError, match="environments") as caught:
        resolve(environ=environ, folder=tmp_path)
    assert "KIND.NAME=PATH" in caught.value.hint


def test_environments_must_be_a_table(tmp_path):
    (tmp_path / "loquitur.toml").write_text('environments = "asr.nemo"\n')
    with pytest.raises(UsageError, match="'environments' must be a table"):
        resolve(environ={"XDG_CONFIG_HOME": str(tmp_path)}, folder=tmp_path)


@pytest.mark.parametrize(("name", "known"), [("gpu", "auto, no, yes"), ("fetch", "ask, no, yes")])
def test_a_choice_names_its_values(tmp_path, name, known):
    with pytest.raises(UsageError, match=f"{name} = 'maybe'") as caught:
        resolve({}, environ={f"LOQUITUR_{name.upper()}": "maybe"}, folder=tmp_path)
    assert caught.value.hint == f"known: {known}"


def test_limits_of_youtube_from_every_layer(look, home):
    home.write_text("[youtube_limits]\nshared = 1_000_000\n[youtube_limits.ab12]\nsearch = 500\n")
    found = look(youtube_limits="shared=20000:search=7").settings.youtube_limits
    assert found == {"shared": "20000", "ab12.search": "500", "search": "7"}
    with pytest.raises(UsageError, match="youtube_limits"):
        look(youtube_limits="shared")


def test_the_client_secrets_lie_beside_the_file_that_names_them(look, home):
    home.write_text('youtube_client_secrets = "app.json"\n')
    assert look().settings.youtube_client_secrets == str(home.parent / "app.json")


def test_whoever_runs_the_tests_keeps_settings_and_stores_to_themselves():
    found = resolve()
    for place in (found.settings.store, found.settings.voices, found.settings.libraries):
        assert "loquitur-tests-" in str(place)  # a folder of this session's, see `conftest`
    assert set(found.origins) <= {"models", "environment_root"}
