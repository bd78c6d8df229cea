"""One encrypted file with everything: rows, pictures, keys, settings. Restored on an empty machine it federates on.

The file: a first line, a passphrase-sealed age identity with its length, then a tar archive encrypted to that identity
(age, https://age-encryption.org/v1). The archive is written while it is read: nothing lies on the disk in clear text.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import struct
import tarfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, cast

import msgspec
import pyrage

from server.base.clock import Clock
from server.base.database import Database, Snapshot, dump
from server.base.database.migrate import migrate, migrations, open_database
from server.base.database.sqlite import SqliteDatabase, copy_file
from server.base.ids import IdSource
from server.base.settings import Settings
from server.commands.verbs.table import Refused

MAGIC: Final = b"callout backup 1\n"
LENGTH: Final = struct.Struct("!I")
MAX_IDENTITY_BYTES: Final = 4096
MIN_PASSPHRASE_CHARS: Final = 10
FILES: Final = ("secret.key", "callout.toml")
SCHEMA, ROWS, END = "schema", "rows/", "end"
#: Folders of pictures: of posts, and sealed ones of offers.
FOLDERS: Final = ("media", "offers")

Progress = Callable[[str, int, int], None]


@asynccontextmanager
async def _moment(settings: Settings, clock: Clock) -> AsyncIterator[Snapshot]:
    """The database at one moment, while a server may go on writing."""
    if not settings.is_sqlite:
        database = await open_database(settings, clock)
        try:
            async with database.transaction() as tx:
                await dump.one_moment(tx)
                yield tx
        finally:
            await database.close()
        return
    with TemporaryDirectory(dir=settings.data, prefix="backup-") as folder:
        path = Path(folder) / "copy.db"
        await asyncio.to_thread(copy_file, settings.data / "callout.db", path)
        copy = await SqliteDatabase.open(path, clock, IdSource(0, clock))
        try:
            async with copy.snapshot() as snapshot:
                yield snapshot
        finally:
            await copy.close()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


@contextmanager
def _encrypting(target: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """A file to write clear text to; what arrives in `target` is encrypted."""
    identity = pyrage.x25519.Identity.generate()
    sealed = pyrage.passphrase.encrypt(str(identity).encode(), passphrase)
    target.write(MAGIC + LENGTH.pack(len(sealed)) + sealed)
    with _through(lambda source: pyrage.encrypt_io(source, target, [identity.to_public()])) as sink:
        yield sink


@contextmanager
def _through(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """Write here; a thread reads the other end and does the work. Its error is raised at the end."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def run() -> None:
        with os.fdopen(reading, "rb") as source:
            try:
                work(source)
            except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits
                failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with os.fdopen(writing, "wb") as sink:
            yield sink
    except BrokenPipeError:
        if not failed:
            raise
    finally:
        thread.join()
    if failed:
        raise failed[0]


