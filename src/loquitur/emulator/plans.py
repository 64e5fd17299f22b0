"""World files: TOML or JSON, read and held against what the emulator itself understands."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from loquitur.emulator import chat_script, login, world_plan
from loquitur.emulator.faults import Faults
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
_MOST_PROJECTS = 1000


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
    except (ValueError, RecursionError) as exc:
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
    if not isinstance(plan.get("defaults", True), bool):
        raise InputError(f"{name}: defaults is true or false")
    for reader in READERS:
        try:
            reader(plan)
        except InputError as exc:
            raise InputError(f"{name}: {exc.message}", hint=exc.hint) from exc
    if "timed_text" in plan:
        _check_timed_text(plan["timed_text"], name)
    if "chats" in plan:
        _check_chats(plan, name)
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
    if "per_minute" in plan:
        _check_count(plan["per_minute"], f"{name}: per_minute")
    if "projects" in plan:
        _check_count(plan["projects"], f"{name}: projects", least=1, most=_MOST_PROJECTS)
    owners = plan.get("owners", [])
    if not isinstance(owners, list) or not all(isinstance(one, str) for one in owners):
        raise InputError(f"{name}: owners is a list of channel ids")
    try:
        login.check(plan.get("login", {}))
    except ValueError as exc:
        raise InputError(f"{name}: {exc}") from exc
    try:
        Faults(World(plan=plan))
    except (ValueError, TypeError) as exc:
        raise InputError(f"{name}: faults: {exc}") from exc


def _check_count(value: Any, place: str, *, least: int = 0, most: int = 10**9) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputError(
            f"{place} is a whole number from {least} to {most}, not {str(value)[:40]!r}"
        )


def _check_timed_text(table: Any, name: str) -> None:
    """What happens to a video's key-less tracks, by the video's id."""
    from loquitur.emulator.timed_text import BODIES

    known = ("failures", "bodies")
    if not isinstance(table, dict) or not all(isinstance(one, dict) for one in table.values()):
        raise InputError(f"{name}: timed_text is a table of the tables {', '.join(known)}")
    for key in table:
        if key not in known:
            raise InputError(f"{name}: timed_text has no '{key[:40]}'", hint=near(key, known))
    for video_id, body in table.get("bodies", {}).items():
        if body not in BODIES:
            raise InputError(
                f"{name}: timed_text.bodies.{video_id[:20]}: '{str(body)[:40]}'",
                hint=f"one of {', '.join(BODIES)}",
            )


def _check_chats(plan: dict[str, Any], name: str) -> None:
    """A chat is that of a stream with a name."""
    streams = [one for one in world_plan.read(plan).video if one.live]
    known = {word for one in streams for word in (one.key, one.id) if word}
    for chat in chat_script.read_plans(plan):
        if chat.video not in known:
            keys = [one.key for one in streams]
            raise InputError(
                f"{name}: chats: no stream is called '{chat.video[:40]}'",
                hint=near(chat.video, keys) or f"there are {', '.join(keys[:5])}",
            )
