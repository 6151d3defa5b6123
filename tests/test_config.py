from __future__ import annotations

from pathlib import Path

import pytest

from headcount.config import Settings, load_settings
from headcount.errors import WrongCall


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.data == Path("headcount-data")
    assert settings.file_limit_bytes == 1_000_000_000
    assert settings.day_first is None


def test_the_environment_wins_over_the_file_and_an_argument_over_both(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "headcount.toml").write_text("chunk_rows = 1\nthreads = 1\nvalue_limit = 1\n")
    monkeypatch.setenv("HEADCOUNT_CHUNK_ROWS", "2")
    monkeypatch.setenv("HEADCOUNT_THREADS", "2")
    settings = load_settings(threads=3)
    assert (settings.value_limit, settings.chunk_rows, settings.threads) == (1, 2, 3)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_THREADS", "")
    assert load_settings().threads is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "../other"),
        ("account", "a\n"),
        ("chunk_rows", "0"),
        ("day_first", "perhaps"),
        ("log", "loud"),
        ("memory_limit_mb", "63"),
        ("threads", "many"),
        ("timezone", "America"),
        ("timezone", "../UTC"),
        ("timezone", "Mars/Olympus"),
    ],
)
def test_a_wrong_setting_is_told_with_what_it_takes(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"HEADCOUNT_{name.upper()}", value)
    with pytest.raises(WrongCall) as caught:
        load_settings()
    assert caught.value.code == "setting_invalid"
    for part in (name, repr(value), str(Settings.model_fields[name].description)):
        assert part in str(caught.value)


@pytest.mark.parametrize(("content", "part"), [("colour = 1", "colour"), ("chunk_rows =", "TOML"), ("threads = 'x'", "threads")])
def test_a_wrong_file_is_told(directory: Path, content: str, part: str) -> None:
    (directory / "headcount.toml").write_text(content)
    with pytest.raises(WrongCall, match=part):
        load_settings()


def test_every_setting_says_what_it_takes() -> None:
    assert all(field.description for field in Settings.model_fields.values())
