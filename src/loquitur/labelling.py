"""Labels of inputs: what `label predict` calls, and a Python user."""
