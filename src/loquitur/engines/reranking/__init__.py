"""Engines that order passages by how well they answer (`loquitur.protocols.Reranker`)."""
