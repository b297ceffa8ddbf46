"""Small disks of their own, which tests may fill."""

import contextlib
import errno
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

SIZE_MIB = 64


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a new disk in memory; the test is skipped where this system lets nobody mount one."""
    folder = Path(tempfile.mkdtemp(prefix="ts-"))
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0777", "disk", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, text=True)
        if mounted.returncode:
            pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    finally:
        folder.rmdir()


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk during the block."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            # Large pieces first, then what is left.
            for size in (1024 * 1024, 4096):
                while _takes(file, size):
                    pass
        assert shutil.disk_usage(disk).free == 0
        yield
    finally:
        filler.unlink()


def _takes(file: FileIO, size: int) -> bool:
    """Write so much, and tell whether all of it fitted."""
    try:
        return file.write(bytes(size)) == size
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return False
        raise
