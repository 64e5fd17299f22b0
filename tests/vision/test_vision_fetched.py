"""What is looked at is fetched with its pictures; what is listened to, as little as there is."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from loquitur import api, describing
from loquitur.media import fetch as fetching
from loquitur.media.transfer import Fetched
from loquitur.testing import tiny_corpora as tiny

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.settings import Settings

PAGE = "https://site.example/watch"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[bool], dict[str, str]]:
    """Each fetch, as whether pictures were wanted; and by whom it is brought."""
    film = tiny.write_film(tiny.films(1)[0], tmp_path / "film.mp4")
    seen: list[bool] = []
    by = {"extractor": "site"}

    def brought(url: str, folder: Path, *, options: Any, progress: Any) -> Fetched:
        seen.append(options.pictures)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "media.mp4"
        shutil.copy(film, path)
        return Fetched(path=path, title="A film", source=url, extractor=by["extractor"])

    monkeypatch.setattr(fetching, "fetch", brought)
    return seen, by


@pytest.fixture
def here(settings: Settings) -> Settings:
    return dataclasses.replace(settings, offline=False, allow_private=True, jobs=1)


def acquired(settings: Settings) -> str:
    wish = dataclasses.replace(api.wish_of(settings), until="acquire")
    (result,) = api.run_many([PAGE], wish, settings)
    assert result.media is not None
    return result.media.media_id


def test_pictures_come_for_who_looks_at_them_and_serve_who_listens(
    asked: tuple[list[bool], dict[str, str]], here: Settings
) -> None:
    seen, _ = asked
    found = describing.describe(PAGE, settings=here, by="whole")
    assert found.descriptions is not None
    assert seen == [True]
    assert acquired(here) == found.descriptions.media_id
    assert seen == [True]  # no second time for the sound


@pytest.mark.parametrize(("extractor", "expected"), [("site", [False, True]), ("http", [False])])
def test_sound_alone_is_fetched_again_where_pictures_may_be_left_out(
    asked: tuple[list[bool], dict[str, str]],
    here: Settings,
    extractor: str,
    expected: list[bool],
) -> None:
    seen, by = asked
    by["extractor"] = extractor
    acquired(here)
    assert describing.describe(PAGE, settings=here, by="whole").descriptions is not None
    assert seen == expected
