"""Runs side by side: how good each net is, what it took; several seeds of one are one row.

`runs.py` reads the folders, `groups.py` makes rows of them, `columns.py` says what stands in a
table; `tables.py` writes Markdown, `page.py` HTML, `pictures.py` what one looks at.
"""
