"""Pages on which only the place of words tells where cells are: pdf, ofd and pictures.

Words with boxes and ruling lines go through `layout` to paragraphs and grids in reading order.
"""
