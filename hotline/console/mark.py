"""What marks a text that is not actual: the word EXERCISE, with the name of what is played."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hotline.api import schema
from hotline.api.client import Client
from hotline.console.frame import GLANCE_S
from hotline.console.visit import Setting, Visit
from hotline.errors import HotlineError


def mark_of(traffic: str, status: schema.Status) -> str:
    """Return a mark with the name of the exercise that is played, where it does not name one."""
    return named(traffic, status.play_name if status.play != "none" else "")


def named(traffic: str, name: str) -> str:
    """Return a mark with a name, where there is a mark, and it does not have the name already."""
    return f"{traffic} {name}" if traffic and name and name not in traffic else traffic


async def marked(visit: Visit) -> str:
    """Return what marks all that is taken away from this console now; empty where it is actual."""
    banner = visit.setting.banner
    return mark_of(banner, await visit.client.status()) if banner else ""


async def marked_outside(setting: Setting, client: Client) -> str:
    """Return the same for somebody who has not logged in; the word alone without the node."""
    if not setting.banner:
        return ""
    with suppress(TimeoutError, HotlineError):
        async with asyncio.timeout(GLANCE_S):
            return named(setting.banner, (await client.health()).play_name)
    return setting.banner
