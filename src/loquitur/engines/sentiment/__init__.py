"""Engines that read opinion and feeling out of texts."""
