"""What there is to find in a world, in a few lines for whoever tries things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loquitur.emulator.world import World


def world_summary(world: World) -> dict[str, Any]:
    """The channels that the tokens speak for."""
    return {"owners": list(world.owners())}
