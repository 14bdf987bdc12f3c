"""The claims: one file each, `NAME.py`, with one `EXPERIMENT`. What several share stands beside this folder."""
