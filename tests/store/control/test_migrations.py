from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from headcount.store.control.engine import newest, open_control
from headcount.store.control.models import Base


def schema(path: Path) -> list[str]:
    wanted = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version' ORDER BY name"
    with closing(sqlite3.connect(path)) as connection:
        return [" ".join(sql.split()) for (sql,) in connection.execute(wanted)]


def test_migrations_from_nothing_make_the_tables_of_the_models(tmp_path: Path) -> None:
    migrated, made = tmp_path / "migrated.sqlite", tmp_path / "made.sqlite"
    open_control(migrated).dispose()
    engine = create_engine(f"sqlite:///{made}")
    Base.metadata.create_all(engine)
    engine.dispose()
    assert schema(migrated) == schema(made)


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    open_control(path).dispose()
    before = schema(path)
    open_control(path).dispose()
    assert schema(path) == before


def test_the_newest_shape_is_known_by_the_names_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", "headcount.store.control:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == newest()


def test_tables_of_an_older_shape_are_brought_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    open_control(path).dispose()
    before = schema(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE segment")
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
        connection.commit()
    open_control(path).dispose()
    assert schema(path) == before


def test_the_file_guards_its_references_and_lets_readers_in(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


def test_processes_that_start_together_open_the_same_file(tmp_path: Path) -> None:
    path = str(tmp_path / "control.sqlite")
    opens = "import sys, pathlib, headcount.store.control.engine as e; e.open_control(pathlib.Path(sys.argv[1]))"
    starting = [subprocess.Popen([sys.executable, "-c", opens, path]) for _ in range(2)]
    assert [process.wait() for process in starting] == [0, 0]
