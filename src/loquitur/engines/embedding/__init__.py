"""Engines that turn texts into vectors (`loquitur.protocols.TextEncoder`)."""
