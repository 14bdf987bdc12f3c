"""Tests that need something from the operating system say so here: skipped where it is missing, failed with CI=true.

A test file takes the fixture `require_or_skip` or, outside of a test, `from requirements import require_or_skip`.
"""

import os
import sys

import pytest


def debian_package(name):
    """The line that installs a package of Debian; None on macOS and Windows, which have no such package."""
    return f"sudo apt-get install {name}" if sys.platform.startswith("linux") else None


def require_or_skip(found, reason, install_line):
    """Go on if `found` is true; else skip the test, or fail it if the environment variable CI is "true".

    Parameters
    ----------
    found : anything; only its truth counts
    reason : what is missing, shown with the skipped test
    install_line : the command that installs it; None where this system has no such package, and then the test is
        skipped even if CI is "true"
    """
    if found:
        return
    if install_line is None:
        pytest.skip(f"{reason}, and this system has no package for it")
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason}, and CI=true asks for it. Install it: {install_line}", pytrace=False)
    pytest.skip(f"{reason}. To run this test: {install_line}")
