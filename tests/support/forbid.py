"""Runs a program as a container without the kernel keyring does: `forbid.py ERRNO [OPERATION] -- PROGRAM ARGUMENT...`
makes add_key, request_key and keyctl (or just that operation of keyctl) fail with ERRNO, by a seccomp filter."""
import ctypes
import os
import platform
import struct
import sys

CALLS = {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}  # add_key, request_key, keyctl
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
CALL_NUMBER, FIRST_ARGUMENT = 0, 16
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def statement(code, jump_true, jump_false, value):
    return struct.pack("=HBBI", code, jump_true, jump_false, value)


def keyring_filter(code, operation=None):
    add_key, request_key, keyctl = CALLS[platform.machine()]
    refuse = statement(RETURN, 0, 0, ERRNO | code)
    if operation is None:
        return [statement(LOAD, 0, 0, CALL_NUMBER), statement(JUMP_EQUAL, 3, 0, add_key),
                statement(JUMP_EQUAL, 2, 0, request_key), statement(JUMP_EQUAL, 1, 0, keyctl),
                statement(RETURN, 0, 0, ALLOW), refuse]
    return [statement(LOAD, 0, 0, CALL_NUMBER), statement(JUMP_EQUAL, 0, 2, keyctl),
            statement(LOAD, 0, 0, FIRST_ARGUMENT), statement(JUMP_EQUAL, 1, 0, operation),
            statement(RETURN, 0, 0, ALLOW), refuse]


def install(program):
    code = ctypes.create_string_buffer(b"".join(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    description = Program(len(program), ctypes.addressof(code))
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(description), 0, 0)):
        if libc.prctl(*arguments) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    split = sys.argv.index("--")
    install(keyring_filter(*(int(number) for number in sys.argv[1:split])))
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
