"""A `Document` -> a `Report`: which cell is which (`extraction`), and what the sums say (`proof`).

One `Document` comes in, one `Report` goes out. No second report, no folder and no network is looked at here;
a printed figure is never changed.
"""
