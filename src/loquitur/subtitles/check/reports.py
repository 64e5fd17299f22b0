"""Findings for machines: JSON, and SARIF 2.1.0 as code scanners of CI services read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from loquitur.subtitles.rules.codes import CODES, SEVERITIES
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.subtitles.check.finding import Finding
    from loquitur.subtitles.rules import Rules

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def at(start_ms: int | None) -> str:
    """A time as files have it, empty for none; one before zero keeps its sign."""
    if start_ms is None:
        return ""
    return clock(start_ms) if start_ms >= 0 else "-" + clock(-start_ms)


def report_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON objects.

    Keys: `code`, `severity`, `cue` (from 1, 0 for the whole), `line` (of the file, 0 where not
    known), `start_ms`, `time`, `message`, `found`, `limit`, `unit`, `fix` (what `--fix` would do,
    empty where it cannot).
    """
    return [
        {
            "code": one.code,
            "severity": one.severity,
            "cue": one.cue,
            "line": one.source_line,
            "start_ms": one.start_ms,
            "time": at(one.start_ms),
            "message": one.message,
            "found": one.found,
            "limit": one.limit,
            "unit": one.unit,
            "fix": one.fix,
        }
        for one in findings
    ]


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity, gravest first."""
    found = Counter(one.severity for one in findings)
    return {severity: found[severity] for severity in ("error", "warning", "info")}


def report_sarif(findings: Sequence[Finding], path: str, rules: Rules) -> dict[str, Any]:
    """Findings of one file as a SARIF log.

    Args:
        findings: What `check` gave.
        path: Of the file, relative to the root of the repository where there is one.
        rules: The guideline they were held against.
    """
    return sarif_log([(path, findings)], rules)


def sarif_log(files: Sequence[tuple[str, Sequence[Finding]]], rules: Rules) -> dict[str, Any]:
    """Findings of several files as one SARIF log of one run."""
    from loquitur import __version__

    used = sorted({one.code for _, findings in files for one in findings})
    index = {code: number for number, code in enumerate(used)}
    results = [_result(one, path, index) for path, findings in files for one in findings]
    driver = {
        "name": "loquitur",
        "version": __version__,
        "rules": [_rule(code, rules) for code in used],
        "properties": {"guideline": rules.name, "source": rules.source, "read": rules.read},
    }
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
                  "results": results}],
    }  # fmt: skip


def _rule(code: str, rules: Rules) -> dict[str, Any]:
    entry = CODES[code]
    severity = rules.severities.get(code, entry.severity or SEVERITIES[-1])
    rule: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": entry.title},
        "defaultConfiguration": {"level": _LEVELS[severity]},
    }
    if entry.repair:
        rule["help"] = {"text": f"--fix: {entry.repair}, where that is safe"}
    return rule


def _result(finding: Finding, path: str, index: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(path.replace("\\", "/"), safe="/")}}
    if finding.source_line > 0:
        place["region"] = {"startLine": finding.source_line}
    details = {
        "cue": finding.cue or None, "startMs": finding.start_ms, "found": finding.found,
        "limit": finding.limit, "unit": finding.unit, "fix": finding.fix,
    }  # fmt: skip
    where = f"cue {finding.cue}, {at(finding.start_ms)}: " if finding.cue else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": where + finding.message},
        "locations": [{"physicalLocation": place}],
        "properties": {key: value for key, value in details.items() if value not in (None, "")},
    }
