"""Lessons in NumPy: every technique of the course written by hand, without automatic differentiation.

One file a technique, short enough to be typed again from memory. `course_lib.pytorch` has the same files with the same
names; read them side by side. What checks arrays, reads recipes and runs fast is in `course_lib.engine`.
"""
