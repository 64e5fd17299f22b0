"""Feature sets: what encoders saw of the clips of a corpus, as sharded columns on disk.

A set is a folder with `index.json` (whose features, of which frames) and shards
`clips-00000.safetensors`: plain safetensors files any library reads, each with the columns
`features` [total, d] float16, `times_ms` [total] int64 and `offsets` [clips + 1] int64; which clips
these are stands in the file's own metadata. A shard appears whole or not at all, so a set that was
interrupted goes on with the clip it had come to. What could not be seen stands in `failures.jsonl`.

`sets.py` reads them, and folders of `.npy` files of other people's; `writing.py` lets one process
at a time add to them, `making.py` makes what it adds, `feeding.py` decodes for that, `shards.py` is
the file format.
"""

from __future__ import annotations

from loquitur.vision.features.making import Written
from loquitur.vision.features.sets import FeatureSet, SetInfo, open_set
from loquitur.vision.features.writing import add_rows, write_set

__all__ = ["FeatureSet", "SetInfo", "Written", "add_rows", "open_set", "write_set"]
