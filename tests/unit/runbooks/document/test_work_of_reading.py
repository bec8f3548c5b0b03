"""What a document costs to read, in calls and searches and not in time: a rule that costs much shows at once.

Whoever adds a rule finds the figure here raised. If it is worth it, raise the limit in the same commit; if not, ask
first for what the rule needs, as the others do: a letter, a word, a sign.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from cockpit.runbooks.catalogue.document_cache import holds_secret
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.shell_syntax.bash import read_bash

# Nothing in it stands in a document of another test: what was read before is kept, and costs nothing the second time.
SECTION = """## {n}. Clear the backlog of region {n}

**When:** the queue of region {n} grows for more than {n} minutes

The workers of region {n} take from one queue each, and a message that fails {n} times goes to the second queue.

Look at the graph of the last {n} hours first: a deployment leaves a mark there. Never restart all {n} at once.

- The certificate of region {n} may have been renewed
- When region {n} was moved, its old address is cached for {n} minutes
- See [the overview](overview-{n}.md) of who is called

1. Tell the channel of region {n} that it begins
2. Run `kubectl -n region{n} get pods -o wide`
3. [ ] Wait until the backlog is below {n}

| Alert | Severity | Runbook |
|---|---|---|
| Queue{n}Grows | P{n} | [this](#clear-{n}) |

```bash
# Look at what runs in region {n}
kubectl -n region{n} get pods -l app=worker{n} | grep -v Running

# Who holds the locks
psql -h db{n}.example.net -c "SELECT pid, state FROM pg_stat_activity WHERE region = {n}"
az containerapp revision list -n worker{n} -g <resource-group> -o table
curl -sf https://worker{n}.example.net/health | jq .status
aws ec2 describe-instances --instance-ids i-{n}

# Begin anew
kubectl rollout restart deployment/worker{n} -n <namespace>
if [ -f /tmp/region{n} ]; then
  systemctl restart worker{n}
fi
```
"""
LIMITS = {"calls": 2_560, "searches": 1_070, "trees": 2}  # a section; the first two are 2 % above what it takes now
FEWEST_SAVED = 0.85  # of a limit: below that it no longer tells when a rule costs too much, and is to be lowered


def make_document(first: int, sections: int) -> bytes:
    parts = (SECTION.format(n=number) for number in range(first, first + sections))
    return ("# The work of reading\n\n" + "\n".join(parts)).encode()


@contextmanager
def count_work() -> Iterator[Counter[str]]:
    """Calls of our own functions, without those that a version of Python may save, and what is asked of expressions."""
    work: Counter[str] = Counter()

    def count(frame: FrameType, event: str, arg: object) -> None:
        if event == "call":
            code = frame.f_code
            work["calls"] += "/cockpit/" in code.co_filename and not code.co_name.startswith("<")
            work["trees"] += code.co_name == read_bash.__name__
        elif event == "c_call":
            work["searches"] += isinstance(getattr(arg, "__self__", None), re.Pattern)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield work
    finally:
        sys.setprofile(before)


def read(raw: bytes) -> None:
    holds_secret(read_runbook("work.md", raw))


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="each version of Python counts calls in its own way")
def test_a_section_costs_no_more_than_it_did() -> None:
    """For each further section: what a document costs once is not counted, nor what is loaded with the first."""
    read(make_document(7_000_000, 2))
    with count_work() as few:
        read(make_document(7_100_000, 2))
    with count_work() as more:
        read(make_document(7_200_000, 12))
    work = {kind: (more[kind] - few[kind]) / 10 for kind in LIMITS}
    assert {kind: FEWEST_SAVED * limit < work[kind] <= limit for kind, limit in LIMITS.items()} == dict.fromkeys(
        LIMITS, True
    ), work


def test_work_is_counted_where_it_is_done() -> None:
    with count_work() as work:
        read(b"# One\n\n```bash\nif true; then\n  one-of-a-kind\nfi\n```\n")
    assert work["trees"] >= 1
    assert work["calls"] > work["searches"] > 10
