from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.uploads.another import another_process

from headcount.uploads import owner as owners
from headcount.uploads.owner import Owner, is_alive, this_process


def test_the_running_process_is_alive() -> None:
    assert is_alive(this_process())


def test_a_later_process_of_the_same_number_is_another() -> None:
    assert not is_alive(replace(this_process(), started="another boot 1"))


def test_a_killed_process_is_dead_even_before_it_is_reaped() -> None:
    with another_process() as (child, owner):
        assert is_alive(owner)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(owner)


def test_without_proc_a_process_is_known_by_its_number_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    monkeypatch.setattr(owners, "_PROC", tmp_path)
    assert is_alive(this_process())
    assert not is_alive(Owner(ended.pid, ""))
