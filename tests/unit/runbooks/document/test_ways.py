"""Ways that are told by where or with what they are taken, and letters: one is taken, or a person is asked."""

import pytest

from cockpit.model.runbook import Procedure
from cockpit.runbooks.document.read import read_runbook

ONE, OTHER = "systemctl restart web", "./rebuild.sh web"


def read(text: str) -> Procedure:
    (procedure,) = read_runbook("x.md", f"# Doc\n\n## Fix\n\n{text}".encode()).procedures
    return procedure


def block(command: str, indent: str = "") -> str:
    return "".join(f"{indent}{line}\n" for line in ("```bash", command, "```"))


LABELS = [
    ("For staging:", "For production:"), ("In dev", "On prod:"), ("**Staging**", "**Production**"),
    ("Staging environment:", "Production environment:"), ("**UAT (eu)**", "**Live (eu)**"), ("QA:", "Pre-production:"),
    ("Linux:", "macOS:"), ("Debian/Ubuntu:", "RHEL 8+:"), ("On Windows", "On Linux and macOS"),
    ("**FreeBSD**", "**Alpine Linux**"),
    ("**Docker**", "**Bare metal**"), ("Kubernetes:", "Docker Compose:"), ("On AWS:", "On Azure:"),
    ("v1:", "v2 and later:"), ("Version 1.x", "Version 2.x"), ("Before 3.4:", "Since 3.4:"),
    ("With Helm:", "With kubectl:"), ("Using the CLI:", "Using the API:"), ("Via frobctl:", "Via the old script:"),
    ("🟢 **Staging:**", "🔴 **Production:**"), ("Für Staging:", "Für Produktion:"), ("Single node:", "Cluster:"),
    ("In staging, run:", "In production, run:"), ("**Yes:**", "**No:**"), ("When running in Docker:", "Otherwise:"),
    ("**For the manager node group**:", "**For all other node groups**:"),
    ("If you use systemd:", "If you use Frobnicator:"), ("If you are on Kubernetes:", "If you run bare metal:"),
]  # fmt: skip


TABS = {
    "Docusaurus": '<TabItem value="x" label="{}">\n\n{}\n</TabItem>',
    "GitBook": '{{% tab title="{}" %}}\n{}{{% endtab %}}',
    "Hugo": '{{{{% tab name="{}" %}}}}\n{}{{{{% /tab %}}}}',
    "MyST": ":::{{tab-item}} {}\n{}:::",
}


@pytest.mark.parametrize(("first", "second"), LABELS)
@pytest.mark.parametrize(
    "shape", ["paragraphs", "items", "items with commands", "tabs", "folded", "comments", *TABS, "titles"]
)
def test_ways_by_place_or_means_are_a_menu_in_every_shape(first: str, second: str, shape: str) -> None:
    bare = first.strip("*:"), second.strip("*:")
    text = {
        "paragraphs": f"{first}\n\n{block(ONE)}\n{second}\n\n{block(OTHER)}",
        "items": f"- {first}\n\n{block(ONE, '  ')}\n- {second}\n\n{block(OTHER, '  ')}",
        "items with commands": f"- {bare[0]}: run `{ONE}`\n- {bare[1]}: run `{OTHER}`\n",
        "tabs": f'=== "{bare[0]}"\n\n{block(ONE, "    ")}\n=== "{bare[1]}"\n\n{block(OTHER, "    ")}',
        "folded": "\n".join(
            f"<details>\n<summary>{name}</summary>\n\n{block(command)}\n</details>\n"
            for name, command in zip(bare, (ONE, OTHER), strict=True)
        ),
        **{
            name: "\n".join(mark.format(bare[at], block(command)) for at, command in enumerate((ONE, OTHER)))
            for name, mark in TABS.items()
        },
        "titles": "\n".join(
            block(command).replace("bash", f"bash [{name}]") for name, command in zip(bare, (ONE, OTHER), strict=True)
        ),
        "comments": block(f"# {bare[0]}\n{ONE}\n# {bare[1]}\n{OTHER}"),
    }[shape]
    procedure = read(text)
    assert procedure.menu
    assert [(step.command, step.way and step.way.number) for step in procedure.commands] == [(ONE, 1), (OTHER, 2)]


def test_a_way_keeps_all_of_its_steps_and_what_stands_around_is_done_in_any_case() -> None:
    ways = "".join(f"{name}:\n\n{block(f'./a.sh {name}')}\n{block(f'./b.sh {name}')}\n" for name in ("staging", "prod"))
    procedure = read(f"Look:\n\n{block('uptime')}\n{ways}Look again:\n\n{block('uptime -p')}")
    assert not procedure.menu
    assert [step.way and step.way.number for step in procedure.steps] == [None, 1, 1, 2, 2, None]


