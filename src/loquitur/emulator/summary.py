"""What there is to find in a world, in a few lines for whoever tries things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.emulator.population import Population

if TYPE_CHECKING:
    from loquitur.emulator.world import World


def world_summary(world: World) -> dict[str, Any]:
    """Keywords with their numbers of videos, and the ids of what has a name.

    Raises:
        InputError: The world's plan cannot be.
    """
    population = world.room(Population)
    channels = {entry.key: population.named_channel(entry.key) for entry in population.plan.channel}
    return {
        "owners": list(world.owners()),
        "keywords": {entry.name: entry.videos for entry in population.plan.keyword},
        "channels": {key: channel.id for key, channel in channels.items()},
        "handles": {key: channel.handle for key, channel in channels.items() if channel.handle},
        "videos": {video.named.key: video.id for video in population.named if video.named},
        "playlists": {found.entry.key: found.id for found in population.playlists.values()},
    }
