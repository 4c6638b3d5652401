"""What all histories stand on, made once a process: directories, keys, letters, first journals.

`Ground.held` puts simulated parts where the real node meets the machine: the writer's thread, the
dialler's network, SQLite's files, the clocks and the sources of randomness. Everything between
them is the product's own code.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from hashlib import shake_256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
import structlog

import hotline.node.airspace.line_airspace
import hotline.node.airspace.loading
import hotline.node.airspace.stumbles
import hotline.node.centre
import hotline.node.dialling
import hotline.node.line
import hotline.node.watch
from hotline.errors import HotlineError
from hotline.journal import journal as journal_module
from hotline.journal import queries, records, schema
from hotline.journal.writer import Writer
from hotline.line.association import Association
from hotline.line.terms import Instant
from hotline.model.kinds import Status
from hotline.node import keyring
from hotline.node.clock import Clock
from hotline.node.config import NodeConfig, read_config
from hotline.node.dialling import DIAL_S, Dialler
from hotline.node.keyring import Keyring, init_keys, load_keyring, pin_card
from hotline.trust import notes
from hotline.trust.card import read_card
from hotline.trust.keys import PrivateKey, PublicKey
from tests.simulation.disk import SimulatedFileSystem
from tests.simulation.loop import LIFE, SimulatedLoop

CENTRES = ("iaf", "hmeimim")
"""The first of them dials."""
PEER = {"iaf": "hmeimim", "hmeimim": "iaf"}
EXAMPLES = Path(__file__).parents[2] / "examples"
EPOCH_US = 1_772_360_400_000_000
"""When every history begins: 2026-03-01T10:20:00Z."""
COMMIT_S = (0.0005, 0.004)
"""How long a commit takes, mostly."""
CHECKPOINT_PAGES = 4000
"""The product's own; a history may want checkpoints of the write-ahead log more often."""
LOWER_BYTES = 4096
"""What is handed to the transport at once below FLASH: less than the product's, as messages are."""

TIMERS = "heartbeat_s = 2\nreceive_s = 5\nreceipt_alarm_s = 10\nline_check_s = 600\n"


class SimulatedClock(Clock):
    """The clocks of one node: the loop's time, and a wall clock that faults set."""

    def __init__(self, loop: SimulatedLoop, offset_us: int = 0) -> None:
        self._loop = loop
        super().__init__(offset_us)

    def wall_us(self) -> int:
        """Return microseconds since 1970 by this node's wall clock."""
        return EPOCH_US + round(self._loop.now * 1e6) + self.offset_us

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(self._loop.now, self.wall_us())


class SimulatedWriter(Writer):
    """The real writer, whose turns come on the loop; each commit takes simulated time."""

    def _start(self) -> None:
        self._busy = False
        self._ended = False
        assert isinstance(self._loop, SimulatedLoop)

    def _hand_in(self, job: Any) -> None:
        super()._hand_in(job)
        if not self._busy:
            self._busy = True
            self._loop.call_later(self._loop.chance.uniform(1e-6, 1e-4), self._work)

    def _work(self) -> None:
        """Take one turn; the next one begins when this commit's time is over."""
        if self._ended or (self._queue.empty() and self._urgent.empty()):
            self._busy = False  # the end has come in between, and has taken everything along
            return
        life = LIFE.get()
        self._delay = self._loop.commit_s()  # type: ignore[attr-defined]
        self._ended = not self._turn()
        if life is not None and life.over:
            return
        self._loop.call_later(self._delay, self._work)

    def _call(self, function: Any, *arguments: Any) -> None:
        self._loop.call_later(self._delay, function, *arguments)

    def _join(self) -> None:
        while not self._ended:
            self._ended = not self._turn()


class SimulatedDialler(Dialler):
    """The real dialler, with its pauses and addresses; only TCP, TLS and HTTP are simulated."""

    def _client(self) -> Any:
        return _NoClient()

    async def _dial_once(self, session: object, host: str, port: int) -> None:
        line = self._line
        network = asyncio.get_running_loop().network  # type: ignore[attr-defined]
        try:
            async with asyncio.timeout(DIAL_S):
                socket = await network.connect(line.centre.config.centre, line.peer)
            async with socket:
                await line.serve(socket, f"{host}:{port}")
        except (OSError, TimeoutError, HotlineError) as error:
            self._note_failure(host, port, str(error) or type(error).__name__)


class _NoClient:
    async def __aenter__(self) -> _NoClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class _Nothing:
    """Takes every measurement and keeps none."""

    def __getattr__(self, name: str) -> _Nothing:
        return self

    def __call__(self, *_: object, **__: object) -> _Nothing:
        return self