def test_ways_that_come_again_are_the_same_choice() -> None:
    row = "".join(
        f"{words}\n\nFor staging:\n\n{block(f'./{name}.sh staging')}\nFor production:\n\n{block(f'./{name}.sh prod')}\n"
        for name, words in (("a", "Build it."), ("b", "Deploy it."))
    )
    assert [step.way and step.way.number for step in read(row).steps] == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("first", "second", "excludes"),
    [
        ("If the primary is up:", "If it is down:", True),
        ("If the queue is empty:", "If the queue is not empty:", True),
        ("If the disk is full:", "If the certificate has expired:", False),
    ],
)
def test_two_conditions_in_a_long_procedure_are_ways_at_their_place(first: str, second: str, excludes: bool) -> None:
    around = [block(f"./step{number}.sh x") for number in range(1, 8)]
    text = "\n".join([*around[:5], f"{first}\n\n{block(ONE)}", f"{second}\n\n{block(OTHER)}", *around[5:]])
    procedure = read(text)
    assert not procedure.menu
    ways = [step.way for step in procedure.steps]
    assert [way and way.number for way in ways] == [None] * 5 + [1, 2] + [None] * 2
    assert ways[5] is not None
    assert ways[5].excludes is excludes


MARKS = [("a) ", "b) "), ("(a) ", "(b) "), ("**A.** ", "**B.** "), ("A: ", "B: ")]


@pytest.mark.parametrize(("first", "second"), MARKS)
@pytest.mark.parametrize(
    ("texts", "commands"),
    [
        (("stop the worker", "start the worker"), ("systemctl stop w", "systemctl start w")),
        (("drain the node", "uncordon it"), ("kubectl drain n1", "kubectl uncordon n1")),
        (("build the image", "push it"), ("docker build -t web .", "docker push web")),
        (("look at the log", "restart the worker"), ("journalctl -u w", "systemctl restart w")),
        (("restart it", "then reload the proxy"), ("systemctl restart w", "systemctl reload nginx")),
    ],
)
def test_letters_that_count_what_is_done_in_turn_are_a_sequence(
    first: str, second: str, texts: tuple[str, str], commands: tuple[str, str]
) -> None:
    marked = [f"{mark}{text}" for mark, text in zip((first, second), texts, strict=True)]
    procedure = read("\n".join(f"{words}\n\n{block(command)}" for words, command in zip(marked, commands, strict=True)))
    assert not procedure.menu
    assert [step.way for step in procedure.steps] == [None, None]


@pytest.mark.parametrize(("first", "second"), MARKS)
def test_letters_of_which_nothing_says_what_they_are_wait_for_a_person(first: str, second: str) -> None:
    procedure = read(f"{first}restart the worker\n\n{block(ONE)}\n{second}rebuild the worker\n\n{block(OTHER)}")
    assert procedure.menu
    assert all(step.way and step.way.unclear and not step.way.excludes for step in procedure.steps)


TARGETS = [
    ("On the primary:", "On the standby:"), ("For the API:", "For the worker:"), ("**On db-1**", "**On db-2**"),
    ("For the write pool:", "For the read pool:"), ("In the old cluster:", "In the new cluster:"),
    ("On the mail relay (mx1):", "On the mail relay (mx2):"), ("At the lobby server:", "At the game server:"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), TARGETS)
@pytest.mark.parametrize("around", ["", block("./prepare.sh now")])
def test_targets_of_which_nothing_says_whether_both_are_meant_wait_for_a_person(
    first: str, second: str, around: str
) -> None:
    text = f"{around}\n{first}\n\n{block(ONE)}\n{second}\n\n{block(OTHER)}\n{around}"
    ways = {step.command: step.way for step in read(text).commands}
    for command in (ONE, OTHER):
        way = ways[command]
        assert way is not None
        assert way.unclear
        assert not way.excludes


@pytest.mark.parametrize(("first", "second"), TARGETS)
@pytest.mark.parametrize("words", ["Do this in order:", "Run it on both of the following systems:"])
def test_targets_that_a_sentence_puts_in_a_row_are_done_in_turn(first: str, second: str, words: str) -> None:
    procedure = read(f"{words}\n\n{first}\n\n{block(ONE)}\n{second}\n\n{block(OTHER)}")
    assert [step.way for step in procedure.commands] == [None, None]


@pytest.mark.parametrize(
    "labels",
    [
        ("1. On the primary:", "2. On the standby:"),
        ("On the primary:", "Then on the standby:"),
        ("On the primary:", "On the standby:", "On the primary:"),
        ("On the primary:", "For more information:"),
        ("In the shell:", "In another window:"),
    ],
)
def test_targets_that_are_counted_or_come_back_and_other_words_behind_for_are_a_row(labels: tuple[str, ...]) -> None:
    commands = [f"systemctl restart web{number}" for number, _ in enumerate(labels)]
    indent = "   " if labels[0][0] == "1" else ""
    text = "\n".join(f"{label}\n\n{block(command, indent)}" for label, command in zip(labels, commands, strict=True))
    assert [(step.command, step.way) for step in read(text).commands] == [(command, None) for command in commands]


