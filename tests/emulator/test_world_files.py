"""World files that do not fit: one line that names the file and the place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur.emulator import Emulator
from loquitur.emulator.plans import read
from loquitur.errors import InputError

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [
    (page, text)
    for page in ("emulator.md", "emulator-world.md", "youtube-chat.md", "youtube-captions.md")
    for text in re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
]
SHOW = "[[video]]\nkey = 'a'\ntitle = 't'\nlive = 'live'\n"


def written(tmp_path: Path, text: str, suffix: str = ".toml") -> Path:
    path = tmp_path / f"world{suffix}"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_the_examples_of_the_pages_work_as_written(tmp_path, page, text):
    with Emulator(plan=read(written(tmp_path, text))) as emulator:
        assert emulator.endpoint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[video]]\nkey = 1", r"`\$\.video\[0\]\.key`"),  # counted as the file has them
        (SHOW + "lasts_s = inf", r"`\$\.video\[0\]\.lasts_s`"),
        (SHOW + SHOW, "two videos have the key 'a'"),
        (SHOW + "id = 'aaaaaaaaaaa'\n" + SHOW.replace("'a'", "'b'") + "id = 'aaaaaaaaaaa'",
         "two videos have the id"),
        ("[[chats]]\nvideo = 'nobody'", "chats: no stream is called 'nobody'"),
        ("[[chats]]\nvideo = 'on air'\nper_minute = nan", "per_minute"),
        ("[[chats]]\nvideo = 'on air'\nspeed = 1e308", "speed"),
        ("[login]\nseconds = 'x'", "login.seconds is no 'x'"),
        ("[login]\nexpires_in = true", "login.expires_in is no 'True'"),
        ("[login]\nmode = 'zz'", "login.mode is one of"),
        ("[login]\nnope = 1", "login.nope: unknown"),
        ("projects = 1_000_000_000", "projects is a whole number from 1 to 1000"),
        ("[faults]\nx = 1", "faults has no 'x'"),
        ("defaults = 'x'", "defaults is true or false"),
        ("timed_text = 5", "timed_text is a table"),
        ("[timed_text.bodies]\naaaaaaaaaaa = 'x'", "one of|'x'"),
        ("[timed_text.nope]\na = 1", "timed_text has no 'nope'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(tmp_path, text, told):
    with pytest.raises(InputError, match=told) as caught:
        read(written(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "world.toml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[]", "null"])
def test_json_that_is_no_world_is_told(tmp_path, text):
    with pytest.raises(InputError, match=r"world\.json"):
        read(written(tmp_path, text, ".json"))


def test_a_stream_that_is_live_is_live_however_short(tmp_path):
    from loquitur.emulator.population import Population

    with Emulator(plan=read(written(tmp_path, SHOW + "lasts_s = 60"))) as emulator:
        population = emulator.world.room(Population)
        video = next(one for one in population.named if one.named.key == "a")
        assert population.broadcast(video, emulator.world.now()) == "live"
        assert population.broadcast(video, emulator.world.now() + 60) == "none"
