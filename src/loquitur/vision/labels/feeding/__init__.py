"""Batches out of shards: order, place, padding; the same again for whoever goes on."""
