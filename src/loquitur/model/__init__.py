"""The types that flow between stages: frozen, plain, picklable, without I/O or algorithms."""
