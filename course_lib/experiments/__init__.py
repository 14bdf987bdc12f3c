"""Claims, measured: one file `claims/NAME.py` a claim, and what runs them, stores them and lists them.

`python -m course_lib claims` lists what was measured; `measure` in runner.py measures, `load_measurement` in storage.py
reads a result.
"""
