from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.auth.world import PASSWORD, World

from headcount.accounts import Account
from headcount.auth.first_start import Given, first_start
from headcount.auth.passcodes import new_passcode
from headcount.auth.rights import Right, operator
from headcount.errors import WrongCall
from headcount.store.control.beginnings import SqlBeginnings
from headcount.store.control.users import SqlUsers

ANN = "ann@acme.example"


def test_no_secret_and_no_hash_is_in_what_is_printed(world: World) -> None:
    signed_in = world.signing.sign_in(ANN, PASSWORD, "192.0.2.1")
    made = world.access.create_passcode(operator("acme"), "Nightly", {Right.READ})
    user = SqlUsers(world.engine).by_email(ANN)
    assert user is not None
    given = Given(account=Account("acme", "Acme", "UTC"), passcode="chosen-by-the-operator", admin_password=PASSWORD)
    printed = repr((signed_in, made, user, world.access.users(operator("acme")), given))
    secrets = [signed_in.token, signed_in.csrf, signed_in.session.token_hash, made.secret, made.passcode.secret_hash]
    for secret in [*secrets, user.password_hash, "argon2", PASSWORD, "chosen-by-the-operator"]:
        assert secret not in printed


def test_what_the_first_start_made_is_shown_by_its_fields_only(engine: Engine) -> None:
    given, world = Given(account=Account("acme", "Acme", "UTC")), World(engine)
    made = first_start(SqlBeginnings(engine), world.passwords, given, world.clock())
    assert made is not None
    assert str(made.passcode) not in repr(made)
    assert str(made.admin_password) not in repr(made)


def test_no_secret_is_in_the_control_file(world: World, tmp_path: Path) -> None:
    signed_in = world.signing.sign_in(ANN, PASSWORD, "192.0.2.1")
    made = world.access.create_passcode(operator("acme"), "Nightly", {Right.READ})
    typed_by_mistake = "my secret, typed as e-mail"
    with pytest.raises(WrongCall):
        world.signing.sign_in(typed_by_mistake, "wrong horse battery", "192.0.2.77")
    world.engine.dispose()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("control.sqlite*"))
    assert ANN.encode() in kept
    for secret in (signed_in.token, signed_in.csrf, made.secret, PASSWORD, typed_by_mistake, "192.0.2.77"):
        assert secret.encode() not in kept


def test_a_failed_sign_in_is_logged_without_what_was_typed(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WrongCall):
        world.signing.sign_in(ANN, "wrong horse battery", "192.0.2.1")
    written = "".join(capfd.readouterr())
    assert "sign_in_failed" in written
    assert ANN not in written
    assert "wrong horse" not in written


def test_equal_passcodes_are_kept_differently(world: World) -> None:
    chosen = "chosen-by-the-operator"
    one, other = (new_passcode(name, "Nightly", {Right.READ}, world.clock(), chosen).passcode for name in ("acme", "other"))
    assert one.secret_hash != other.secret_hash