@pytest.mark.parametrize(
    "words", ["There are two ways:", "Choose what fits:", "Depending on the cause:", "Either of these helps:"]
)
def test_letters_below_words_that_offer_a_choice_are_ways(words: str) -> None:
    procedure = read(f"{words}\n\na) stop the worker\n\n{block(ONE)}\nb) start the worker\n\n{block(OTHER)}")
    assert procedure.menu
    assert all(step.way and not step.way.unclear for step in procedure.steps)


def test_lines_with_letters_in_one_paragraph_are_items() -> None:
    procedure = read("a) stop it: `systemctl stop web`\nb) start it: `systemctl start web`\n")
    assert [step.command for step in procedure.steps] == ["systemctl stop web", "systemctl start web"]
    assert not procedure.menu


@pytest.mark.parametrize(
    "words", ["Do it in this order.", "First staging, then production.", "Roll it out one after the other."]
)
def test_environments_in_turn_are_a_sequence(words: str) -> None:
    procedure = read(f"{words}\n\n**Staging**\n\n{block(ONE)}\n**Production**\n\n{block(OTHER)}")
    assert not procedure.menu
    assert [step.way for step in procedure.steps] == [None, None]


def test_counted_environments_wait_for_a_person() -> None:
    procedure = read(f"1. Staging: run `{ONE}`\n2. Production: run `{OTHER}`\n")
    assert all(step.way and step.way.unclear for step in procedure.steps)


@pytest.mark.parametrize(
    "text",
    [
        block("# PostgreSQL\npg_isready -h db\n# Redis\nredis-cli ping"),
        block("# Test\nnpm test\n# Ship\nnpm publish"),
        f"First on the primary:\n\n{block(ONE)}\nThen on the standby:\n\n{block(OTHER)}",
        f"1. Deploy to staging: `{ONE}`\n2. Deploy to production: `{OTHER}`\n",
        f"For each node:\n\n{block(ONE)}\nNow:\n\n{block(OTHER)}",
    ],
)
def test_rows_stay_rows(text: str) -> None:
    procedure = read(text)
    assert not procedure.menu
    assert [step.way for step in procedure.commands] == [None, None]


def test_a_condition_alone_waits_for_a_person_where_something_is_changed() -> None:
    row = f"{block('./a.sh x')}\nIf the disk is full:\n\n{{}}\n{block('./b.sh x')}"
    changes, looks = read(row.format(block("docker system prune"))), read(row.format(block("df -h")))
    assert not changes.menu
    assert [bool(step.way) for step in changes.steps] == [False, True, False]
    assert not any(step.way for step in looks.steps)


def test_what_is_to_be_done_below_a_condition_in_a_list_is_a_step() -> None:
    procedure = read(f"- If the load is high: `{ONE}`\n- **If memory is high**: `{OTHER}`\n")
    assert [(step.command, step.full_title) for step in procedure.steps] == [
        (ONE, "If the load is high"),
        (OTHER, "If memory is high"),
    ]


def test_rows_of_a_table_for_environments_are_ways_within_a_procedure() -> None:
    rows = f"| Where | Command |\n|---|---|\n| Staging | `{ONE}` |\n| Production | `{OTHER}` |"
    procedure = read(f"{rows}\n\nThen:\n\n{block('./b.sh x')}")
    assert [step.way and step.way.number for step in procedure.steps] == [1, 2, None]


def test_regions_wait_for_a_person() -> None:
    procedure = read(f"For eu-west-1:\n\n{block(ONE)}\nFor us-east-1:\n\n{block(OTHER)}")
    assert all(step.way and step.way.unclear for step in procedure.steps)


@pytest.mark.parametrize(
    "words",
    ["If the report is old, ask Connor to refresh it.", "If it is slow, look at it. Then call the DBA.",
     "6. If the report is old, ask Connor to refresh it"],
)  # fmt: skip
def test_a_condition_of_what_a_person_does_takes_no_block_further_below(words: str) -> None:
    procedure = read(f"{words}\n\nThe keys are renewed each year.\n\nRenew one.\n\n{block(ONE)}")
    assert [step.way for step in procedure.commands] == [None]
    assert all(step.way for step in read(f"{words}\n\n{block(ONE)}").commands)


def test_what_is_seen_when_something_is_wrong_is_no_step() -> None:
    text = f"If you see an error like this when you call it:\n\n{block('The connection to the server was refused')}"
    assert read_runbook("x.md", f"# Doc\n\n## Fix\n\n{text}".encode()).to_read["output"]
    assert [step.command for step in read(f"{text}\n{block(ONE)}").commands] == [ONE]
