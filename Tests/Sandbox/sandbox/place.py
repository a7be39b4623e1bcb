"""The directory of the service: its program, its relay.conf, and its two writable directories."""

import os
import shutil
import subprocess
from dataclasses import dataclass


@dataclass
class Layout:
    directory: str
    state: str
    runtime: str
    command: list


def prepare(unit, directory, program, user):
    os.umask(0o022)
    copy = install(program, os.path.join(directory, "bin"))
    return Layout(
        directory,
        writable(unit, "State", os.path.join(directory, "state"), user),
        writable(unit, "Runtime", os.path.join(directory, "run"), user),
        command(unit, copy, os.path.join(directory, "relay.conf")))


def install(program, place):
    """Copies a program with its non-system libraries: a toolchain may be in a home directory."""
    os.makedirs(place, exist_ok=True)
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        words = line.split()
        if len(words) > 2 and words[2].startswith("/") and not words[2].startswith(("/usr/", "/lib")):
            shutil.copy(words[2], place)
    return shutil.copy(program, place)


def writable(unit, kind, path, user):
    unit.expect(kind + "Directory", "posthorse")
    os.makedirs(path, exist_ok=True)
    os.chown(path, user, user)
    os.chmod(path, int(unit.value(kind + "DirectoryMode", "0755"), 8))
    return path


def command(unit, program, config):
    """ExecStart=, with installation paths replaced by those here."""
    words = unit.value("ExecStart").split()
    words[0] = program
    return [config if word == "/etc/posthorse/relay.conf" else word for word in words]
