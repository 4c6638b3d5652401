"""What attacks on a real node take stays within bounds, and an honest peer's messages flow."""

from __future__ import annotations

from pathlib import Path

from tests.security.limits import figures


async def test_no_attack_takes_more_than_its_bounds(tmp_path: Path) -> None:
    """Memory, descriptors and the time of a message sent meanwhile, whatever strangers do."""
    taken = {figure.attack: figure async for figure in figures(tmp_path)}
    for name, figure in taken.items():
        assert figure.grown_mib < 160, name
        assert figure.descriptors < 600, name
        assert figure.exchange_s < 10, name
    for name, figure in taken.items():
        if name.startswith("gzip"):
            assert figure.said == "413", name
        if name.endswith("to the line"):
            assert figure.descriptors < 150, "connections in their handshake are not bounded"
