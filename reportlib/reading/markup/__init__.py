"""Files that say themselves where their cells are: html, docx, doc, xlsx and text.

Each module reads one family of formats; `grids` lays merged cells out for all of them.
"""
