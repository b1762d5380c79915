"""Files that say themselves where their cells are: html, docx, doc, xlsx and text.

Each module reads one family of formats and tells a `flow` what stands in it, which lays out the cells of all.
"""
