"""What a plan may say of a world, and what is said when it says something else."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
from world_asking import call, findable

from loquitur.emulator import Emulator, truth, world_plan
from loquitur.emulator.population import Population
from loquitur.emulator.summary import world_summary
from loquitur.emulator.world import World
from loquitur.errors import InputError

PLAN = """
defaults = false
today = 2025-06-30
pool = 3

[[keyword]]
name = "Grüne Soße"
videos = 7
since = 2025-06-01
until = 2025-06-02T12:00:00+02:00

[[channel]]
key = "mine"
title = "Mine"
handle = "@mine"
owned = true

[[video]]
key = "hello"
id = "dQw4w9WgXcQ"
title = "Hello"
channel = "mine"
published = 2025-06-29T10:00:00Z
likes = "hidden"
comments = "disabled"

[[playlist]]
key = "all"
title = "All"
channel = "mine"
videos = ["hello", "dQw4w9WgXcQ", "AAAAAAAAAAA"]
"""


def test_a_plan_of_ones_own() -> None:
    world = World(seed=1, plan=tomllib.loads(PLAN))
    told = world_summary(world)
    assert told["keywords"] == {"Grüne Soße": 7}
    assert told["channels"] == {"mine": world.owners()[0]}
    assert told["videos"] == {"hello": "dQw4w9WgXcQ"}
    found = findable(world, q="grüne SOSSE")
    assert len(found) == 7
    dates = [
        dt.datetime.fromisoformat(item["snippet"]["publishedAt"])
        for item in call(world, "videos.list", part="snippet", id=",".join(found))["items"]
    ]
    assert min(dates) >= dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    assert max(dates) < dt.datetime(2025, 6, 2, 10, tzinfo=dt.UTC)
    (hello,) = call(world, "videos.list", part="statistics,snippet", id="dQw4w9WgXcQ")["items"]
    assert set(hello["statistics"]) == {"viewCount", "favoriteCount"}
    assert truth.playlist(world, told["playlists"]["all"])["states"] == [
        "public", "public", "deleted"
    ]  # fmt: skip


def test_a_plan_adds_to_the_standard_world_and_replaces_by_name() -> None:
    plan: dict[str, Any] = {
        "keyword": [{"name": "tardigrade", "videos": 5}, {"name": "lighthouse", "videos": 2}],
        "search": {"limit": 100},
    }
    world = World(seed=1, plan=plan)
    told = world_summary(world)["keywords"]
    assert (told["tardigrade"], told["lighthouse"], told["equivariance"]) == (5, 2, 12_000)
    standard = World(seed=1)
    assert findable(world, q="comet") == findable(standard, q="comet")
    assert world.room(Population).plan.search.limit == 100
    assert world_summary(world)["videos"] == world_summary(standard)["videos"]


@pytest.mark.parametrize(
    ("plan", "message", "hint"),
    [
        ({"keywords": []}, "there is no 'keywords'", "'keyword'"),
        ({"keyword": [{"name": "x", "vidoes": 3}]}, "vidoes", "'videos'"),
        ({"keyword": [{"name": "x", "videos": -1}]}, ">= 0", ""),
        ({"keyword": [{"videos": 1}]}, "name", ""),
        ({"keyword": "x"}, "keyword", ""),
        ({"keyword": [{"name": "x", "since": "soon"}]}, "'soon' is no date", "2026"),
        ({"keyword": [{"name": "x", "since": "2027-01-01"}]}, "ends before it begins", ""),
        ({"video": [{"key": "x", "title": "x", "id": "short"}]}, "id", ""),
        ({"video": [{"key": "x", "title": "x", "channel": "stduio"}]}, "stduio", "'studio'"),
        ({"video": [{"key": "x", "title": "x", "likes": "many"}]}, "many", ""),
        ({"video": [{"key": "x", "title": "x", "state": "gone"}]}, "gone", ""),
        ({"playlist": [{"key": "x", "title": "x", "keyword": "commet"}]}, "commet", "'comet'"),
        ({"search": {"forget": 2}}, "<= 1", ""),
        ({"search": {"forgetting": 0.1}}, "forgetting", "'forget'"),
        ({"comments": {"token_hours": 0}}, "> 0", ""),
        ({"pool": 0}, ">= 1", ""),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        world_plan.read(plan)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.startswith("the world's plan: ")


def test_tables_of_other_rooms_are_left_alone() -> None:
    plan = {"quota": {"search": 5}, "faults": {"rate": 0.1}, "captions": {"x": 1}}
    assert world_plan.read(plan) == world_plan.read({})


def test_every_key_of_the_plan_is_in_its_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "emulator-world.md"
    text = page.read_text("utf-8")
    for table, kind in {"": world_plan.WorldPlan, **world_plan.TABLES}.items():
        for name in kind.__struct_fields__:
            assert f"`{name}`" in text, f"{table}.{name} is not in {page.name}"


def test_the_example_of_the_page_is_a_plan() -> None:
    page = Path(__file__).parents[2] / "docs" / "emulator-world.md"
    text = page.read_text("utf-8")
    plan = tomllib.loads(text.partition("```toml")[2].partition("```")[0])
    told = world_summary(World(seed=1, plan=plan))
    assert told["keywords"]["lighthouse"] == 4_000
    assert "storm" in told["videos"]


def test_the_page_names_what_is_there() -> None:
    page = Path(__file__).parents[2] / "docs" / "emulator-world.md"
    text = page.read_text("utf-8")
    told = world_summary(World(seed=1))
    for name, count in told["keywords"].items():
        assert f"`{name}` ({count:,}" in text, name
    population = World(seed=1).room(Population)
    every = sum(shelf.stock.videos for shelf in population.shelves) + len(population.named)
    assert f"some {every // 10_000 * 10_000:,} videos" in text
    for name in told["channels"]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("clock", ["2026-03-02T12:00:00Z", '"2026-03-02T14:00:00+02:00"'])
def test_a_plan_says_what_the_clock_says_as_the_world_begins(clock: str) -> None:
    world = World(seed=1, plan=tomllib.loads(f"clock = {clock}"))
    begins = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    assert 0 <= world.now() - begins.timestamp() < 60
    assert world.began == pytest.approx(world.now(), abs=60)
    world.move(86_400)
    assert 86_400 <= world.now() - begins.timestamp() < 86_460


def test_whoever_asks_hears_the_plans_clock() -> None:
    with Emulator(seed=1, plan={"clock": "2031-05-01"}) as emulator:
        answer = httpx.get(f"{emulator.endpoint}/emulator/clock")
    assert answer.headers["date"].startswith("Thu, 01 May 2031 00:0")
    assert abs(answer.json()["now"] - dt.datetime(2031, 5, 1, tzinfo=dt.UTC).timestamp()) < 60


@pytest.mark.parametrize("clock", ["tomorrow", "1969-12-31", "9500-01-01", 5])
def test_a_clock_that_cannot_be(clock: Any) -> None:
    with pytest.raises(InputError, match=r"clock|no date"):
        world_plan.read({"clock": clock})
