"""What a document offers to follow and to copy: links, addresses that stand bare in it, the code in its prose."""

from cockpit.runbooks.document.read import read_runbook
from screens.shared.document import list_inline_code, list_links

TEXT = """# Services

| Service | URL |
|---|---|
| Dashboards | http://localhost:3001 |
| Metrics | http://localhost:9090/graph, behind the proxy |

See [the other page](failover.md) and [the board](https://board.example.org/x).
Restart with `shopctl restart`, then look at `shopctl status`.

```bash
# Open it
curl -s http://localhost:3001/health  # `no code`
```
"""


def test_links_and_bare_addresses_come_in_the_order_of_their_lines() -> None:
    links = list_links(read_runbook("ops.md", TEXT.encode()), TEXT)
    assert [(link.line, link.target) for link in links] == [
        (5, "http://localhost:3001"),
        (6, "http://localhost:9090/graph"),
        (8, "failover.md"),
        (8, "https://board.example.org/x"),
        (13, "http://localhost:3001/health"),
    ]


def test_code_in_prose_is_listed_and_blocks_are_not() -> None:
    assert list_inline_code(TEXT) == [(9, "shopctl restart"), (9, "shopctl status")]
