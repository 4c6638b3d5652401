"""The receiving process: a plain node, run as ``hotline run`` runs it, that tells its port."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hotline.node.centre import Centre
from hotline.node.daemon import run


@asynccontextmanager
async def face(centre: Centre) -> AsyncIterator[None]:
    """Say on which port the peer may dial; nobody asks this node for more."""
    print(json.dumps({"port": centre.port}), flush=True)
    yield


if __name__ == "__main__":
    run(Path(sys.argv[1]), face)
