"""What a part of YouTube-8M is made of: the plan that its site gives, shards and their MD5.

The plan is `{"files": {"trainaB.tfrecord": "<md5>", ...}}`, one a level and part, as the official
script reads it (https://research.google.com/youtube8m/download.html). It comes over plain http
from where the shards come from, so its MD5 guards against breakage and not against forgery, and its
names are not trusted: a name that is no shard's is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import Level

MOST_PLAN_BYTES = 32 << 20
MOST_SHARDS = 100_000
_NAME = re.compile(r"[A-Za-z]{1,20}[A-Za-z0-9]{1,8}\.tfrecord(?:\.gz)?")
_MD5 = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShard:
    """One shard.

    Args:
        part: `train`, `validate` or `test`.
        name: Of its file.
        md5: Of its bytes, 32 hexadecimal digits in lower case.
    """

    part: str
    name: str
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    files: dict[str, str]


def parse_plan(data: bytes, level: Level, part: str, *, where: str) -> tuple[PlannedShard, ...]:
    """The shards of a plan, by name.

    Args:
        data: The plan's JSON.
        level: Whose plan it should be; for messages.
        part: `train`, `validate` or `test`: every shard's name begins with it.
        where: Where it came from, for messages.

    Raises:
        InputError: It is no plan, is empty, or names what is no shard of that part.
    """
    hint = f"expected the plan {level}_{part}.json of YouTube-8M"
    try:
        files = decoder(_Document).decode(data).files
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise InputError(
            f"{where}: not a download plan: {display(str(exc))[:200]}", hint=hint
        ) from exc
    if not 0 < len(files) <= MOST_SHARDS:
        raise InputError(f"{where}: a plan of {len(files)} shards", hint=hint)
    for name, md5 in files.items():
        if not _NAME.fullmatch(name) or not name.startswith(part):
            raise InputError(
                f"{where}: names no shard of {part}: '{display(name)[:80]}'", hint=hint
            )
        if not _MD5.fullmatch(md5):
            raise InputError(f"{where}: {name} has no MD5: '{display(md5)[:80]}'", hint=hint)
    return tuple(
        PlannedShard(part=part, name=name, md5=md5.lower()) for name, md5 in sorted(files.items())
    )


def share_of(shards: tuple[PlannedShard, ...], k: int, n: int) -> tuple[PlannedShard, ...]:
    """Every n-th shard from the k-th on, in the order of their names: the k-th of n equal shares.

    The shares of 1 to n are all shards, each once.

    Args:
        shards: Of one plan.
        k: Which share, from 1.
        n: Of how many.

    Raises:
        UsageError: There is no such share.
    """
    if not 1 <= k <= n:
        raise UsageError(f"no share: {k} of {n}", hint="K,N with K from 1 to N: 1,100")
    return shards[k - 1 :: n]
