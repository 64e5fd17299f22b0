"""Speaker turns by GE2E d-vectors and clustering, without torch.

`engine` is the adapter, `ge2e` brings the weights and writes the graph, `torchfile` reads them.
"""

from loquitur.engines.diarization.dvector.engine import DVector, DVectorOptions

__all__ = ["DVector", "DVectorOptions"]
