"""Guidelines as data: one TOML per profile, with its source and the day it was read.

A profile has limits by language and audience, a style, and which checks are on. A user's own is a
TOML file of the same shape; with `extends = "netflix"` it says only what differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from loquitur.errors import InputError, UsageError, near
from loquitur.languages import primary
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.rules.codes import CODES, SEVERITIES, Code, Severity
from loquitur.subtitles.rules.loading import Slips, joined
from loquitur.text import display

__all__ = [
    "CODES", "SEVERITIES", "Code", "Rules", "Severity", "Shots", "SpeechRules", "Style",
    "known_rules", "load_rules", "rule_names",
]  # fmt: skip

_MOST_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a guideline writes things; `any` where it leaves that open.

    Args:
        ellipsis: `…` or `...`.
        interruption: The sign of broken speech: `--`, `—` or `–`.
        label: Brackets around sounds: `[]` or `()`.
        label_case: `lower` or `upper`: the case of sounds.
        music: The sign around songs: `♪` or `#`.
        spelled: Numbers up to this are written in letters; 0 for none.
        italics: Whether the language has italics.
        charset: Python's name of the character set that texts keep to; empty for any.
    """

    ellipsis: Literal["…", "...", "any"] = "any"
    interruption: Literal["--", "—", "–", "any"] = "any"
    label: Literal["[]", "()", "any"] = "any"
    label_case: Literal["lower", "upper", "any"] = "any"
    music: Literal["♪", "#", "any"] = "any"
    spelled: int = 0
    italics: bool = True
    charset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRules:
    """How cues follow the sound, in ms.

    `early_ms` and `late_ms` say how far a start may be before and after its first word, `lag_ms`
    how long a cue may stay after its last one, `missing_ms` how long speech may go uncaptioned.
    """

    early_ms: int = 200
    late_ms: int = 200
    lag_ms: int = 1_500
    missing_ms: int = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shots:
    """What happens near a cut, in frames at 24 a second, to be scaled with the rate.

    Args:
        half_second_frames: Starts and ends nearer than this to a cut are moved.
        before_frames: A start up to this far before a cut goes to it; one farther away is pulled to
            half a second before.
        gap_frames: A cue ends this far before the cut; not scaled.
    """

    half_second_frames: int = 12
    before_frames: int = 8
    gap_frames: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A guideline.

    Args:
        name: What it is called here; of a user's file, its name.
        title: Whose guideline it is.
        source: Where its numbers come from, in words.
        address: Where to read it.
        read: The day it was read, as `YYYY-MM-DD`.
        note: What to know of it.
        house: The limits that its source does not give and that are this package's choice.
        audiences: For whom it has limits; the first where nobody is named.
        severities: The checks that are on, and how grave each is.
        table: The profile as its file has it.
    """

    name: str
    title: str
    source: str
    address: str = ""
    read: str = ""
    note: str = ""
    house: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ("adult",)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    table: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def limits(self, language: str = "", audience: str = "", fps: float = 24.0) -> Limits:
        """The limits for texts in a language.

        Args:
            language: BCP 47 tag; empty for what goes for most.
            audience: One of `audiences`; empty for the first.
            fps: Frames per second, for limits in frames.

        Raises:
            UsageError: The profile has no such audience, or there is no such frame rate.
        """
        if not 1 <= fps <= 1000:
            raise UsageError(f"not a frame rate: {fps}")
        values = self._values("limits", language, audience)
        for name in ("gap", "chain"):
            frames = values.pop(f"{name}_frames", None)
            if frames is not None:
                values[f"{name}_ms"] = int(frames * 1000 / fps)
        known = {key: values[key] for key in Limits.__dataclass_fields__ if key in values}
        for speed in ("speed_cps", "speed_wpm"):
            if speed in known:
                known[speed] = known[speed] or None
        return Limits(**known, fps=fps)

    def style(self, language: str = "") -> Style:
        """How texts in a language are written."""
        values = self._values("style", language, self.audiences[0])
        return Style(**{key: values[key] for key in Style.__dataclass_fields__ if key in values})

    @property
    def speech(self) -> SpeechRules:
        """How cues follow the sound."""
        return SpeechRules(**self.table.get("speech", {}))

    @property
    def shots(self) -> Shots:
        """What happens near a cut."""
        return Shots(**self.table.get("shots", {}))

    def _values(self, kind: str, language: str, audience: str) -> dict[str, Any]:
        """The profile's values with those of the language over them, each for the audience."""
        audience = audience or self.audiences[0]
        if audience not in self.audiences:
            raise UsageError(
                f"the rules '{self.name}' know no audience '{audience}'",
                hint=near(audience, self.audiences),
                code="LQ-USAGE-AUDIENCE",
            )
        tables = self.table.get("language", {})
        tag = language.replace("_", "-").lower()
        by_tag = {name.lower(): values for name, values in tables.items()}
        over = by_tag.get(primary(language), {}) | by_tag.get(tag, {})
        merged = dict(self.table.get(kind, {})) | over
        found = {}
        for key, value in merged.items():
            given = value.get(audience) if isinstance(value, Mapping) else value
            if given is not None:
                found[key] = given
        return found


