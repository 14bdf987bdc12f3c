"""The NumPy engine: every technique of the course written by hand, without automatic differentiation.

One file a technique. `course_lib.pytorch` has the same files with the same names; read them side by side.
"""
