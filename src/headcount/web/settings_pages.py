"""The settings: one's own profile; the users, passcodes and audit log of the account."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
