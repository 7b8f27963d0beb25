"""Files that commands write: never over another, never half."""

import os
from pathlib import Path

from mledger.errors import InputError, StoreError


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. Errors: InputError if it is, StoreError if it cannot be."""
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise InputError(f"{path} is there already", fix="choose another name with -o") from None
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", fix="choose another place with -o"
        ) from None
