"""What is measured and how. Ratios compare two programs in one run, alternating, so that a busy machine hits both."""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Measure
from bench.terminal import Terminal

EMPTY = [sys.executable, "-m", "bench.apps", "empty"]
PLAIN = [sys.executable, "-m", "bench.apps", "plain"]
STORM = [sys.executable, "-m", "bench.apps", "storm"]
ROUNDS = 9
WORD = b"Probes"
VERDICT = "●".encode()  # the sign of a probe that is up; nothing else on a screen at rest has it
IDLE_SECONDS = 15.0
REST_ROUNDS = 3
PRESSES = 300
STILL = 2.0  # seconds in which a screen has told all that follows from a key
ESCAPE = b"\x1b"
KEYS_SENT = (("d, a dialog", b"d", 6_000), ("Tab", b"\t", 3_000), ("help", b"?", 12_000))


@contextmanager
def quiet_world(probes: int = 20) -> Iterator[Path]:
    """A simulated system at rest, and a cockpit.toml with so many probes of it."""
    command = [sys.executable, "-m", "cockpit", "simulator", "--port", "0", "--scenario", "quiet"]
    with subprocess.Popen([*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as world:
        assert world.stdin is not None
        assert world.stdout is not None
        ready = json.loads(world.stdout.readline())
        with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
            config = Path(folder) / "cockpit.toml"
            config.write_text(quiet_config(ready["url"], probes), encoding="utf-8")
            yield config
        world.stdin.close()


def quiet_config(url: str, probes: int) -> str:
    """Probes alone: what the screen costs when nothing happens."""
    head = 'system = "bench"\ndata = "data"\n[environments.quiet]\n'
    each = '[[environments.quiet.probes]]\nname = "p{n}"\nurl = "{url}/health/live"\nconditions = ["[STATUS] == 200"]\n'
    return head + "".join(each.format(n=number, url=url) for number in range(probes))


def startup() -> list[Measure]:
    """From fork to what a person can read: the word on the first pane, then the first probe that is known to be up.

    Both beside an empty app that shows the same word, in turn, so that a busy machine hits both. The processor time
    until then tells the same on a machine that is too busy for a clock.
    """
    seconds: dict[str, list[float]] = {"empty": [], "panes": [], "verdict": []}
    used: dict[str, list[float]] = {"empty": [], "panes": [], "verdict": []}
    with quiet_world() as config:
        cockpit = [sys.executable, "-m", "cockpit", "--config", str(config)]
        for command, last in ((EMPTY, WORD), (cockpit, VERDICT)):
            with Terminal(command) as warm:  # compiles what was edited, and makes the timeline
                warm.wait_for(last)
        for _ in range(ROUNDS):
            with Terminal(EMPTY) as terminal:
                seconds["empty"].append(terminal.wait_for(WORD))
                used["empty"].append(terminal.cpu())
            with Terminal(cockpit) as terminal:
                for name, text in (("panes", WORD), ("verdict", VERDICT)):
                    seconds[name].append(terminal.wait_for(text))
                    used[name].append(terminal.cpu())
    empty, panes, verdict = (statistics.median(times) for times in seconds.values())
    how = f"median of {ROUNDS}, in turn"
    return [
        Measure("startup, one word, empty app", empty * 1000, "ms", how),
        Measure("startup, the panes", panes * 1000, "ms", how),
        Measure("startup, first verdict of a probe", verdict * 1000, "ms", how),
        Measure("startup, panes, ratio", panes / empty, "x", "cockpit / empty app", 1.6),
        Measure("startup, verdict, ratio", verdict / empty, "x", "cockpit / empty app", 3.5),
        *(
            Measure(
                f"startup, {name}, ratio of processor time",
                statistics.median(used[name]) / statistics.median(used["empty"]),
                "x",
                f"{statistics.median(used[name]):.2f} s / {statistics.median(used['empty']):.2f} s",
            )
            for name in ("panes", "verdict")
        ),
    ]


def bytes_sent() -> list[Measure]:
    """What a slow line carries: the first screen, and what the keys of a screen at rest change, at 120x40."""
    with quiet_world() as config, Terminal([sys.executable, "-m", "cockpit", "--config", str(config)]) as terminal:
        terminal.wait_for(VERDICT)
        terminal.read(STILL)
        measures = [Measure("first paint", len(terminal.output), "B", "with what 20 probes answered", 20_000)]
        for name, key, most in KEYS_SENT:
            terminal.send(key)
            measures.append(Measure(name, terminal.read(STILL), "B", f"within {STILL:g} s of the key", most))
            terminal.send(ESCAPE)
            terminal.read(STILL)
    return measures


def quiet() -> list[Measure]:
    """Twenty probes that are all well, every 15 s as by default; and a plain app that asks the same, in turn."""
    with quiet_world() as config:
        ours = [sys.executable, "-m", "cockpit", "--config", str(config)]
        plain = [*PLAIN, "--probes", "20", "--url", re.findall(r'url = "(.*?)/health', config.read_text("utf-8"))[0]]
        rounds = [(at_rest(ours, "quiet", 1.5), at_rest(plain, "quiet, plain app")) for _ in range(REST_ROUNDS)]
    ratio = statistics.median(cockpit[1].value / beside[1].value for cockpit, beside in rounds)
    return [
        *rounds[-1][0],
        rounds[-1][1][1],
        Measure("quiet, processor, ratio", ratio, "x", f"cockpit / plain app, median of {REST_ROUNDS} in turn", 1.2),
    ]


def quiet_incident() -> list[Measure]:
    """The same while an incident is open: its clocks tick every second, on a screen that has a pane for them, too."""
    found: list[Measure] = []
    with quiet_world() as config:
        ours = [sys.executable, "-m", "cockpit"]
        subprocess.run(
            [*ours, "--as", "bench", "declare", "orders are slow", "--config", str(config)],
            check=True,
            capture_output=True,
        )
        for columns, rows in ((80, 24), (120, 40), (200, 60)):
            found += at_rest([*ours, "--config", str(config)], "an open incident", 2.0, columns, rows)
    return found


def at_rest(
    command: list[str], name: str, most: float | None = None, columns: int = 120, rows: int = 40
) -> list[Measure]:
    """What a screen costs on which nobody presses a key."""
    with Terminal(command, columns=columns, rows=rows) as terminal:
        terminal.wait_for(b"p9", 30)
        terminal.read(5)
        before, started = terminal.cpu(), time.monotonic()
        sent = terminal.read(IDLE_SECONDS)
        seconds = time.monotonic() - started
        used = (terminal.cpu() - before) / seconds
        how = f"20 probes, {columns}x{rows}, {IDLE_SECONDS:g} s"
        return [
            Measure(f"{name}, bytes to the terminal", sent / seconds, "B/s", how, 2_000),
            Measure(f"{name}, processor", used * 100, "% of a core", how, most),
            Measure(f"{name}, memory", terminal.memory / 2**20, "MiB", how),
        ]


def keys() -> list[Measure]:
    """From a key to its first byte on the terminal, while 500 probes and 2,000 alerts keep changing."""
    with Terminal(STORM) as terminal:
        terminal.wait_for(b"Alert number", 30)
        terminal.read(3)
        times = sorted(terminal.press(b"\x1b[B" if number % 20 < 10 else b"\x1b[A") for number in range(PRESSES))
    how = f"{PRESSES} keys, 500 probes every 5 s, 2,000 alerts"
    return [
        Measure("key to paint, median", statistics.median(times) * 1000, "ms", how),
        Measure("key to paint, p99", times[int(len(times) * 0.99)] * 1000, "ms", how, 50),
    ]


def rollback() -> list[Measure]:
    """Imported here: its SDK has no business in the other measures."""
    from bench.rollback import rollback as measure

    return measure()


def timeline() -> list[Measure]:
    """Imported here, as above."""
    from bench.timeline import timeline as measure

    return measure()


def documents() -> list[Measure]:
    """Imported here, as above."""
    from bench.documents import documents as measure

    return measure()


def watching() -> list[Measure]:
    """Imported here, as above."""
    from bench.watching import watching as measure

    return measure()


def platforms() -> list[Measure]:
    """Imported here, as above."""
    from bench.platforms import platforms as measure

    return measure()


def endurance() -> list[Measure]:
    """Imported here, as above. Not among those that run when none is named: it takes half an hour."""
    from bench.endurance import endurance as measure

    return measure()


def rollback_by_keys() -> list[Measure]:
    """Imported here, as above."""
    from bench.running import rollback_by_keys as measure

    return measure()


def keys_while_printing() -> list[Measure]:
    """Imported here, as above."""
    from bench.running import keys_while_printing as measure

    return measure()


MEASURES: dict[str, Callable[[], list[Measure]]] = {
    "startup": startup,
    "bytes": bytes_sent,
    "quiet": quiet,
    "quiet-incident": quiet_incident,
    "keys": keys,
    "watching": watching,
    "platforms": platforms,
    "keys-while-printing": keys_while_printing,
    "rollback": rollback,
    "rollback-by-keys": rollback_by_keys,
    "timeline": timeline,
    "documents": documents,
    "endurance": endurance,
}
LONG = ("endurance",)
"""Only run where they are named."""
