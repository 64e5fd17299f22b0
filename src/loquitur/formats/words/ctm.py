"""Words of CTM: `file channel start duration word [confidence]`, comments with `;;`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Findings, normal_lines
from loquitur.formats.words.timed import Raw, TimedWords, filled

if TYPE_CHECKING:
    from loquitur.formats.document import Document

_LINE = re.compile(
    r"(\S+)[ \t]+(\S+)[ \t]+(-?\d{1,9}(?:\.\d{1,9})?)[ \t]+(\d{1,9}(?:\.\d{1,9})?)[ \t]+(\S+)"
    r"(?:[ \t]+(-?\d{1,3}(?:\.\d{1,9})?|NA))?(?:[ \t]+\S+){0,4}",
    re.ASCII,
)


def is_ctm(document: Document) -> bool:
    """Whether the first line that says something is one of CTM."""
    for line in document.data[:4096].decode("utf-8", "replace").splitlines():
        if line.strip() and not line.startswith(";;"):
            return bool(_LINE.fullmatch(line.strip()))
    return False


def read(document: Document) -> TimedWords:
    """The words of CTM; channels are speakers where there are several.

    Raises:
        InputError: No line is one of CTM.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).removeprefix("\ufeff").split("\n")
    found: list[tuple[str, Raw]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(";;"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            findings.add("ctm.junk", number, f"not a line of CTM: '{line[:60]}'; left out")
            continue
        start = float(match[3]) * 1000
        confidence = None if match[6] in (None, "NA") else float(match[6])
        raw = Raw(
            text=match[5].removeprefix("\\"), start_ms=start,
            end_ms=start + float(match[4]) * 1000, confidence=confidence,
        )  # fmt: skip
        found.append((match[2], raw))
    if not found:
        raise document.refused(lines[0], "file channel start duration word")
    channels = {channel for channel, _ in found}
    raws = [raw if len(channels) < 2 else _of(raw, channel) for channel, raw in found]
    return filled(raws, source="ctm", language=document.language, findings=findings)


def _of(raw: Raw, channel: str) -> Raw:
    from dataclasses import replace

    return replace(raw, speaker=channel)
