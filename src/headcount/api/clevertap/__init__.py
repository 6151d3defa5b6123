"""The calls of CleverTap's API, version 1, under `/1`: its shapes in, one use case, its shapes out.

Where they differ on purpose is on the page docs/vendor-deviations.md.
"""

from __future__ import annotations

from fastapi import APIRouter

from headcount.api.clevertap import campaigns, numbers, people, records, upload
from headcount.api.clevertap.answers import VendorAnswer

router = APIRouter(prefix="/1", default_response_class=VendorAnswer)
for _part in (upload.routes, records.routes, numbers.routes, people.routes, campaigns.routes):
    router.include_router(_part)
