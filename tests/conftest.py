"""What all tests share."""

import pytest

from requirements import require_or_skip as _require_or_skip


@pytest.fixture
def require_or_skip():
    """`require_or_skip(found, reason, install_line)`: see tests/requirements.py."""
    return _require_or_skip
