"""The moment that an officer names: all of it, a time of day, or a time from now."""

from __future__ import annotations

import re
from typing import Any

import click

from hotline.cli.output import now_us
from hotline.cli.read_back import time_of
from hotline.errors import ModelError
from hotline.model.times import SECOND_US, format_time, resolve_time, shorten

_FORMS = (
    "write 10:00 or 10:00:15 (UTC, the nearest); +30m, -2h, +1h30m or +90s from now, "
    "days as hours, +960h for 40; "
    "or 2026-03-01T10:00:00Z"
)
_BACK = re.compile(r"-(?=[0-9])(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?")


class Moment(click.ParamType[str]):
    """A moment, as RFC 3339 in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the moment. Raises click's usage error."""
        text, now = str(value).strip(), now_us()
        try:
            if text.startswith("+"):
                return resolve_time(text, now)
            back = _BACK.fullmatch(text)
            if back is not None:
                hours, minutes, seconds = (int(part or 0) for part in back.groups())
                gone_s = hours * 3600 + minutes * 60 + seconds
                return format_time(now - gone_s * SECOND_US)
            return time_of(text, now)
        except ModelError as error:
            said = error.message
            if error.code == "model.bad-time":
                said = f"{shorten(text)} is not a moment"
            self.fail(f"{said}; {_FORMS}", param, ctx)
