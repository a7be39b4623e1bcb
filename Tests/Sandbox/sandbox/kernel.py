"""Identity and permissions of the process, with libc calls that Python lacks."""

import ctypes
import os
import resource
import sys

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 23, 24, 38


def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def unshare(flags):
    call("unshare", flags)


def limit(unit):
    for value in unit.take("LimitNOFILE"):
        # Root in a container may lack the permission to raise it.
        amount = min(int(value), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (amount, amount))
    for value in unit.take("UMask"):
        os.umask(int(value, 8))


def enter_user_namespace(unit, user):
    """PrivateUsers=: root and the service's user are mapped to themselves, everybody else to nobody."""
    if not unit.is_on("PrivateUsers"):
        return
    (mapped, done), (ready, go) = os.pipe(), os.pipe()
    process = os.getpid()
    child = os.fork()
    if child == 0:
        # Only a process outside the namespace may map two users.
        os.read(ready, 1)
        for kind in ["uid", "gid"]:
            with open(f"/proc/{process}/{kind}_map", "w") as file:
                file.write(f"0 0 1\n{user} {user} 1\n")
        os.write(done, b".")
        os._exit(0)
    unshare(CLONE_NEWUSER)
    os.write(go, b".")
    if os.read(mapped, 1) != b".":
        sys.exit("no map of users")
    os.waitpid(child, 0)
    for end in [mapped, done, ready, go]:
        os.close(end)


def become(unit, user):
    """The user of the service, with no capability and no way to gain one."""
    unit.is_on("DynamicUser")
    unit.take("User")
    if unit.expect("CapabilityBoundingSet", ""):
        # The kernel knows fewer than 64, and says which.
        for capability in range(64):
            if libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0:
                call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # Unprivileged system call filters need it, whether or not the unit asks for it.
    unit.is_on("NoNewPrivileges")
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
