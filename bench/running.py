"""What a person waits for while something runs: a rollback by its two keys, and a key while a step prints much."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Measure
from bench.terminal import Terminal

OPERATION = 0.2  # seconds that Azure takes for each thing it does here
ROUNDS = 5
PRESSES = 60
REST = 0.5  # seconds between two keys, as a hand has them; a dialog is deaf for less
DOWN, UP, ENTER = b"\x1b[B", b"\x1b[A", b"\r"
PRINTER = """# Bench

## Print much

```bash
# Printing
for i in $(seq 200); do head -c 50000 /dev/zero | tr '\\0' x | fold -w 100; sleep {pause}; done

# Elsewhere
true
```
"""


def world() -> None:
    """The demo's bad deployment, at once, in a cloud that takes `OPERATION` for everything. `bench.running world`."""
    from cockpit.simulator.play import play_scenario
    from cockpit.simulator.world.scenario import Deploy, load_scenario

    story = load_scenario("bad-deploy")
    events = [each.model_copy(update={"at": 0.1}) if isinstance(each, Deploy) else each for each in story.events]
    quick = {"operation_seconds": OPERATION, "startup_seconds": OPERATION, "events": tuple(events)}
    announce = lambda line: print(line, flush=True)  # noqa: E731  one line, for whoever waits for it
    asyncio.run(
        play_scenario(story.model_copy(update=quick), port=0, speed=1.0, until_stdin_closes=True, announce=announce)
    )


@contextmanager
def bad_deployment() -> Iterator[str]:
    """The path of a cockpit.toml for such a world."""
    command = [sys.executable, "-m", "bench.running", "world"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["config"])
        process.stdin.close()


def rollback_by_keys() -> list[Measure]:
    """From Enter in the dialog until the last step is verified and the next is offered, on the terminal."""
    rounds = [one_rollback() for _ in range(ROUNDS)]
    how = f"Enter to verified on the screen, each operation takes {OPERATION:g} s, a probe a second"
    return [
        Measure("rollback by keys, median", statistics.median(rounds), "s", how, budget=1.0),
        Measure("rollback by keys, worst", max(rounds), "s", how),
    ]


def one_rollback() -> float:
    # Who measures as root would be asked for a name.
    command = [sys.executable, "-m", "cockpit", "--as", "bench", "--config"]
    with bad_deployment() as config, Terminal([*command, config]) as terminal:
        terminal.wait_for(b"(503)", 30)
        terminal.read(1.0)
        terminal.send(b"R")
        terminal.wait_for(b"enter starts")
        terminal.read(3 * REST)  # the sign that Enter counts comes when the whole is on the screen
        return terminal.answers(ENTER, b"asks for a typed word")


def keys_while_printing() -> list[Measure]:
    """From an arrow to the heading of the other step, while the first prints 10 MB."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        config, seconds = Path(folder) / "cockpit.toml", PRESSES * 0.2
        config.write_text('data = "data"\nrunbooks = ["bench.md"]\n[keys]\nF6 = "bench#print-much"\n')
        (config.parent / "bench.md").write_text(PRINTER.format(pause=f"{seconds / 200:g}"))
        with Terminal([sys.executable, "-m", "cockpit", "--config", str(config)]) as terminal:
            open_document(terminal)
            before = sorted(presses(terminal))
            begin_printing(terminal)
            times = sorted(presses(terminal))
    how = f"{len(times)} keys while a step prints 10 MB in {seconds:g} s"
    return [
        Measure("key at rest, median", statistics.median(before) * 1000, "ms", "the same keys, before"),
        Measure("key at rest, worst", before[-1] * 1000, "ms", "the same keys, before"),
        Measure("key while printing, median", statistics.median(times) * 1000, "ms", how, 50),
        Measure("key while printing, worst", times[-1] * 1000, "ms", how),
    ]


def open_document(terminal: Terminal) -> None:
    """Open the document by its key, and trust it."""
    terminal.wait_for(b"Timeline", 30)
    follow(terminal, (b"\x1b[17~", b"New document"), (ENTER, b"Elsewhere"))


def begin_printing(terminal: Terminal) -> None:
    """Start its first step, which takes a confirmation."""
    follow(terminal, (ENTER, b"enter runs it"), (ENTER, b"xxxx"))


def follow(terminal: Terminal, *keys: tuple[bytes, bytes]) -> None:
    """Press keys as a hand does, each when the one before led where it should."""
    for key, leads_to in keys:
        terminal.read(REST * 2)
        terminal.answers(key, leads_to)


def presses(terminal: Terminal) -> Iterator[float]:
    for _ in range(PRESSES // 2):
        for key, heading in ((DOWN, b"Elsewhere"), (UP, b"Printing")):
            terminal.read(0.1)
            yield terminal.answers(key, heading)


if __name__ == "__main__" and sys.argv[1:] == ["world"]:
    world()
