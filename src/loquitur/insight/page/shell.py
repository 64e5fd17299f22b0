"""What stands around the content of every page: head, policy, style, data and script."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import Any

from loquitur import __version__
from loquitur.insight.page.embedding import script_json


def shell_html(body: str, *, title: str, style: str, script: str, data: Any) -> str:
    """A whole document in one file: it loads nothing, and runs nothing but its own script.

    Args:
        body: HTML.
        title: HTML: text of anybody is escaped already.
        style: Its one style sheet; `figures.css` and `page.css` give the house's looks.
        script: Its one script; it finds the data in the element `data`.
        data: Plain values.
    """
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="loquitur {__version__}">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n"
        f'<body class="lq">\n{body}\n'
        f'<script type="application/json" id="data">{script_json(data)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


@functools.cache
def asset(name: str, package: str = "loquitur.insight.page") -> str:
    """A style sheet or a script that comes with a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8").strip()


def _digest(text: str) -> str:
    """How a policy of the page names the one style and the one script (CSP 3, hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
