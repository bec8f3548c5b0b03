"""What this process holds in memory, tokens and passwords among it, must not lie in a file because it crashed."""

import contextlib


def forbid_core_dumps() -> None:
    """No core file of this process or of what it starts; a command can raise its own limit again (`ulimit -c`).

    The limit is enough also where the kernel hands dumps to a program: those that keep them honour it. The process
    stays readable for debuggers of the same user, who can read its environment anyway.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):  # no such limits on this system
        import resource

        _, highest = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, highest))
