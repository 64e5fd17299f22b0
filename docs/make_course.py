"""Write docs/tutorials/course.ipynb from course.md: its text and code as cells, run, with output.

`python docs/make_course.py` runs every cell against the emulator and keeps what they print. What
notebooks show beyond text (tables, plots) is left out, so that the file stays small and the same;
run the notebook to see it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "tutorials"
SOURCE, NOTEBOOK = FOLDER / "course.md", FOLDER / "course.ipynb"
TIMEOUT_S = 240
_CODE = re.compile(r"^```python\n(.*?)^```\n?", re.DOTALL | re.MULTILINE)


def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a page, as (markdown or code, source)."""
    found: list[tuple[str, str]] = []
    at = 0
    for block in _CODE.finditer(text):
        found += [("markdown", text[at : block.start()]), ("code", block[1])]
        at = block.end()
    found.append(("markdown", text[at:]))
    return [(kind, source.strip()) for kind, source in found if source.strip()]


def notebook(text: str) -> Any:
    """The page as a notebook that has not been run."""
    import nbformat
    from nbformat import v4

    made = []
    for number, (kind, source) in enumerate(cells(text)):
        new = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
        made.append(new(source, id=f"cell-{number:02d}"))
    found = v4.new_notebook(cells=made)
    found.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(found)
    return found


def run(found: Any, folder: Path = FOLDER) -> Any:
    """Run a notebook in a folder; an error in a cell is raised."""
    from nbclient import NotebookClient

    client = NotebookClient(
        found, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute()
    return found


def printed(cell: Any) -> str:
    """What a cell that was run has printed."""
    streams = (one for one in cell.get("outputs", ()) if one["output_type"] == "stream")
    return "".join(one["text"] for one in streams if one["name"] == "stdout")


def kept(found: Any) -> Any:
    """A notebook that was run, with what it printed and nothing else."""
    from nbformat import v4

    for cell in found.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            text = printed(cell)
            cell.outputs = [v4.new_output("stream", name="stdout", text=text)] if text else []
    return found


def main() -> None:
    """Write the notebook."""
    import nbformat

    found = kept(run(notebook(SOURCE.read_text(encoding="utf-8"))))
    NOTEBOOK.write_text(nbformat.writes(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