class Ground:
    """Everything that histories share; ``images`` is what each node's disk holds at first."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files = SimulatedFileSystem()
        self.configs: dict[str, NodeConfig] = {}
        self.keyrings: dict[str, Keyring] = {}
        self.images: dict[str, dict[str, bytes]] = {}
        self.checkpoint_pages = CHECKPOINT_PAGES
        # Defects that the product has logged in this history: they never pass unseen.
        self.logged: list[str] = []
        self.random = random.Random(0)
        # (public key, signature, data) of what is known to be signed, in this history.
        self._signatures: set[tuple[bytes, bytes, bytes]] = set()
        # Those in the journals with which every history begins.
        self._first_signatures: frozenset[tuple[bytes, bytes, bytes]] = frozenset()
        self._make_sites()

    def _make_sites(self) -> None:
        letter = (EXAMPLES / "letter.toml").read_text()
        head, _, rest = letter.partition("[timers]")
        _, _, rest = rest.partition("identification_s")
        text = f"{head}[timers]\n{TIMERS}identification_s{rest}"
        for centre in CENTRES:
            place = self.directory / centre
            (place / "data").mkdir(parents=True)
            (place / "data" / "journal.sqlite").touch()
            (place / "letter.toml").write_text(text)
            (place / "node.toml").write_text(
                f'centre = "{centre}"\nstatus = "exercise"\n'
                '[listen]\nhost = "127.0.0.1"\nport = 0\n'
                f'[[line]]\npeer = "{PEER[centre]}"\nletter = "letter.toml"\n'
                + ('addresses = ["127.0.0.1:7400"]\n' if centre == CENTRES[0] else "")
            )
            # TLS keys are of no use here, and the only ones that are never the same twice.
            made = iter(range(1000))
            init_keys(
                place / "keys",
                centre,
                Status.EXERCISE,
                now_us=EPOCH_US - 1_000_000,
                entropy=lambda n, c=centre, m=made: shake_256(f"{c} {next(m)}".encode()).digest(n),
            )
        for centre in CENTRES:
            card = read_card((self.directory / PEER[centre] / "keys/centre.card").read_bytes())
            pin_card(self.directory / centre / "keys", card, EPOCH_US)
        for centre in CENTRES:
            config = read_config(self.directory / centre / "node.toml")
            # The gate is not opened: connections come from the simulated network.
            self.configs[centre] = msgspec.structs.replace(config, listen=None)
            self.keyrings[centre] = load_keyring(config.keys)

    def data_of(self, centre: str) -> str:
        """Return the directory whose files are on that centre's simulated disk."""
        return str(self.directory / centre / "data")

    def connect(self, path: Path, *, writable: bool) -> sqlite3.Connection:
        """Open a journal as the product does; the connection ends with the life that opened it."""
        connection = schema.connect(path, writable=writable)
        if writable and self.checkpoint_pages != CHECKPOINT_PAGES:
            connection.execute(f"PRAGMA wal_autocheckpoint = {self.checkpoint_pages}")
        life = LIFE.get()
        if life is not None:
            life.connections.append(connection)  # type: ignore[attr-defined]
        return connection

    def _note(self, _logger: object, name: str, event: dict[str, Any]) -> dict[str, Any]:
        if event.get("exc_info") or event["event"] == "task_failed":
            self.logged.append(repr(event))
        raise structlog.DropEvent

    def _remembering(self, verify: Any) -> Any:
        """Verify each signature once a history: most of the time would go into nothing else."""

        def remembering(key: PublicKey, signature: bytes, data: bytes) -> None:
            known = (key.raw, signature, data)
            if known not in self._signatures:
                verify(key, signature, data)
                self._signatures.add(known)

        return remembering

    def _signing(self, sign: Any) -> Any:
        def signing(key: PrivateKey, data: bytes) -> bytes:
            signature: bytes = sign(key, data)
            self._signatures.add((key.public, signature, data))
            return signature

        return signing

    def begin(self, seed: int, checkpoint_pages: int = CHECKPOINT_PAGES) -> None:
        """Begin a history."""
        self.random.seed(seed)
        self.files.begin(seed)
        self.checkpoint_pages = checkpoint_pages
        self.logged.clear()
        self._signatures = set(self._first_signatures)

    def lay(self, images: dict[str, dict[str, bytes]]) -> None:
        """Have every history begin with these disks."""
        self.images = images
        self._first_signatures = frozenset(self._signatures)

    @contextmanager
    def held(self) -> Iterator[Ground]:
        """Put the simulated parts in their places, for as long as histories are played."""
        random_ = self.random
        still = SimpleNamespace(perf_counter=lambda: 0.0, monotonic=lambda: 0.0)
        before = structlog.get_config()
        with ExitStack() as stack:
            stack.enter_context(self.files.as_default())
            for target, name, new in (
                (hotline.node.centre, "Writer", SimulatedWriter),
                (hotline.node.centre, "Metrics", _Nothing),
                (hotline.node.centre, "make_ready", lambda _: None),
                (hotline.node.line, "Dialler", SimulatedDialler),
                (hotline.node.dialling, "random", random_),
                (hotline.node.watch, "free_bytes", lambda _: 1 << 40),
                (hotline.node.airspace.line_airspace, "time", still),
                (hotline.node.airspace.loading, "time", still),
                (hotline.node.airspace.stumbles, "time", still),
                (journal_module, "connect", self.connect),
                (journal_module, "_claim", lambda _: None),
                (queries, "connect", self.connect),
                (records, "os", SimpleNamespace(urandom=random_.randbytes)),
                # Looked at each second, and the same each time.
                (keyring, "validity", cache(keyring.validity)),
                # Functions of what they are given alone, and given the same again and again.
                (notes.Note, "parse", staticmethod(lru_cache(4096)(notes.Note.parse))),
                (notes, "key_id", lru_cache(256)(notes.key_id)),
                (PublicKey, "verify", self._remembering(PublicKey.verify)),
                (PrivateKey, "sign", self._signing(PrivateKey.sign)),
                (Association.frames_to_send, "__defaults__", (LOWER_BYTES,)),
            ):
                stack.enter_context(patch.object(target, name, new))
            structlog.configure(
                processors=[self._note],
                wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
            )
            stack.callback(structlog.configure, **before)
            collects = gc.isenabled()
            gc.disable()
            stack.callback(gc.enable if collects else gc.disable)
            yield self


@contextmanager
def ground() -> Iterator[Ground]:
    """Make the ground for a process that plays histories, and take it away afterwards."""
    memory = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="hotline-", dir=memory if memory.is_dir() else None))
    try:
        yield from _held(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _held(directory: Path) -> Iterator[Ground]:
    with Ground(directory).held() as made:
        yield made
