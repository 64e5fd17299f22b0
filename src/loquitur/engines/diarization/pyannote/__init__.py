"""Speaker turns by pyannote.audio: what a pipeline is made of, its weights, the adapter."""

from loquitur.engines.diarization.pyannote.engine import Pyannote, PyannoteOptions

__all__ = ["Pyannote", "PyannoteOptions"]
