"""What makes one vector of a stream's rows: means, bags of frames, clusters, recurrent nets."""

from __future__ import annotations
