"""Where the time goes: timings of this machine, side by side, and the tables that show them.

`python -m course_lib bench machine|scaling` measures, and for a GPU `python tools/bench.py gpu`; `load_result` in
results.py reads what was written, `table` in tables.py shows it.
"""
