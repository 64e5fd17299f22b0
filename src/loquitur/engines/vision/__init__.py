"""Encoders of frames (`loquitur.protocols.FrameEncoder`), one adapter a file."""
