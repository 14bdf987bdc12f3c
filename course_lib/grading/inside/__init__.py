"""What runs inside the sandbox, beside a student's code. It has no check, no solution and no reference answer.

These files are copied to where the sandbox sees them, so they import only each other, NumPy and the standard library.
"""
