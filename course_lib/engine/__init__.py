"""The machinery under the lessons: networks made from a Recipe by either back end, and what makes them fast and safe.

A technique is read in `course_lib.scratch` and `course_lib.pytorch`; here its layers become a network that trains.
"""
