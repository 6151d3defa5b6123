"""Our own JSON under `/api/v1`, and that of CleverTap's clients under `/1`: shapes in, one use case, shapes out."""

from __future__ import annotations

from headcount.api import clevertap, delivery, erasures, files, people, properties, reach, segments, uploads

SUMMARY = "A self-hosted home for customer profiles: send a CSV, see what it would change, apply it, take it back."
#: Those that apps call all day come first: whoever looks for a route asks one after the other.
ROUTES = (
    clevertap.router,
    uploads.routes,
    files.routes,
    people.router,
    properties.router,
    segments.router,
    erasures.router,
    reach.router,
    delivery.router,
)
