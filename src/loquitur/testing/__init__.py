"""Shipped test kit: conformance suites and tiny-model builders."""
