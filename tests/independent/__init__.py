"""An independent writer of reports: documents with known figures and listed damages, made without the reader.

Nothing here but the test itself imports `reportlib`: a writer that knows the reader's habits finds nothing.
"""
