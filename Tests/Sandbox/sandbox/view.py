"""The service's view of the machine: a mount namespace, as described by the unit."""

import os
import subprocess
import tempfile

from . import kernel

DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]


def enter(unit, layout):
    unit.is_on("PrivateMounts")
    flags = kernel.CLONE_NEWNS
    if unit.is_on("PrivateIPC"):
        flags |= kernel.CLONE_NEWIPC
    if unit.is_on("ProtectHostname"):
        flags |= kernel.CLONE_NEWUTS
    kernel.unshare(flags)
    mount("--make-rprivate", "/")
    hide(unit, layout.directory)
    private_devices(unit)
    private_processes(unit)
    read_only(unit, [layout.state, layout.runtime])


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def hide(unit, directory):
    """Hides other directories; the service's directory stays in place, even inside a hidden one."""
    stage = tempfile.mkdtemp(dir="/run")
    mount("--bind", directory, stage)
    if unit.is_on("PrivateTmp"):
        for path in ["/tmp", "/var/tmp"]:
            mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", path)
    if unit.is_on("ProtectHome"):
        for path in filter(os.path.isdir, ["/home", "/root", "/run/user"]):
            # Unlike systemd's it can be traversed, because the service's directory may be in it.
            mount("-t", "tmpfs", "-o", "mode=711,nosuid,nodev", "tmpfs", path)
    os.makedirs(directory, exist_ok=True)
    mount("--move", stage, directory)
    os.rmdir(stage)


def private_devices(unit):
    if not unit.is_on("PrivateDevices"):
        return
    stage = tempfile.mkdtemp(dir="/run")
    mount("-t", "tmpfs", "-o", "mode=755,nosuid", "tmpfs", stage)
    for name in DEVICES:
        open(f"{stage}/{name}", "w").close()
        mount("--bind", f"/dev/{name}", f"{stage}/{name}")
    os.mkdir(f"{stage}/shm", 0o1777)
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        os.symlink(f"/proc/self/fd{target}", f"{stage}/{name}")
    mount("--move", stage, "/dev")
    os.rmdir(stage)


def private_processes(unit):
    options = []
    if unit.expect("ProtectProc", "invisible"):
        options.append("hidepid=invisible")
    if unit.expect("ProcSubset", "pid"):
        options.append("subset=pid")
    if options:
        mount("-t", "proc", "-o", ",".join(options), "proc", "/proc")


def read_only(unit, writable):
    """ProtectSystem=strict, and the kernel's settings: every mount except the two directories."""
    for path in writable:
        mount("--bind", path, path)
    is_strict = unit.expect("ProtectSystem", "strict")
    # /proc/sys is absent with ProcSubset=pid.
    is_kernel = unit.is_on("ProtectKernelTunables") and unit.is_on("ProtectControlGroups")
    private = ["/tmp", "/var/tmp"] if unit.is_on("PrivateTmp") else []
    for path in mount_points():
        is_of_kernel = path == "/sys" or path.startswith("/sys/")
        is_api = is_of_kernel or path.startswith(("/proc", "/dev"))
        if path in writable + private:
            continue
        if (is_strict and not is_api) or (is_kernel and is_of_kernel):
            mount("-o", "remount,bind,ro", path)


def mount_points():
    """Mounts that are reachable: others are hidden below another mount."""
    with open("/proc/self/mountinfo") as file:
        lines = [line.split() for line in file]
    paths = [(int(line[0]), line[4].encode().decode("unicode_escape")) for line in lines]
    return [path for number, path in paths if mount_of(path) == number]


def mount_of(path):
    """The ID of the mount at a path."""
    try:
        descriptor = os.open(path, os.O_PATH)
    except OSError:
        return None
    try:
        with open(f"/proc/self/fdinfo/{descriptor}") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("mnt_id:"))
    finally:
        os.close(descriptor)
