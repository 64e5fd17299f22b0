"""The store: content-addressed objects, result records, an index that can be rebuilt.

`Store.open(root)` gives a `Store`. Its methods, by what they are about:

- bytes: `put(data)`, `temporary(suffix)` and `adopt(path)` for large files, `read(digest)`
  verified, `check(digest)` for mapping, `has(digest)`, `path(digest)`;
- results: `record(key)`, `publish(record)` (the first one wins), `retire(key)`, `records()`,
  `parts(key)` for resumable pieces;
- doing a task once: `with store.lease(key) as lease: record = lease.record or publish(...)`;
- the user's files: `digest(path)`;
- answers: `usage()`, `find(prefix)`, `rebuild()`.

`collect` frees space, `verify` looks for damage.
"""

from __future__ import annotations

from loquitur.store.collect import Collected, collect
from loquitur.store.folder import Lease, Store
from loquitur.store.leases import Holder
from loquitur.store.listing import Usage
from loquitur.store.verify import Verified, verify

__all__ = [
    "Collected",
    "Holder",
    "Lease",
    "Store",
    "Usage",
    "Verified",
    "collect",
    "verify",
]
