"""The ledger: every claim of the course with what was measured, as the README's table and picture.

`python -m course_lib claims --markdown` writes both; tests hold them to the results. Nobody types a figure.
"""
