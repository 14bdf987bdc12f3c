"""Pictures: functions that take data and a matplotlib Axes and return the Axes. They train nothing."""

from course_lib.plots.figures import show

__all__ = ["show"]