DEFAULT_RULES = "netflix"
"""What goes where no guideline is chosen: it has numbers for most languages."""


def rule_names() -> tuple[str, ...]:
    """The profiles that come with the package."""
    return tuple(
        sorted(
            item.name.removesuffix(".toml")
            for item in resources.files(__name__).iterdir()
            if item.name.endswith(".toml")
        )
    )


def known_rules() -> tuple[Rules, ...]:
    """The profiles that come with the package, with their sources."""
    return tuple(load_rules(name) for name in rule_names())


def load_rules(name: str) -> Rules:
    """A profile by its name, or a user's own by the path of its TOML file.

    Raises:
        UsageError: There is no such profile; near names are offered.
        InputError: The file cannot be read, or is not a profile: the line says where it slips.
    """
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return _of_file(Path(name))
    return _of_package(name)


def digest_of(name: str) -> str:
    """A digest of all that a profile says; as `load_rules` otherwise."""
    table = load_rules(name).table
    return hashlib.sha256(json.dumps(table, sort_keys=True, default=str).encode()).hexdigest()[:16]


@lru_cache(maxsize=32)
def _of_package(name: str) -> Rules:
    if name not in rule_names():
        hint = near(name, rule_names())
        if name == "custom":
            hint = "give the path of your own TOML file"
        raise UsageError(f"unknown rules '{display(name)}'", hint=hint, code="LQ-USAGE-RULES")
    data = resources.files(__name__).joinpath(f"{name}.toml").read_bytes()
    slips = Slips(f"rules '{name}'")
    return _rules(name, slips.parsed(data), slips)


def _of_file(path: Path) -> Rules:
    shown = display(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise InputError(f"cannot read the rules {shown}: {exc.strerror}") from exc
    if len(data) > _MOST_BYTES:
        raise InputError(f"{shown} is too large for a file of rules")
    slips = Slips(shown)
    table = slips.parsed(data)
    if (below := table.get("extends")) is not None:
        if below not in rule_names():
            raise slips.refused(
                "extends", f"unknown rules '{below}'", hint=near(below, rule_names())
            )
        table = joined(dict(_of_package(below).table), table)
    return _rules(path.stem, table, slips)


def _rules(name: str, table: dict[str, Any], slips: Slips) -> Rules:
    read = table.get("read", "")
    rules = Rules(
        name=name,
        title=table.get("title", name),
        source=table.get("source", "the user's own"),
        address=table.get("address", ""),
        read=read if isinstance(read, str) else read.isoformat(),
        note=table.get("note", ""),
        house=tuple(table.get("house", ())),
        audiences=tuple(table.get("audiences", ("adult",))),
        severities=_severities(table.get("checks", {})),
        table=table,
    )
    for language in ("", *table.get("language", {})):
        for audience in rules.audiences:
            try:
                rules.limits(language, audience)
            except ValueError as exc:
                place = f"language.{language}" if language else "limits"
                raise (slips or Slips(name)).refused(
                    place, str(exc).partition(": Limits")[0]
                ) from exc
    return rules


def _severities(given: Mapping[str, str]) -> dict[str, Severity]:
    """Each check's severity: what its code says goes before its letter, that before `all`."""
    found: dict[str, Severity] = {}
    for code, entry in CODES.items():
        told = given.get(code) or given.get(code[0]) or given.get("all") or entry.severity
        for severity in ("error", "warning", "info"):
            if told == severity:
                found[code] = severity
    return found
