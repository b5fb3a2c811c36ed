"""A filter of system calls (seccomp): what decoding needs is allowed, everything else is answered with an error.

No sockets, no programs, no new processes (threads may be started), no writing to files, no executable memory, no
looking into other processes. The numbers are those of the kernel's tables for x86-64 and AArch64.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
from collections.abc import Iterator

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (number on x86-64, on AArch64)
ALLOWED = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "munmap": (11, 215),
    "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "sched_yield": (24, 124), "mremap": (25, 216),
    "madvise": (28, 233), "dup": (32, 23), "nanosleep": (35, 101), "setitimer": (38, 103), "getpid": (39, 172),
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "exit": (60, 93),
    "uname": (63, 160), "getcwd": (79, 17), "gettimeofday": (96, 169), "getrusage": (98, 165), "sysinfo": (99, 179),
    "times": (100, 153), "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177),
    "sigaltstack": (131, 132), "gettid": (186, 178), "futex": (202, 98), "sched_getaffinity": (204, 123),
    "getdents64": (217, 61), "set_tid_address": (218, 96), "restart_syscall": (219, 128), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "exit_group": (231, 94), "newfstatat": (262, 79),
    "readlinkat": (267, 78), "ppoll": (271, 73), "set_robust_list": (273, 99), "getcpu": (309, 168),
    "getrandom": (318, 278), "membarrier": (324, 283), "statx": (332, 291), "rseq": (334, 293),
}  # fmt: skip
ONLY_X86 = {"poll": 7, "readlink": 89, "getrlimit": 97}
"""Older calls that AArch64 never had."""

OPENAT, MMAP, MPROTECT, CLONE = (257, 56), (9, 222), (10, 226), (56, 220)
PRLIMIT, PRCTL, FCNTL, CLONE3 = (302, 261), (157, 167), (72, 25), (435, 435)

CLONE_THREAD = 0x00010000
PR_SET_NAME = 15
FCNTL_COMMANDS = (1, 2, 3, 1030)
"""F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC."""

NO_NEW_PRIVILEGES, SET_SECCOMP, MODE_FILTER = 38, 22, 2

# classic BPF: load a word, jump if equal, jump if any bit is set, return
_LOAD, _EQUAL, _ANY, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16

Step = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter))]


def give_up_privileges() -> None:
    """No program that is started from here on can gain a privilege. Landlock and seccomp ask for it. Raises OSError."""
    _control(NO_NEW_PRIVILEGES, 1, 0)


def restrict() -> bool:
    """Install the filter for this process and all its threads; False where the machine's kind is not known.

    Raises:
        OSError: the kernel refused.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return False
    steps = list(_program(machine))
    array = (_Filter * len(steps))(*(_Filter(*step) for step in steps))
    program = _Program(len(steps), array)
    _control(SET_SECCOMP, MODE_FILTER, ctypes.addressof(program))
    return True


def _control(option: int, second: int, third: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    if libc.prctl(option, second, third, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl: {os.strerror(number)}")


def _program(machine: str) -> Iterator[Step]:
    column = list(ARCHITECTURES).index(machine)
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _EQUAL, 1, 0, ARCHITECTURES[machine]
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER_AT
    plain = [numbers[column] for numbers in ALLOWED.values()]
    plain += ONLY_X86.values() if machine == "x86_64" else ()
    for number in plain:
        yield from _when(number, [(_RETURN, 0, 0, _ALLOW)])
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    yield from _when(OPENAT[column], _unless_any(2, writing))
    for number in (MMAP[column], MPROTECT[column]):
        yield from _when(number, _unless_any(2, mmap.PROT_EXEC))
    yield from _when(CLONE[column], [_low(0), (_ANY, 1, 0, CLONE_THREAD), refuse, (_RETURN, 0, 0, _ALLOW)])
    # clone3 hides its flags in memory: libc falls back to clone when it is told that there is none
    yield from _when(CLONE3[column], [(_RETURN, 0, 0, _ERROR | errno.ENOSYS)])
    # limits may be read and not set: the third argument is where new ones lie
    nothing = [_low(2), (_EQUAL, 1, 0, 0), refuse, _high(2), (_EQUAL, 1, 0, 0), refuse, (_RETURN, 0, 0, _ALLOW)]
    yield from _when(PRLIMIT[column], nothing)
    yield from _when(PRCTL[column], _if_among(0, (PR_SET_NAME,)))
    yield from _when(FCNTL[column], _if_among(1, FCNTL_COMMANDS))
    yield refuse


def _when(number: int, steps: list[Step]) -> Iterator[Step]:
    """`steps` for the call of that number; they must end in an answer."""
    yield _EQUAL, 0, len(steps), number
    yield from steps


def _unless_any(argument: int, bits: int) -> list[Step]:
    return [_low(argument), (_ANY, 0, 1, bits), (_RETURN, 0, 0, _ERROR | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _if_among(argument: int, values: tuple[int, ...]) -> list[Step]:
    steps = [_low(argument)]
    for value in values:
        steps += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*steps, (_RETURN, 0, 0, _ERROR | errno.EPERM)]


def _low(argument: int) -> Step:
    """Load the lower half of an argument; both kinds of machine put it first."""
    return _LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument


def _high(argument: int) -> Step:
    return _LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument + 4
