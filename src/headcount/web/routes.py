"""All pages in one router."""

from __future__ import annotations

from fastapi import APIRouter

from headcount.web import (
    api_pages,
    delivery_pages,
    find_pages,
    passcodes_pages,
    people_pages,
    person_pages,
    property_pages,
    reach_pages,
    segment_pages,
    settings_pages,
    sign_in_pages,
    static_files,
    upload_pages,
    uploads_pages,
    users_pages,
)

router = APIRouter(include_in_schema=False)
for pages in (
    static_files,
    api_pages,
    sign_in_pages,
    uploads_pages,
    upload_pages,
    people_pages,
    find_pages,
    person_pages,
    segment_pages,
    reach_pages,
    property_pages,
    settings_pages,
    users_pages,
    passcodes_pages,
    delivery_pages,
):
    router.include_router(pages.router)
