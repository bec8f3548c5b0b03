"""What a table is for is known by its heads, in the words of whoever wrote it; and what a document says at its head."""

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.tables import kind_of

BLOCK = "```bash\n# Do it\nkubectl -n shop rollout restart deployment/web\n```\n"


@pytest.mark.parametrize(
    ("heads", "kind"),
    [
        ("When you see | Likely reason | Do this", "alert-actions"),
        ("Alarm | Meaning | First steps", "alert-actions"),
        ("Problem | Cause | Workaround", "symptom-fixes"),
        ("Alertname | Sev | Docs", "alert-runbooks"),
        ("Alarm | Wiki", "alert-runbooks"),
        ("Function | Who | Mobile | E-mail", "contacts"),
        ("Position | Telephone", "contacts"),
        ("Class | What it means | Time to react | Updates", "severity-ladder"),
        ("Sev | Meaning | Ack within", "severity-ladder"),
        ("Problem | Call first | Then", "who-to-page"),
        ("Event | Notify | Escalate to", "who-to-page"),
        ("Service | Health URL | Should return", "probes"),
        ("URL | Status code", "probes"),
        ("Metric | Warning | Critical", "thresholds"),
        ("Training | How often | Who", "training"),
        ("Situation | Playbook | Sign-off | Typical duration", "runbook-index"),
        ("Guide | Urgency", "runbook-index"),
        # and what is for nobody but a reader
        ("Class | Fields", ""),
        ("Document | Purpose of it", ""),
        ("Metric | Warning", ""),
        ("Problem | Example", ""),
        ("Function | Returns", ""),
        ("Component | Team", ""),
    ],
)
def test_a_table_is_known_by_its_heads(heads: str, kind: str) -> None:
    assert kind_of(heads.split(" | ")) == kind


@pytest.mark.parametrize("heading", ["Prerequisites", "1. What you need", "Before you begin", "Needs", "You will need"])
def test_what_a_part_says_is_needed_stands_before_the_first_step(heading: str) -> None:
    text = f"# Restart\n\n## {heading}\n\n- access to prod\n- `infra/prod.bicepparam` in git\n\n## Do it\n\n{BLOCK}"
    (procedure,) = read_runbook("r.md", text.encode()).procedures
    assert procedure.warnings == ("Requires: access to prod; infra/prod.bicepparam in git",)


def test_boxes_of_such_a_part_are_steps_and_no_second_time_a_warning() -> None:
    text = f"# Restart\n\n## Prerequisites\n\n- [ ] access to prod\n\n## Do it\n\n{BLOCK}"
    first, second = read_runbook("r.md", text.encode()).procedures
    assert first.steps[0].checkbox
    assert second.warnings == ()


@pytest.mark.parametrize("label", ["Needs", "You need", "Before you start", "Requirements"])
def test_a_label_says_what_is_needed(label: str) -> None:
    (procedure,) = read_runbook("r.md", f"# Restart\n\n**{label}**: the CA key\n\n{BLOCK}".encode()).procedures
    assert procedure.warnings == ("Requires: the CA key",)


@pytest.mark.parametrize(
    "warning", ["> ⚠️ orders are lost", "> **Caution**: orders are lost", "**Important**: orders are lost"]
)
@pytest.mark.parametrize("where", ["# Restart\n\n{}\n\n## Do it\n\n", "# Restart\n\n## Needs\n\n{}\n\n## Do it\n\n"])
def test_a_warning_above_stands_before_the_first_step(warning: str, where: str) -> None:
    (procedure,) = read_runbook("r.md", (where.format(warning) + BLOCK).encode()).procedures
    assert len(procedure.warnings) == 1
    assert "orders are lost" in procedure.warnings[0]


def test_the_head_of_a_document_tells_its_version_and_day_without_bold_letters() -> None:
    text = f"# Restart\n\nVersion: 3.2 (14 March 2025)\nLast reviewed: 2025-03-01\n\n## Do it\n\nVersion: 9\n\n{BLOCK}"
    labels = read_runbook("r.md", text.encode()).labels
    assert (labels["version"], labels["last reviewed"]) == ("3.2 (14 March 2025)", "2025-03-01")


@pytest.mark.parametrize("heading", ["When should this be used?", "When do I use this", "When would you use it"])
def test_a_heading_asks_when_the_document_is_for(heading: str) -> None:
    text = f"# Rebuild\n\n## {heading}\n\n- the region is lost\n- ransomware\n\n## Do it\n\n{BLOCK}"
    (occasion,) = read_runbook("r.md", text.encode()).occasions
    assert occasion.when == "the region is lost; ransomware"


@pytest.mark.parametrize("sentence", ["Should print: `3`", "You should get `3`.", "It will display `3`"])
def test_a_sentence_says_what_is_printed(sentence: str) -> None:
    (procedure,) = read_runbook("r.md", f"# Look\n\n```bash\ncat /tmp/count\n```\n\n{sentence}\n".encode()).procedures
    assert procedure.steps[0].expected == "prints `3`"


@pytest.mark.parametrize(
    "sentence", ["Once done, continue with the next region.", "Then proceed to section 3", "After that, go on with B."]
)
def test_a_sentence_behind_the_commands_leads_on(sentence: str) -> None:
    (procedure,) = read_runbook("r.md", f"# Restart\n\n{BLOCK}\n{sentence}\n".encode()).procedures
    assert [step.kind for step in procedure.steps[1:]] == [StepKind.MANUAL]
