"""`data/processed` -> pandas frames: the dataset, indicators, where a figure comes from.

`data/processed` comes in, frames go out. Nothing is drawn here; NA never becomes 0.
"""
