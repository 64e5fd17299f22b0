"""docs/course.md: every figure of it is computed anew, and its commands exist."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

import pytest

import loquitur as lq
from loquitur import formats
from loquitur.cli.insight import VERBS as INSIGHT
from loquitur.cli.insight import insight
from loquitur.cli.main import _run
from loquitur.cli.youtube import youtube
from loquitur.emulator import Emulator
from loquitur.errors import LoquiturError
from loquitur.settings import resolve

PAGE = (Path(__file__).parents[2] / "docs" / "course.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in re.findall(r"^\| .*\|$", PAGE, re.MULTILINE)
    if line.count("|") == 5 and not line.startswith(("| figure", "|---"))
]
REFERENCE = (
    "I had a really horrible day. It was the worst day ever! "
    "But every now and then I have a really good day that makes me happy."
)
SHARED = Path(__file__).parents[3] / "shared" / "data"
BUSAN = SHARED / "seeds" / "busan_10_videos.csv"
TALK = SHARED / "seeds" / "equivariant_2bP_KuBrXSc.en.json"


@cache
def told(*words):
    """What a command of `insight` prints with `--json`."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert _run(["insight", *map(str, words), "--json"]) == 0
    return json.loads(out.getvalue())


def columns():
    return told("stats", BUSAN)["columns"]


def talk(rule="words:300"):
    return told("transcript", TALK, "--window", rule)


def windows(rule, name):
    return [one[name] for one in talk(rule)["windows"] if one[name] is not None]


def judged(engine):
    return told("sentiment", REFERENCE, "--engine", engine)


def busan_row(number):
    row = list(lq.Table.read(BUSAN).rows())[number]
    rest = [row[name] for name in ("views", "likes", "dislikes", "favorites", "comments")]
    return " ".join(map(str, [row["id"], durations()[number], *rest]))


@cache
def durations():
    from loquitur.insight.tabular.sheet_reading import sheet_of

    field = next(one for one in sheet_of(BUSAN).fields if one.name == "duration_s")
    return [int(value) for value in field.values]


def pandas_describe(column):
    pandas = pytest.importorskip("pandas")
    return pandas.read_csv(BUSAN)[column].describe()


def of_ten(column, measure_):
    value = columns()[column][measure_]
    assert value == pytest.approx(pandas_describe(column)[measure_], rel=1e-14)
    return f"{value:.10g}"


def shape_of_fifty():
    plan = {"defaults": False, "keyword": [{"name": "busan", "videos": 60}]}
    with Emulator(seed=1, plan=plan) as emulator, tempfile.TemporaryDirectory() as store:
        settings = resolve({"youtube_endpoint": emulator.endpoint, "store": store}).settings
        found = lq.youtube.search(
            "busan", limit=50, order="relevance", details=True, settings=settings
        )
    named = ("video_id", "duration_s", "views", "likes", "dislikes", "favorites", "comments")
    return str(found.to_pandas()[[name for name in named if name in found.names]].shape)


def captions_with_a_key():
    with Emulator(seed=1, plan={"defaults": False}) as emulator, tempfile.TemporaryDirectory() as d:
        settings = resolve({"youtube_endpoint": emulator.endpoint, "store": d}).settings
        key = {"LOQUITUR_YOUTUBE_API_KEY": emulator.api_key}
        with mock.patch.dict(os.environ, key), lq.youtube.open_client(settings) as client:
            try:
                lq.youtube.list_tracks(client, "harbourTalk")
            except LoquiturError as error:
                return f"exit {error.exit_code}: {error.message}"
    return "tracks"


def thank_you():
    words = ("sentiment", "thank you", "--language", "en")
    assert told(*words, "--engine", "vader")["polarity"] == 0.3612
    polarity = told(*words)["polarity"]
    return "missing" if polarity is None else str(polarity)


def assessment(number):
    words, polarity, subjectivity, _ = judged("textblob")["assessments"][number]
    return f"{' '.join(words)}: {polarity}, {subjectivity}"


def cue(number):
    one = formats.read(TALK).cues[number]
    return f"{one.start_ms / 1000:g}, {(one.end_ms - one.start_ms) / 1000:g}"


def first_cue():
    one = formats.read(TALK).cues[0]
    return f"{one.text}, {one.start_ms / 1000}, {(one.end_ms - one.start_ms) / 1000}"


def listed(values):
    return ", ".join(str(round(value, 3)) for value in values)


