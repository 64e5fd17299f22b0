"""Adapters, one file per engine, reached by name through the registry only."""
