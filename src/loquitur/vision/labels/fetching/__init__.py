"""Data sets brought here: YouTube-8M by part, mirror and share, resumed and verified.

`bringing.fetch_shards` is the door; `plan` and `plans` what there is, `mirrors` where, `place` the
folder, `sizes` how much, `transfer` one shard, `vocabulary` the names of the labels.
"""