def power_law():
    tail = columns()["views"]["heavy_tail"]
    return f"{tail['verdict']} (alpha {tail['alpha']:.2f}, xmin {tail['xmin']:.0f})"


FIGURES = {
    "columns of the table": lambda: ", ".join(n for n in columns() if "derived" not in n),
    "first row": lambda: busan_row(0),
    "third row": lambda: busan_row(2),
    "dislikes, mean": lambda: f"{columns()['dislikes']['mean']:g}",
    "favourites, max": lambda: f"{columns()['favorites']['max']:g}",
    "shape of fifty videos": shape_of_fifty,
    "describe of fifty videos": lambda: "-" if len(lq.Table.read(BUSAN)) == 10 else "50 rows",
    "views, mean of the ten rows": lambda: of_ten("views", "mean"),
    "views, std of the ten rows": lambda: of_ten("views", "std"),
    "views, 25 % of the ten rows": lambda: of_ten("views", "25%"),
    "views, 50 % of the ten rows": lambda: of_ten("views", "50%"),
    "views, 75 % of the ten rows": lambda: of_ten("views", "75%"),
    "likes, mean of the ten rows": lambda: of_ten("likes", "mean"),
    "likes, std of the ten rows": lambda: of_ten("likes", "std"),
    "comments, mean of the ten rows": lambda: of_ten("comments", "mean"),
    "comments, std of the ten rows": lambda: of_ten("comments", "std"),
    '"is it a power law?"': power_law,
    "caption tracks with an API key": captions_with_a_key,
    'sentiment of the chat\'s "thank you"': thank_you,
    "polarity": lambda: str(judged("textblob")["polarity"]),
    "subjectivity": lambda: str(judged("textblob")["subjectivity"]),
    "first assessment": lambda: assessment(0),
    "second assessment": lambda: assessment(1),
    "third assessment": lambda: assessment(2),
    "fourth assessment": lambda: assessment(3),
    "VADER's word on it": lambda: str(judged("vader")["polarity"]),
    "cues": lambda: str(len(formats.read(TALK).cues)),
    "first cue": first_cue,
    "last cue": lambda: cue(-1),
    "tokens": lambda: str(talk()["words"]),
    "types": lambda: str(talk()["types"]),
    "entropy of all words, bits": lambda: f"{talk()['entropy_bits']:.4f}",
    "polarity of the whole": lambda: f"{talk()['polarity']:.4f}",
    "subjectivity of the whole": lambda: f"{talk()['subjectivity']:.4f}",
    "tokens of windows of 5 minutes": lambda: listed(windows("time:5m", "words")),
    "entropy of windows of 5 minutes, bits": lambda: listed(windows("time:5m", "entropy_bits")),
    "entropy of windows of 300 words, bits": lambda: listed(windows("words:300", "entropy_bits")),
    "divergence of neighbours, bits": lambda: listed(windows("words:300", "divergence_bits")),
    "share of words never said before": lambda: listed(windows("words:300", "new_share")),
}


def test_the_page_has_every_figure_once():
    assert [row[0] for row in ROWS] == list(FIGURES)
    assert len(ROWS) >= 35


@pytest.mark.slow
@pytest.mark.parametrize(("name", "course", "here", "verdict"), ROWS, ids=[r[0] for r in ROWS])
def test_a_figure_is_what_the_page_says(name, course, here, verdict, shared):
    assert FIGURES[name]() == here
    said = verdict.partition(";")[0]
    if said in ("equal", "equal to pandas"):
        same = course == here or _numbers(course) == _numbers(here)
        assert same or ";" in verdict, "an equal figure that looks different is explained"
    else:
        assert re.match(r"(differs|cannot be): \S", verdict), verdict


def _numbers(text):
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_most_of_them_are_equal():
    kinds = [row[3].split(";")[0].split(":")[0] for row in ROWS]
    assert kinds.count("equal") + kinds.count("equal to pandas") >= len(ROWS) - 4
    assert kinds.count("cannot be") == 1


def commands():
    for line in re.findall(r"`(loquitur [^`]+)`", PAGE):
        yield shlex.split(line)


@pytest.mark.parametrize("line", list(commands()), ids=" ".join)
def test_the_commands_exist_with_their_options(line):
    group = {"youtube": youtube, "insight": insight}[line[1]]
    assert group is youtube or line[2] in INSIGHT
    command = group.get_command(None, line[2])
    rest = line[3:]
    if hasattr(command, "commands"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    assert {word for word in rest if re.fullmatch(r"--[a-z-]+|-[a-z]", word)} <= known
