"""Errors of the operating system in plain words, for the ``got`` part of a message."""

from __future__ import annotations

import errno
import os
import re

from gpuclf.errors import first_line

WORDS = {
    "EACCES": "no permission",
    "EPERM": "no permission",
    "ENOENT": "no such file",
    "EEXIST": "an existing file",
    "EISDIR": "a folder",
    "ENOTDIR": "a path whose folder is a file",
    "ENAMETOOLONG": "a name that is too long for the file system",
    "ELOOP": "a symbolic link to itself",
    "EROFS": "a read-only file system",
    "ENOSPC": "a full disk",
    "EDQUOT": "a full disk quota",
    "EFBIG": "a file larger than the system allows",
    "EIO": "a disk that cannot be read or written",
    "EMFILE": "too many open files",
    "ENFILE": "too many open files",
    "EPIPE": "a closed pipe",
    "EBADF": "a closed file",
    "EBUSY": "a file in use",
    "ETXTBSY": "a file in use",
}
HDF5_NUMBER = re.compile(r"\berrno = (\d+)")  # in the message of an h5py error


def system_reason(error: BaseException) -> str:
    """Return the reason of an error of the operating system, or of a library that reports one.

    Parameters
    ----------
    error : exception
        An `OSError`, or another exception, whose own message is returned.

    Returns
    -------
    str
        Noun phrase without the number of the error and without the path.

    Examples
    --------
    >>> system_reason(OSError(errno.ENOSPC, "No space left on device"))
    'a full disk'
    >>> system_reason(OSError("cannot write: errno = 28, error message = '...'"))
    'a full disk'
    >>> system_reason(OSError(errno.ENOLCK, "No locks available"))
    'a system error (no locks available)'
    >>> system_reason(EOFError("the file ends at byte 7"))
    'the file ends at byte 7'
    """
    number = _number(error)
    if number is None:
        return getattr(error, "strerror", None) or first_line(error)
    text = os.strerror(number)
    default = f"a system error ({text[:1].lower()}{text[1:]})"
    return WORDS.get(errno.errorcode.get(number, ""), default)


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error is that of a full disk, an exceeded quota or a size limit."""
    return errno.errorcode.get(_number(error) or 0) in ("ENOSPC", "EDQUOT", "EFBIG")


def _number(error: BaseException) -> int | None:
    """Return the number of the system error; libraries chain it or write it into their message."""
    inner: BaseException | None = error
    while inner is not None:
        number = getattr(inner, "errno", None)
        if isinstance(number, int) and number in errno.errorcode:  # libraries have own numbers
            return number
        if stated := HDF5_NUMBER.search(str(inner)):
            return int(stated[1])
        inner = inner.__cause__
    return None
