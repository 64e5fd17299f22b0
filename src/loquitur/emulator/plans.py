"""World files: TOML or JSON, read and held against what the emulator itself understands."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from loquitur.emulator import chat_script, world_plan
from loquitur.emulator.faults import Faults
from loquitur.emulator.login import MODES
from loquitur.emulator.quota import LIMITS
from loquitur.emulator.world import World
from loquitur.errors import InputError, UsageError, near
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

OWN_TABLES = ("faults", "login", "owners", "per_minute", "projects", "quota")
"""What this module holds against what the server understands."""
ROOM_TABLES = (*world_plan.OWN_TABLES, "captions", "chats", "defaults", "timed_text")
"""What the rooms of a world read."""
READERS = (world_plan.read, chat_script.read_plans)
"""Functions that take a whole plan and raise `InputError` where their tables do not fit."""
_LOGIN = ("mode", "seconds", "channel", "testing", "expires_in")


def read(path: Path) -> dict[str, Any]:
    """The plan of a world file; `.json` is JSON, anything else TOML.

    Raises:
        InputError: There is no such file, it is not readable, or a table of it does not fit.
    """
    name = display(str(path))
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{name}: {getattr(exc, 'strerror', None) or 'no UTF-8 text'}") from exc
    try:
        plan = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except ValueError as exc:
        raise InputError(f"{name}: {exc}", hint="a world file is TOML or JSON") from exc
    if not isinstance(plan, dict):
        raise InputError(f"{name}: a world file is a table, not a {type(plan).__name__}")
    check(plan, name)
    return plan


def check(plan: dict[str, Any], name: str) -> None:
    """Hold a plan against what the server and the rooms of a world understand.

    Raises:
        InputError: One does not fit; the message names the file and the place.
    """
    for table in plan:
        if table not in (*OWN_TABLES, *ROOM_TABLES):
            hint = near(table, (*OWN_TABLES, *ROOM_TABLES))
            raise InputError(f"{name}: a world has no '{table[:40]}'", hint=hint)
    _check_server(plan, name)
    for reader in READERS:
        try:
            reader(plan)
        except InputError as exc:
            raise InputError(f"{name}: {exc.message}", hint=exc.hint) from exc
    if "captions" in plan:
        from loquitur.emulator.caption_shelf import CaptionShelf  # with all formats

        try:
            CaptionShelf(World(plan=plan))
        except (UsageError, ValueError, TypeError) as exc:
            raise InputError(f"{name}: captions: {exc}") from exc


def _check_server(plan: dict[str, Any], name: str) -> None:
    """Quotas, faults, logins."""
    for table in ("quota", "faults", "login"):
        if not isinstance(plan.get(table, {}), dict):
            raise InputError(f"{name}: {table} is a table, not {str(plan[table])[:40]!r}")
    for bucket, units in plan.get("quota", {}).items():
        if bucket not in LIMITS:
            raise InputError(f"{name}: quota.{bucket}: no such bucket",
                             hint=f"there are {', '.join(LIMITS)}")  # fmt: skip
        _check_count(units, f"{name}: quota.{bucket}")
    for key in ("per_minute", "projects"):
        if key in plan:
            _check_count(plan[key], f"{name}: {key}", least=1 if key == "projects" else 0)
    owners = plan.get("owners", [])
    if not isinstance(owners, list) or not all(isinstance(one, str) for one in owners):
        raise InputError(f"{name}: owners is a list of channel ids")
    for key in plan.get("login", {}):
        if key not in _LOGIN:
            raise InputError(f"{name}: login.{key}: unknown", hint=f"known: {', '.join(_LOGIN)}")
    mode = plan.get("login", {}).get("mode", MODES[0])
    if mode not in MODES:
        raise InputError(f"{name}: login.mode: '{mode}'", hint=f"one of {', '.join(MODES)}")
    try:
        Faults(World(plan=plan))
    except (ValueError, TypeError) as exc:
        raise InputError(f"{name}: faults: {exc}") from exc


def _check_count(value: Any, place: str, *, least: int = 0) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{place} is a whole number from {least} up, not {str(value)[:40]!r}")
