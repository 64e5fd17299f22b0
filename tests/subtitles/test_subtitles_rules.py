from __future__ import annotations

import pickle
import re

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.subtitles.rules import CODES, known_rules, load_rules, rule_names


def test_every_profile_says_where_it_comes_from():
    assert {"netflix", "bbc", "youtube", "dcmp", "ebu", "wcag-minimum", "vertical"} <= set(
        rule_names()
    )
    for rules in known_rules():
        assert len(rules.source) > 20, rules.name
        assert rules.address.startswith("https://"), rules.name
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", rules.read), rules.name
        assert rules.severities, rules.name


@pytest.mark.parametrize(
    ("language", "audience", "width", "cps"),
    [
        ("en", "adult", 42, 20), ("en-GB", "children", 42, 17), ("fr", "adult", 42, 17),
        ("fr", "sdh", 42, 20), ("pt_BR", "children", 42, 13), ("ar", "sdh", 42, 23),
        ("hi", "children", 42, 18), ("ja", "adult", 13, 4), ("ko", "sdh", 16, 14),
        ("zh-TW", "sdh-children", 16, 9), ("th", "adult", 35, 17), ("", "", 42, 17),
    ],
)  # fmt: skip
def test_netflix_by_language_and_audience(language, audience, width, cps):
    limits = load_rules("netflix").limits(language, audience)
    assert (limits.line_width, limits.speed_cps) == (width, cps)
    assert (limits.shortest_ms, limits.longest_ms, limits.chain_ms) == (833, 7000, 500)


def test_frames_follow_the_rate():
    rules = load_rules("netflix")
    assert [rules.limits("en", fps=fps).gap_ms for fps in (24, 25, 29.97, 60)] == [83, 80, 66, 33]


def test_dcmp_has_levels_and_words_a_minute():
    rules = load_rules("dcmp")
    assert rules.limits("en", "lower").speed_wpm == 130
    assert rules.limits("en", "theatrical").shortest_ms == 2000
    assert rules.limits("en").speed_cps is None


def test_dashes_and_style_by_language():
    rules = load_rules("netflix")
    assert [rules.limits(tag).dashes for tag in ("en", "fr", "nl", "bg")] == [
        "both", "both-spaced", "second", "second-spaced",
    ]  # fmt: skip
    assert rules.style("ar").italics is False
    assert rules.style("en").interruption == "--"
    assert rules.limits("ko").counting == "halves"


def test_wrong_names_get_near_ones():
    with pytest.raises(UsageError) as slip:
        load_rules("netflx")
    assert "netflix" in slip.value.hint
    with pytest.raises(UsageError) as slip:
        load_rules("netflix").limits("en", "child")
    assert "children" in slip.value.hint
    with pytest.raises(UsageError):
        load_rules("netflix").limits("en", fps=0)


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(
        'extends = "netflix"\ntitle = "Ours"\n[limits]\nline_width = 38\nspeed_cps = 15\n'
        '[language.de]\nspeed_cps = 12\n[checks]\nX017 = "off"\nT005 = "error"\nS = "off"\n'
    )
    rules = load_rules(str(path))
    assert rules.name == "ours"
    assert rules.limits("fr").line_width == 38
    assert rules.limits("en").speed_cps == 20  # netflix says so of English
    assert rules.limits("de").speed_cps == 12
    assert "X017" not in rules.severities
    assert "S002" not in rules.severities
    assert rules.severities["T005"] == "error"
    assert pickle.loads(pickle.dumps(rules)) == rules


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[limits", "not TOML"),
        ("[limits]\nline_widht = 3", "limits.line_widht"),
        ('[limits]\nline_width = "wide"', "limits.line_width"),
        ("[limits]\nline_width = true", "limits.line_width"),
        ("[limits]\nline_width = -3", "limits.line_width"),
        ("[limits]\nlongest_ms = 500", "limits"),
        ("[limits]\nspeed_cps = { kids = 3 }", "limits.speed_cps.kids"),
        ('[limits]\ndashes = "left"', "limits.dashes"),
        ('[checks]\nQ999 = "error"', "checks.Q999"),
        ('[checks]\nT001 = "fatal"', "checks.T001"),
        ('extends = "netflx"', "extends"),
        ("audiences = []", "audiences"),
        ('house = ["width"]', "house"),
        ("language = 3", "language"),
        ("[language]\nde = 3", "language.de"),
        ('[style]\ncharset = "latin-99"', "style.charset"),
        ("\udcff", "not TOML"),
    ],
)
def test_a_slip_is_one_line_with_its_place(tmp_path, text, place):
    path = tmp_path / "slip.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as slip:
        load_rules(str(path))
    assert place in str(slip.value)
    assert "\n" not in str(slip.value)
    assert "slip.toml" in str(slip.value)


def test_every_code_has_a_check():
    from loquitur.subtitles.check.finding import CUE_CHECKS, TRACK_CHECKS

    assert set(CODES) == set(CUE_CHECKS) | set(TRACK_CHECKS)
