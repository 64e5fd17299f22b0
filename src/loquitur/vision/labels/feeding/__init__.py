"""Batches out of shards: order, place, padding; the same again for whoever goes on.

`order.py` says which record stands where, `data.py` what is read from, `memory.py` is that of
columns in memory, `batches.py` reads ahead and `padding.py` puts rows side by side.
"""
