"""Notebooks to pages: the matrix of runs, their execution, the HTML, the index.

Nothing is imported here: papermill loads `publish.engine` whenever it starts.
"""
