"""Which cell of the form each figure of a document is, and whose report of which year it is. It proves
nothing.
"""
