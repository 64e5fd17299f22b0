"""A profile's TOML held against the schema: one clear line for each slip, with the place of it."""

from __future__ import annotations

import datetime
import tomllib
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, near
from loquitur.subtitles.rules.codes import CODES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = (int, float)
_LIMITS: dict[str, tuple[type, ...]] = {
    "line_width": _NUMBER, "line_count": (int,), "speed_cps": _NUMBER, "speed_wpm": _NUMBER,
    "shortest_ms": (int,), "longest_ms": (int,), "gap_ms": (int,), "gap_frames": (int,),
    "chain_ms": (int,), "chain_frames": (int,), "pause_ms": (int,), "counting": (str,),
    "dashes": (str,),
}  # fmt: skip
_STYLE: dict[str, tuple[type, ...]] = {
    "ellipsis": (str,), "interruption": (str,), "label": (str,), "label_case": (str,),
    "music": (str,), "spelled": (int,), "italics": (bool,), "charset": (str,),
}  # fmt: skip
_CHOICES: dict[str, tuple[str, ...]] = {
    "counting": ("characters", "cells", "halves"),
    "dashes": ("both", "both-spaced", "second", "second-spaced", "none"),
    "ellipsis": ("…", "...", "any"),
    "interruption": ("--", "—", "–", "any"),
    "label": ("[]", "()", "any"),
    "label_case": ("lower", "upper", "any"),
    "music": ("♪", "#", "any"),
}
_SPEECH = dict.fromkeys(("early_ms", "late_ms", "lag_ms", "missing_ms"), (int,))
_SHOTS = dict.fromkeys(("half_second_frames", "before_frames", "gap_frames"), (int,))
_TOP: dict[str, tuple[type, ...]] = {
    "title": (str,), "source": (str,), "address": (str,), "read": (datetime.date, str),
    "note": (str,), "extends": (str,), "house": (list,), "audiences": (list,), "limits": (dict,),
    "style": (dict,), "speech": (dict,), "shots": (dict,), "checks": (dict,), "language": (dict,),
}  # fmt: skip
_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false",
          list: "a list", dict: "a table", datetime.date: "a date"}  # fmt: skip


class Slips:
    """Finds what is wrong with a profile; the first slip is an `InputError` that says where."""

    def __init__(self, name: str) -> None:
        self._name = name

    def refused(self, place: str, why: str, *, hint: str = "") -> InputError:
        """The error for a slip at a place (`limits.line_width`)."""
        return InputError(f"{self._name}: {place}: {why}", hint=hint, code="LQ-INPUT-RULES")

    def parsed(self, data: bytes) -> dict[str, Any]:
        """The table of some TOML.

        Raises:
            InputError: It is no TOML, or the table is not a profile's.
        """
        try:
            table = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise InputError(f"{self._name} is not TOML: {exc}", code="LQ-INPUT-RULES") from exc
        self._check(table)
        return table

    def _check(self, table: dict[str, Any]) -> None:
        self._keys("", table, _TOP)
        for key in ("house", "audiences"):
            if not all(isinstance(item, str) and item for item in table.get(key, ())):
                raise self.refused(key, "expected a list of names")
        audiences = table.get("audiences", ["adult"])
        if not audiences:
            raise self.refused("audiences", "there must be one at least")
        for name in table.get("house", ()):
            if name not in _LIMITS:
                raise self.refused(
                    "house", f"no limit is called '{name}'", hint=near(name, _LIMITS)
                )
        extending = "extends" in table and "audiences" not in table
        known = None if extending else audiences
        self._values("limits", table.get("limits", {}), _LIMITS, known)
        self._values("style", table.get("style", {}), _STYLE, known)
        self._values("speech", table.get("speech", {}), _SPEECH, known)
        self._values("shots", table.get("shots", {}), _SHOTS, known)
        for language, values in table.get("language", {}).items():
            if not isinstance(values, dict):
                raise self.refused(f"language.{language}", "expected a table")
            self._values(f"language.{language}", values, _LIMITS | _STYLE, known)
        self._checks(table.get("checks", {}))

    def _keys(self, place: str, table: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        for key, value in table.items():
            where = f"{place}.{key}" if place else key
            if key not in schema:
                raise self.refused(where, "there is no such key", hint=near(key, schema))
            self._kind(where, value, schema[key])

    def _kind(self, place: str, value: object, kinds: tuple[type, ...]) -> None:
        # True is an int to Python, never to a person
        right = isinstance(value, kinds) and (isinstance(value, bool) <= (bool in kinds))
        if not right:
            raise self.refused(place, f"expected {_WORDS[kinds[-1]]}, found {value!r:.40}")

    def _values(
        self,
        place: str,
        table: Mapping[str, Any],
        schema: Mapping[str, tuple[type, ...]],
        audiences: Iterable[str] | None,
    ) -> None:
        for key, given in table.items():
            where = f"{place}.{key}"
            if key not in schema:
                raise self.refused(where, "there is no such key", hint=near(key, schema))
            by_audience = isinstance(given, dict)
            for audience, value in given.items() if by_audience else (("", given),):
                named = f"{where}.{audience}" if by_audience else where
                if by_audience and audiences is not None and audience not in audiences:
                    hint = near(audience, audiences)
                    raise self.refused(named, "no audience is called so", hint=hint)
                self._kind(named, value, schema[key])
                self._range(named, key, value)

    def _range(self, place: str, key: str, value: Any) -> None:
        choices = _CHOICES.get(key)
        if choices and value not in choices:
            raise self.refused(place, f"'{value}' is none of {', '.join(choices)}")
        if isinstance(value, int | float) and not 0 <= value <= 10_000_000:
            raise self.refused(place, f"{value} is out of range")
        if key == "charset":
            try:
                "".encode(value)
            except LookupError as exc:
                raise self.refused(place, f"no character set is called '{value}'") from exc

    def _checks(self, table: Mapping[str, Any]) -> None:
        letters = {code[0] for code in CODES}
        for code, severity in table.items():
            place = f"checks.{code}"
            if code not in CODES and code not in letters and code != "all":
                raise self.refused(place, "no check has this code", hint=near(code, CODES))
            if severity not in (*SEVERITIES, "off"):
                raise self.refused(place, f"'{severity}' is none of {', '.join(SEVERITIES)}, off")


def joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A profile that extends another: what it says replaces what the other says of the same.

    What it says of all checks, or those of a letter, goes over what the other says of each.
    """
    result = {**below, **above}
    result["source"] = above.get("source") or f"the user's own, over {below['title']}"
    for name in ("limits", "style", "speech", "shots"):
        result[name] = {**below.get(name, {}), **above.get(name, {})}
    told = above.get("checks", {})
    kept = {
        code: severity
        for code, severity in below.get("checks", {}).items()
        if code[0] not in told and "all" not in told
    }
    result["checks"] = {**kept, **told}
    languages = dict(below.get("language", {}))
    for tag, values in above.get("language", {}).items():
        languages[tag] = {**languages.get(tag, {}), **values}
    result["language"] = languages
    return result
