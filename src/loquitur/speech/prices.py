"""What vendors ask for their language models (`prices.toml`, with date and source)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

OWN = "own"
"""The vendor of a server on the user's own network: nothing is paid a token."""
_DATED = re.compile(r"-(?:\d{3,}.*|latest|preview.*)")


def price_of(vendor: str, model: str) -> tuple[float, float] | None:
    """US dollars for a million tokens (read, written), None where nobody knows.

    A model's dated name has the price of its plain one.
    """
    if vendor == OWN:
        return 0.0, 0.0
    models = prices().get(vendor, {}).get("models", {})
    plain = model.removeprefix("models/")
    found = models.get(plain) or models.get(_DATED.sub("", plain))
    return None if found is None else (float(found[0]), float(found[1]))


def cost_usd(price: tuple[float, float] | None, read: int, written: int) -> float | None:
    """What so many tokens cost in US dollars; None where there is no price.

    >>> cost_usd((0.25, 1.5), 4_000, 200), cost_usd(None, 4_000, 200)
    (0.0013, None)
    """
    return None if price is None else round((read * price[0] + written * price[1]) / 1e6, 6)


@lru_cache(maxsize=1)
def prices() -> dict[str, Any]:
    """The list as it is written."""
    text = resources.files("loquitur.speech").joinpath("prices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
