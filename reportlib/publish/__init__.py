"""Notebooks to pages: the matrix of runs, their execution, the HTML, the index.

Nothing is imported here: papermill loads `publish.engine` whenever it starts.
"""

ENGINE = "reportlib-fork"
"""papermill's name of the engine."""
KERNEL = f"{__name__}.kernel"
"""What kernels are forked from."""
