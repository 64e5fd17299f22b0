"""Engines that find when the words of a given text are said."""
