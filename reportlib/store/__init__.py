"""Many files -> `data/processed`: records, bodies, corrections, rules between reports, ingest, add.

`data/raw` comes in; `data/processed` goes out, whole or not at all. Nothing is shown here; nothing in
`data/raw` is edited.
"""
