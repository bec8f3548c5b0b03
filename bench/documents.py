"""What reading documents costs: one of a megabyte, one that is all commands, a folder of seven hundred twice."""

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.measure import Measure
from cockpit.runbooks.catalogue import document_cache
from cockpit.runbooks.catalogue.load import load_catalogue, look_at_catalogue
from cockpit.runbooks.document.read import read_runbook

FOLDER_OF = 700  # documents
LETTERS_OF_ONE = 5_000  # of a document in the folder: about what a runbook of a public repository has
COMMANDS = 10_800  # of the document that is nothing but commands
SENTENCES = (
    "The queue is read by one worker in each zone, and a message that fails three times goes to the second queue.",
    "Look at the graph of the last hour before anything is restarted: a deployment leaves a mark there.",
    "When the certificate was renewed in the last day, the cause is most likely there.",
)
TOOLS = (
    "kubectl -n shop get pods -l app=svc{n}",
    "az containerapp revision list -n app{n} -g <rg> -o table",
    'psql -c "SELECT count(*) FROM orders_{n}"',
    "curl -sf https://host{n}.example.net/health | jq .status",
    "systemctl restart svc{n}",
    "docker logs --tail 100 web{n}",
    "kubectl rollout restart deployment/d{n} -n <ns>",
    "aws ec2 describe-instances --instance-ids i-{n}",
    "git log --oneline -n {n}",
    "redis-cli -h cache{n} info memory",
)


def documents() -> list[Measure]:
    """One document in processor time. A folder by the clock, as a person waits, and what all its processes took.

    The catalogue lists the titles and what was read before at once. A document that somebody opens meanwhile is read
    ahead of the others, with those that may bind it; the rest is judged behind.
    """
    read_runbook("warm.md", b"# Warm\n\n```bash\nls\n```\n")  # the grammars are loaded once
    large, commands = make_document(1_000_000, seed=1), make_commands()
    measures = [
        Measure("document of 1 MB, read", spent(lambda: read_runbook("large.md", large)), "s", "processor time", 1.0),
        Measure(
            "document of 10,800 different commands, read",
            spent(lambda: read_runbook("commands.md", commands)),
            "s",
            f"{len(commands) / 1e6:.2f} MB, processor time",
        ),
    ]
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        kept, empty = (document_cache.DocumentCache(Path(folder) / name / "v1") for name in ("cache", "empty"))
        for number in range(FOLDER_OF):
            text = make_document(LETTERS_OF_ONE, seed=number)
            (Path(folder) / f"runbook-{number}.md").write_bytes(text)
        look = spent(lambda: look_at_catalogue([folder], environments=[], cache=empty), time.perf_counter)
        wanted = str(Path(folder) / f"runbook-{FOLDER_OF // 2}.md")
        ahead = spent(
            lambda: look_at_catalogue([folder], environments=[], cache=empty, ahead=[wanted]), time.perf_counter
        )
        before = os.times()
        first = spent(lambda: load_catalogue([folder], builtin=False, cache=kept), time.perf_counter)
        took = sum(os.times()[:4]) - sum(before[:4])
        again = spent(lambda: load_catalogue([folder], builtin=False, cache=kept), time.perf_counter)
    how = f"{FOLDER_OF} documents of {LETTERS_OF_ONE:,} letters"
    return [
        *measures,
        Measure("folder, first time: titles to show", look, "s", f"{how}, by the clock", 2.0),
        Measure("folder, first time: one document opened", ahead, "s", "by the clock, ahead of the others", 2.0),
        Measure(
            "folder, first time: everything judged", first, "s", f"by the clock, {count_processors()} processors", 2.0
        ),
        Measure("folder, first time: processor time", took, "s", "of all processes"),
        Measure("folder, opened again", again, "s", f"{how}, kept by their hash, by the clock", 0.3),
    ]


def count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spent(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return clock() - start


def make_document(letters: int, *, seed: int) -> bytes:
    """Sections of prose, a list and a block of three commands, as runbooks are; no two commands alike."""
    chance = random.Random(seed)
    parts = [f"# Runbook {seed}\n"]
    length = 0
    while length < letters:
        number = chance.randrange(10**6)
        commands = "\n\n".join(
            f"# Step {number + offset}\n{chance.choice(TOOLS).format(n=number + offset)}" for offset in range(3)
        )
        prose = "\n\n".join(chance.choices(SENTENCES, k=4))
        items = "\n".join(f"- {sentence}" for sentence in chance.choices(SENTENCES, k=3))
        parts.append(
            f"## Case {number}\n\n**When:** signal {number} is high\n\n{prose}\n\n{items}\n\n```bash\n{commands}\n```\n"
        )
        length += len(parts[-1])
    return "\n".join(parts).encode()


def make_commands() -> bytes:
    """Blocks of six commands under one heading each, and hardly a word of prose."""
    parts = ["# Commands\n"]
    for start in range(0, COMMANDS, 6):
        block = "\n\n".join(
            f"# Step {number}\n{TOOLS[number % len(TOOLS)].format(n=number)}" for number in range(start, start + 6)
        )
        parts.append(f"## Section {start}\n\nWhat to look at first.\n\n```bash\n{block}\n```\n")
    return "\n".join(parts).encode()
