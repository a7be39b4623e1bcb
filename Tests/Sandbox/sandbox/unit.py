"""The lines of a unit's [Service] section."""

import sys

# Keys for the manager: when to start and stop, and what to clean up after the service.
MANAGERS = ["ExecReload", "Restart", "RestartSec", "TimeoutStopSec", "RemoveIPC", "KeyringMode"]


class Unit:
    """Code that applies a line takes it; a line that nobody took is an error."""

    def __init__(self, path):
        self.lines = {}
        self.taken = set(MANAGERS)
        section = None
        with open(path) as file:
            for line in map(str.strip, file):
                if line.startswith("["):
                    section = line
                elif section == "[Service]" and line and line[0] not in "#;":
                    key, separator, value = line.partition("=")
                    if not separator or value.endswith("\\"):
                        sys.exit(f"{path}: cannot read the line {line!r}")
                    self.lines.setdefault(key, []).append(value)

    def take(self, key):
        """The values of a key, in order; empty if it is absent."""
        self.taken.add(key)
        return self.lines.get(key, [])

    def value(self, key, default=""):
        return (self.take(key) or [default])[-1]

    def is_on(self, key):
        value = self.value(key, "no")
        if value not in ("yes", "no"):
            sys.exit(f"{key}={value}: only yes and no can be applied here")
        return value == "yes"

    def expect(self, key, value):
        """For keys supported with one value only."""
        if self.value(key, value) != value:
            sys.exit(f"{key}={self.value(key)}: only {key}={value} can be applied here")
        return key in self.lines

    def check_all_applied(self):
        unknown = sorted(set(self.lines) - self.taken)
        if unknown:
            sys.exit(f"these lines of the unit are not applied, teach Tests/Sandbox about them: {', '.join(unknown)}")
