"""The page of clips: whole in itself, and nothing that strangers wrote runs in it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from loquitur.vision import shapes
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.gallery import write_page
from loquitur.vision.gallery.curves import curves_html
from loquitur.vision.gallery.strips import strip_of
from loquitur.vision.judging import Voice, judge

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
MADE = datetime(2026, 11, 26, tzinfo=UTC)


class Page(HTMLParser):
    """What a browser would see: elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def page_of(tmp_path: Path, clips: list[Clip], said: list[Voice], **options: Any) -> str:
    corpus = Corpus(name="some", clips=tuple(clips))
    judgement = judge({"test": clips}, said, corpus=corpus)
    write_page(tmp_path / "p.html", judgement, {"test": clips}, said, made=MADE, **options)
    return (tmp_path / "p.html").read_text("utf-8")


def says(name: str, clips: dict[str, str], **more: Any) -> Voice:
    return Voice(name=name, say=lambda _: (clips, ()), **more)


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return list(shapes.corpus(seed=1, sizes={"test": 9}).of("test"))


def test_the_page_is_whole_and_tells_its_clips(tmp_path: Path, clips: list[Clip]) -> None:
    first = {clip.clip_id: clip.texts()[0] for clip in clips}
    wrong = dict.fromkeys(first, "a red zebra moves left")
    rows = tuple(
        {"epoch": at, "loss": 3 / at, "validation_loss": 4 / at, "cider_d": at} for at in (1, 2, 3)
    )
    text = page_of(tmp_path, clips, [says("good", first, metrics=rows), says("bad", wrong)])
    page = Page(text)
    images = page.all("img")
    assert len(images) == 9
    assert all((one["src"] or "").startswith("data:image/jpeg;base64,/9j/") for one in images)
    assert len(page.all("article")) == 9
    assert len(page.all("figure")) == 2
    assert not re.search(r"(?:src|href)=\"(?!data:image|#)", text)
    assert "<u>zebra</u>" in text
    marked = 0
    for card in re.findall(r"<article.*?</article>", text, re.DOTALL):
        said, wanted = card.split('<ul class="refs">')
        assert ("<u>moves</u>" in said) != ("moves" in wanted)
        marked += "<u>moves</u>" in said
    assert 0 < marked < 9
    assert text.count('class="yes"') == 9
    assert "less <bdi>good</bdi>" in text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert data["voices"] == ["good", "bad"]
    assert all(one["d"] and one["w"] for one in data["clips"])


def test_the_policy_lets_only_its_own_style_and_script_run(
    tmp_path: Path, clips: list[Clip]
) -> None:
    text = page_of(tmp_path, clips[:2], [says("a", {clip.clip_id: "a cat" for clip in clips[:2]})])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        body = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(body) == 1
        digest = base64.b64encode(hashlib.sha256(body[0].encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert not re.search(r"<[^>]+\sstyle=", text)


def test_what_strangers_wrote_stays_text(tmp_path: Path) -> None:
    clip = Clip(
        clip_id=HOSTILE, video_id="v", category=HOSTILE, split="test",
        sentences=(Sentence(text=HOSTILE), Sentence(text="a\u202eb \x1b[31m")),
    )  # fmt: skip
    other = dataclasses.replace(clip, clip_id="b", source="/no\x00where")
    voice = says(HOSTILE, {HOSTILE: HOSTILE, "b": "x"})
    text = page_of(tmp_path, [clip, other], [voice])
    page = Page(text)
    assert not page.all("img")
    assert len(page.all("script")) == 2
    assert not any("onerror" in attributes for _, attributes in page.seen)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert sum("alert(1)" in one for one in page.texts) >= 3


def test_of_many_clips_some_of_every_rank_are_shown(tmp_path: Path, clips: list[Clip]) -> None:
    said = {clip.clip_id: clip.texts()[0] if at % 2 else "no" for at, clip in enumerate(clips)}
    text = page_of(tmp_path, clips, [says("a", said)], most=3)
    assert len(Page(text).all("article")) == 3
    assert "3 of 9 clips are shown" in text
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    values = [one["v"][0] for one in json.loads(found[1])["clips"]]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[-1] > 5


def test_a_clip_without_pictures_says_why() -> None:
    assert strip_of(Clip(clip_id="a", video_id="a")).why == "no pictures are named"
    gone = strip_of(Clip(clip_id="a", video_id="a", source="/nowhere/film.mp4"))
    assert "not here" in gone.why
    assert gone.address == ""


def test_a_strip_shows_a_film(sample: Path) -> None:
    strip = strip_of(
        Clip(clip_id="a", video_id="a", source=str(sample), start_ms=1000, end_ms=4000)
    )
    assert strip.why == ""
    assert strip.height_px == 96
    assert len(strip.times_ms) == 6
    assert all(1000 <= at_ms < 4000 for at_ms in strip.times_ms)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"epoch": None, "loss": 1.0}, {"loss": 2.0}, {"epoch": 1, "loss": float("nan")}],
        [{"epoch": 1, "loss": "3", "cider_d": True}],
    ],
)
def test_rows_without_figures_draw_nothing(rows: list[dict[str, Any]]) -> None:
    assert curves_html("run", rows, {"cider_d": "CIDEr-D"}) == ""


def test_curves_of_one_epoch_or_of_one_value_are_drawn() -> None:
    one = curves_html("r", [{"epoch": 1, "loss": 0.0}], {})
    assert "<circle" in one
    assert one.count(">1</text>") == 1
    many = curves_html("r", [{"epoch": at, "loss": 2.0} for at in range(2000)], {})
    assert many.count("L") < 500
