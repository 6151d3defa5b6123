from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# One letter of a word stands in brackets, or this file would be the first to be found.
FORBIDDEN = {
    "path of somebody's machine": r"(?<![\w.])/(?:home|root|Users|work|tmp)/\w",
    "address of a package registry": r"pypi[.]org|python[h]osted|npmjs[.]",
    "address in a lock file": r"(?:resolved|registry|index-url)\W+[h]ttp",
    "marker of unfinished work": r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b",
    "function that was left empty": r"raise Not[I]mplementedError",
    "unresolved merge": r"^(?:<{7}|>{7}) ",
}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file that is in the repository or would be with the next commit."""
    # Whose directory it is does not matter for reading it.
    list_files = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(list_files, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for path in (ROOT / name for name in names.split("\0") if name):
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield path.relative_to(ROOT), content.decode(errors="replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_repository_holds_no(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [f"{path}: {match[0]}" for path, text in texts() for match in pattern.finditer(text)]
    assert not found
