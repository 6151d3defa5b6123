from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.uploads.account import Account, account_in


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with account_in(tmp_path) as opened:
        yield opened
