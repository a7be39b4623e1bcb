"""The unit's system call filters, by libseccomp. Each line is a separate filter, and whatever one forbids is forbidden."""

import ctypes
import errno
import signal
import socket
import stat
import subprocess

ALLOW = 0x7FFF0000
NE, EQ, GE, GT, MASKED = 1, 4, 5, 6, 7
PROT_WRITE, PROT_EXEC, SHM_EXEC, O_CREAT = 2, 4, 0o100000, 0o100
NAMESPACES = [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
# Scheduling policies that are not real-time: other, batch, idle.
COMMON_POLICIES = [0, 3, 5]


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operation", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def refuse(error):
    return 0x00050000 | error


def has(argument, bits):
    """Whether all of these bits are set in an argument."""
    return Comparison(argument, MASKED, bits, bits)


class Filter:
    """One filter: its default action, and its rules."""

    def __init__(self, seccomp, default):
        self.seccomp = seccomp
        seccomp.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action, name, *comparisons):
        number = self.seccomp.seccomp_syscall_resolve_name(name.encode())
        # systemd's groups contain calls of all architectures.
        if number < 0:
            return
        array = (Comparison * len(comparisons))(*comparisons)
        error = self.seccomp.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, len(comparisons), array)
        if error != 0:
            raise OSError(-error, f"rule for {name}")

    def load(self):
        error = self.seccomp.seccomp_load(self.context)
        if error != 0:
            raise OSError(-error, "seccomp_load")


class CallFilters:
    """Built while everything is available, loaded at the end."""

    def __init__(self, unit):
        self.seccomp = ctypes.CDLL("libseccomp.so.2")
        self.filters = []
        # libseccomp rejects other architectures' calls anyway.
        unit.expect("SystemCallArchitectures", "native")
        self.address_families(unit)
        for key, make in {
            "MemoryDenyWriteExecute": self.memory, "RestrictNamespaces": self.namespaces, "RestrictRealtime": self.realtime,
            "RestrictSUIDSGID": self.set_ids, "LockPersonality": self.personality,
        }.items():
            if unit.is_on(key):
                make(self.denying())
        for key, names in {
            "ProtectClock": ["@clock"], "ProtectKernelModules": ["@module"], "ProtectKernelLogs": ["syslog"],
            "ProtectHostname": ["sethostname", "setdomainname"],
        }.items():
            if unit.is_on(key):
                self.forbid(names)
        # Loaded last, because it forbids what is needed to load others.
        self.calls(unit)

    def load(self):
        for filter in self.filters:
            filter.load()

    def denying(self):
        self.filters.append(Filter(self.seccomp, ALLOW))
        return self.filters[-1]

    def forbid(self, names):
        filter = self.denying()
        for name in expand(names):
            filter.add(refuse(errno.EPERM), name)

    def calls(self, unit):
        """SystemCallFilter=: the first line allows, one with ~ removes, a further one allows again."""
        error = getattr(errno, unit.value("SystemCallErrorNumber", "EPERM"))
        allowed = set()
        for line in unit.take("SystemCallFilter"):
            names = expand(line.removeprefix("~").split())
            allowed = allowed - names if line.startswith("~") else allowed | names
        if not allowed:
            return
        self.filters.append(Filter(self.seccomp, refuse(error)))
        for name in sorted(allowed | expand(["@default"])):
            self.filters[-1].add(ALLOW, name)

    def address_families(self, unit):
        lines = unit.take("RestrictAddressFamilies")
        if not lines:
            return
        filter, action = self.denying(), refuse(errno.EAFNOSUPPORT)
        allowed = sorted(int(getattr(socket, name)) for line in lines for name in line.split())
        filter.add(action, "socket", Comparison(0, GT, allowed[-1], 0))
        for family in set(range(allowed[-1])) - set(allowed):
            filter.add(action, "socket", Comparison(0, EQ, family, 0))

    @staticmethod
    def memory(filter):
        filter.add(refuse(errno.EPERM), "mmap", has(2, PROT_WRITE | PROT_EXEC))
        filter.add(refuse(errno.EPERM), "mprotect", has(2, PROT_EXEC))
        filter.add(refuse(errno.EPERM), "pkey_mprotect", has(2, PROT_EXEC))
        filter.add(refuse(errno.EPERM), "shmat", has(2, SHM_EXEC))

    @staticmethod
    def namespaces(filter):
        # Its flags are in memory, invisible to a filter; callers fall back to clone.
        filter.add(refuse(errno.ENOSYS), "clone3")
        filter.add(refuse(errno.EPERM), "setns")
        for flag in NAMESPACES:
            filter.add(refuse(errno.EPERM), "unshare", has(0, flag))
            # The lowest octet of clone's flags is the child's exit signal.
            if flag > signal.NSIG:
                filter.add(refuse(errno.EPERM), "clone", has(0, flag))

    @staticmethod
    def realtime(filter):
        action = refuse(errno.EPERM)
        filter.add(action, "sched_setscheduler", Comparison(1, GT, COMMON_POLICIES[-1], 0))
        for policy in set(range(COMMON_POLICIES[-1])) - set(COMMON_POLICIES):
            filter.add(action, "sched_setscheduler", Comparison(1, EQ, policy, 0))

    @staticmethod
    def set_ids(filter):
        action = refuse(errno.EPERM)
        modes = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2,
                 "creat": 1}
        for bit in [stat.S_ISUID, stat.S_ISGID]:
            for name, argument in modes.items():
                filter.add(action, name, has(argument, bit))
            filter.add(action, "open", has(1, O_CREAT), has(2, bit))
            filter.add(action, "openat", has(2, O_CREAT), has(3, bit))
        filter.add(refuse(errno.ENOSYS), "openat2")

    @staticmethod
    def personality(filter):
        filter.add(refuse(errno.EPERM), "personality", Comparison(0, NE, 0, 0))


def expand(names):
    """Calls by name; systemd defines what a @group contains."""
    calls = set()
    for name in names:
        calls |= group(name) if name.startswith("@") else {name}
    return calls


def group(name):
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True).stdout
    lines = [line.strip() for line in listed.splitlines()[1:]]
    return expand([line for line in lines if line and not line.startswith("#")])
