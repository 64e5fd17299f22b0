"""Describers: engines that write sentences about what is seen."""
