from __future__ import annotations
def is_large(path): return False
