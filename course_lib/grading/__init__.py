"""Marking: hand out exercises, collect a class's work, run it in a sandbox, mark it, give feedback.

The verdict is computed here, in the process of whoever marks. A student's code runs in the sandbox (`sandbox.py`,
`jail.py` and, in there, `inside/`), and only plain values come out of it.
"""