async def back_up(settings: Settings, clock: Clock, path: Path, passphrase: str, progress: Progress) -> dict[str, int]:
    """Write the backup; counts of rows and files. The file appears under its name only when it is whole. Raises Refused."""
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise Refused(f"The passphrase needs at least {MIN_PASSPHRASE_CHARS} characters.")
    part = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            with _encrypting(target, passphrase) as sink, tarfile.open(fileobj=sink, mode="w|") as archive:
                count = await _fill(settings, clock, archive, progress)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    except OSError as error:
        raise Refused(f"The backup could not be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return count


async def _fill(settings: Settings, clock: Clock, archive: tarfile.TarFile, progress: Progress) -> dict[str, int]:
    row_count, file_count = 0, 0
    _add(archive, SCHEMA, str(max(step.number for step in migrations())).encode())
    for name in FILES:
        if (settings.data / name).exists():
            _add(archive, name, (settings.data / name).read_bytes())
    async with _moment(settings, clock) as snapshot:
        known = dump.tables()
        for number, table in enumerate(known):
            progress("tables", number, len(known))
            part = 0
            async for some in dump.rows(snapshot, table):
                part, row_count = part + 1, row_count + len(some)
                data = b"".join(msgspec.json.encode(row) + b"\n" for row in some)
                await asyncio.to_thread(_add, archive, f"{ROWS}{table.name}/{part:06}", data)
    media = sorted(one for name in FOLDERS for one in (settings.data / name).rglob("*") if one.is_file())
    for number, file in enumerate(media):
        progress("pictures", number, len(media))
        try:
            data = file.read_bytes()
        except FileNotFoundError:  # swept since it was listed: its post was deleted
            continue
        await asyncio.to_thread(_add, archive, str(file.relative_to(settings.data)), data)
        file_count += 1
    _add(archive, END, f"{row_count} {file_count}".encode())
    return {"rows": row_count, "pictures": file_count}


def _identity(source: IO[bytes], passphrase: str) -> Any:
    if source.read(len(MAGIC)) != MAGIC:
        raise Refused("This is no backup of Callout.")
    (length,) = LENGTH.unpack(source.read(LENGTH.size))
    if length > MAX_IDENTITY_BYTES:
        raise Refused("This backup is damaged.")
    try:
        text = pyrage.passphrase.decrypt(source.read(length), passphrase).decode()
    except pyrage.DecryptError:
        raise Refused("The passphrase does not open this backup.") from None
    return pyrage.x25519.Identity.from_str(text)


async def restore(settings: Settings, clock: Clock, path: Path, passphrase: str, progress: Progress) -> dict[str, int]:
    """Put everything back into an empty data folder and an empty database. Raises Refused, and leaves nothing half done."""
    if settings.data.exists() and any(settings.data.iterdir()):
        raise Refused(f"{settings.data} is not empty. Restore into a new folder.")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return await _restored(settings, clock, path, passphrase, progress)
    except (pyrage.DecryptError, tarfile.TarError, struct.error, OSError, msgspec.DecodeError) as error:
        _empty(settings.data)
        kind = type(error).__name__
        raise Refused(f"The backup could not be restored ({kind}): it is damaged or the disk is full.") from None
    except BaseException:
        _empty(settings.data)
        raise


def _empty(folder: Path) -> None:
    """Nothing half restored stays behind: the folder was empty before."""
    for one in folder.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


async def _restored(
    settings: Settings, clock: Clock, path: Path, passphrase: str, progress: Progress
) -> dict[str, int]:
    with path.open("rb") as source:
        identity = _identity(source, passphrase)
        loop = asyncio.get_running_loop()
        database = await open_database(settings, clock)
        into = _Restoring(settings, database, progress)

        def unpack(clear: IO[bytes]) -> None:
            with tarfile.open(fileobj=clear, mode="r|") as archive:
                for entry in archive:
                    data = cast("IO[bytes]", archive.extractfile(entry)).read()
                    asyncio.run_coroutine_threadsafe(into.take(entry.name, data), loop).result()

        try:
            if await migrate(database) != ["schema"]:
                raise Refused("The database is not empty. Restore into a new one.")
            await asyncio.to_thread(_decrypted, source, identity, unpack)
        finally:
            await database.close()
    if not into.whole:
        raise Refused("The backup ends too early: it is damaged.")
    return {"rows": into.rows, "pictures": into.pictures}


def _decrypted(source: IO[bytes], identity: Any, unpack: Callable[[IO[bytes]], None]) -> None:
    with _through(unpack) as sink:
        pyrage.decrypt_io(source, sink, [identity])


class _Restoring:
    """Takes the members of the archive, one after the other."""

    def __init__(self, settings: Settings, database: Database, progress: Progress) -> None:
        self._settings = settings
        self._database = database
        self._progress = progress
        self._tables = {table.name: table for table in dump.tables()}
        self.rows, self.pictures, self.whole = 0, 0, False

    async def take(self, name: str, data: bytes) -> None:
        """Put one member where it belongs."""
        if name == SCHEMA:
            if int(data) != max(step.number for step in migrations()):
                raise Refused(
                    f"This backup has schema {int(data)}: restore it with the version that wrote it, then upgrade."
                )
        elif name in FILES:
            _write(self._settings.data / name, data)
        elif name.startswith(ROWS):
            table = self._tables[name.split("/")[1]]
            some = [msgspec.json.decode(line) for line in data.splitlines()]
            await dump.insert(self._database, table, some)
            self.rows += len(some)
            self._progress("rows", self.rows, 0)
        elif (folder := name.partition("/")[0]) in FOLDERS:
            target = (self._settings.data / name).resolve()
            if not target.is_relative_to((self._settings.data / folder).resolve()):
                raise Refused("This backup names a file outside of the data folder.")
            _write(target, data)
            self.pictures += 1
            self._progress("pictures", self.pictures, 0)
        elif name == END:
            self.whole = data == f"{self.rows} {self.pictures}".encode()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
