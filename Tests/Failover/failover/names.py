"""A name with addresses of our choice, for a relay and its children: /etc/hosts of a mount namespace."""

import os

NAME = "primary.test"
SCRIPT = 'mount --bind "$0" /etc/hosts && exec "$@"'


def namespace(root, addresses):
    """The beginning of a command that runs in one."""
    path = os.path.join(root, "hosts")
    with open(path, "w") as file:
        file.writelines(f"{address} {NAME}\n" for address in addresses)
    os.chmod(path, 0o644)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "sh", "-c", SCRIPT, path]
