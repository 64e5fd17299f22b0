"""Films for tests are made by `tests/media/films.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))
