"""bcrypt by the C library's `crypt`, so that no package is needed for one output of one resource."""

import base64
import ctypes
import ctypes.util
import secrets
import threading

_ROUNDS = 10
_BCRYPT_ALPHABET = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)
_lock = threading.Lock()  # crypt() answers in a static buffer


def bcrypt(text: str) -> str | None:
    """The bcrypt hash of `text`; None where the C library cannot make one."""
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    crypt = ctypes.CDLL(name).crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    salt = base64.b64encode(secrets.token_bytes(16)).rstrip(b"=").translate(_BCRYPT_ALPHABET)
    setting = b"$2b$%02d$" % _ROUNDS + salt
    with _lock:
        made = crypt(text.encode()[:72], setting)
    return made.decode() if made and made.startswith(b"$2b$") else None
