"""Answers as a file: Markdown for people, JSON for programs; every citation stays a citation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError
from loquitur.library import emphasis
from loquitur.text import display
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Citation, Reply

SCHEMA = "loquitur/answers/1"
SUFFIXES = (".md", ".json")
_SYNTAX = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def check_suffix(path: str | Path) -> Path:
    """The path of a file that answers can be written to.

    Raises:
        UsageError: Its suffix is none of `SUFFIXES`.
    """
    found = Path(path)
    if found.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{found}: no such kind of file", hint="expected " + ", ".join(SUFFIXES))
    return found


def save(replies: Sequence[Reply], path: str | Path, *, library: str = "") -> None:
    """Write answers with their evidence, by the suffix of the file; replaced in one step.

    Args:
        replies: In the order they were given.
        path: `.md` or `.json`.
        library: The library's name.

    Raises:
        UsageError: The suffix is another.
        FullError: No space, or no right to write there.
    """
    from loquitur.tables.writing import replacing

    target = check_suffix(path)
    if target.suffix.lower() == ".md":
        text = markdown(replies, library=library)
    else:
        document = {"schema": SCHEMA, "library": library, "answers": [*map(plain, replies)]}
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    with replacing(target) as file:
        file.write_bytes(text.encode("utf-8", "backslashreplace"))


def plain(reply: Reply) -> dict[str, Any]:
    """A reply as plain values, as `ask --json` prints it."""
    return {
        "question": reply.question,
        "answer": reply.answer,
        "refused": reply.refused,
        "citations": [*map(plain_citation, reply.citations)],
        "reason": reply.reason,
        "confidence": round(reply.confidence, 4),
        "engine": reply.engine,
        "searched": reply.searched or reply.question,
        "nearest": [*map(plain_citation, reply.nearest)],
        "dropped": [{"text": text, "reason": reason} for text, reason in reply.dropped],
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cost_usd": reply.cost_usd,
        "notices": [*reply.notices],
    }


def plain_citation(one: Citation) -> dict[str, Any]:
    """A citation as plain values."""
    return {
        "n": one.n,
        "media_id": one.media_id,
        "start_ms": one.start_ms if one.timed else None,
        "end_ms": one.end_ms if one.timed else None,
        "text": one.text,
        "url": one.url or None,
        "link_ms": one.leads_ms if one.timed else None,
        "passage_id": one.passage_id,
        "title": one.title,
        "speaker": one.speaker or None,
        "before": one.before,
        "after": one.after,
        "marks": [[*mark] for mark in one.marks],
    }


def markdown(replies: Sequence[Reply], *, library: str = "") -> str:
    """Answers with their evidence as Markdown; what others wrote is text in it, never markup."""
    lines = [f"# {_literal(library)}" if library else "# Answers"]
    for reply in replies:
        lines += ["", f"## {_literal(reply.question)}", ""]
        if reply.searched and reply.searched != reply.question:
            lines += [f"Searched: {_literal(reply.searched)}", ""]
        if reply.answer is None:
            lines += [f"No answer: {_literal(reply.reason)}.", ""]
            lines += ["Nearest passages:", ""] if reply.nearest else []
        else:
            lines += [_literal(reply.answer), ""]
        for one in reply.citations or reply.nearest:
            lines += _evidence(one)
        if reply.engine != "none":
            lines += ["", f"Answered by {_literal(reply.engine)}; citations checked by program."]
        lines += [f"\n{_literal(notice)}" for notice in reply.notices]
    return "\n".join(lines) + "\n"


def _evidence(one: Citation) -> list[str]:
    where = ", ".join(filter(None, (one.title or one.media_id, one.speaker)))
    at = short_clock(one.leads_ms) if one.timed else "here"
    link = f"[{at}](<{_target(one.url)}>)" if one.url else at
    return [f"- \\[{one.n}\\] {link} {_literal(where)}: “{_marked(one)}”"]


def _marked(one: Citation) -> str:
    """The words, what matters most in bold."""
    return "".join(
        f"**{_literal(piece)}**" if marked else _literal(piece)
        for piece, marked in emphasis.pieces(one.text, one.marks)
    )


def _literal(text: str) -> str:
    r"""Text of others on one line, shown by Markdown as it is.

    >>> _literal("*so* [x](y)")
    '\\*so\\* \\[x\\]\\(y\\)'
    """
    return _SYNTAX.sub(r"\\\1", display(" ".join(text.split())))


def _target(url: str) -> str:
    return display(url).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
