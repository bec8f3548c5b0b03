"""Every line of the five source documents, by its number in the requirements: what holds it, or why nothing acts on it.

A command of the documents, and many another line, is judged here in a copy of its shape. Of the rest a test is named
that fails without it; the names are looked up, so that none is lost when a test is renamed. What is text by nature
says so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.plan import find_contacts, list_unreached_people
from cockpit.model.runbook import Runbook, Step
from cockpit.runbooks.catalogue.alert_match import match_alerts
from cockpit.runbooks.catalogue.catalogue import FAR, Catalogue, Document, score_document
from cockpit.runbooks.catalogue.index_tables import bind_index_tables
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.lint.lint import LintContext, lint_runbook
from cockpit.runbooks.plan.plan import merge_plans
from cockpit.runbooks.plan.proposals import propose_watches

LINES = 158
LEAST_HELD = 140
TESTS = Path(__file__).parents[2]

# (kind, command) as the documents write them; the placeholders that are asked for stand in them.
COMMANDS: dict[int, tuple[str, str]] = {
    10: ("read", 'az containerapp revision list -n mi-<env> -g <rg> --query "[].{name:name}" -o table'),
    11: ("change", "az containerapp revision activate -n mi-<env> -g <rg> --revision <PREVIOUS>"),
    12: ("change", "az containerapp ingress traffic set -n mi-<env> -g <rg> --revision-weight <PREVIOUS>=100"),
    13: ("read", "curl -sf https://<FQDN>/health/ready | jq"),
    14: ("danger", "az containerapp revision deactivate -n mi-<env> -g <rg> --revision <BAD>"),
    20: ("change", 'az sql db restore --name mi-<env> --dest-name mi-<env>-restored --time "$RESTORE_TIME"'),
    21: ("read", 'sqlcmd -S mi-<env>-sql -d mi-<env>-restored -G -Q "SELECT COUNT(*) FROM Meeting"'),
    22: ("danger", "az sql db rename --name mi-<env> --new-name mi-<env>-broken"),
    24: ("change", "az containerapp revision restart -n mi-<env> -g <rg> --revision <current-revision>"),
    25: ("read", "curl -sf https://<FQDN>/health/ready"),
    30: ("change", "cd server && AZURE_SQL_SERVER=mi-<env>-sql python manage_tokens.py list"),
    31: ("danger", "cd server && python manage_tokens.py revoke --token-id <ID>"),
    33: ("change", "az containerapp revision restart -n mi-<env> -g <rg> --revision <current-revision>"),
    37: ("danger", "./infra/deploy-new-client.sh <client-name>"),
    41: ("read", "az containerapp logs show -n mi-<env> -g <rg> --tail 50"),
    42: ("read", "az containerapp revision list -n mi-<env> -g <rg> -o table"),
    45: ("read", "az containerapp logs show -n mi-<env> -g <rg> --type system"),
    67: ("read", "curl https://unioneyes.azurewebsites.net/api/health"),
    113: ("local", "docker compose pull ghcr.io/ORG/ai-company-saudi:v<VERSION>"),
    114: ("danger", "alembic downgrade <rev>"),
    127: ("read", "az containerapp revision list -n <APP> -g <RG> --output table"),
    128: ("change", "az containerapp update -n <APP> -g <RG> --image <REGISTRY>/<IMAGE>:<PREVIOUS_SHA>"),
    135: ("change", "alembic upgrade head"),
    136: ("change", "az containerapp exec -n <APP> -g <RG> --command 'alembic upgrade head'"),
    155: ("local", "az aks get-credentials -g <RG> -n <CLUSTER>"),
    156: ("change", "kubectl rollout restart deployment/mys-app-api -n mys-prod"),
    157: ("danger", 'gh workflow run rollback.yml -f confirm="ROLLBACK PRODUCTION" -f reason="[reason]"'),
}
IN_POWERSHELL: dict[int, tuple[str, str]] = {
    68: ("read", "docker logs --tail 100 unioneyes-app-prod"),
    69: ("danger", ".\\scripts\\deploy-blue-green.ps1 -Action rollback"),
    71: ("danger", 'psql $env:DATABASE_URL -f "db\\migrations\\rollback\\[number]_rollback.sql"'),
    72: ("change", ".\\scripts\\verify-rollback.ps1 -Environment production"),
    73: ("local", "az storage blob download --account-name backups --name [backup_file] --file restore-backup.sql"),
    74: ("danger", "psql $env:DATABASE_URL -f ./restore-backup.sql"),
    75: ("read", 'psql $env:DATABASE_URL -c "SELECT count(*) FROM users;"'),
}


@dataclass(frozen=True)
class LineInShape:
    """A line of a document in its shape, and what the cockpit makes of it."""

    text: str
    made: object
    make: Callable[[Runbook], object]


def list_findings(runbook: Runbook) -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in lint_runbook(runbook, LintContext(date(2026, 6, 1)))]


def list_proposals(runbook: Runbook) -> list[str]:
    lines = propose_watches([Document("ops", runbook)], "prod")
    return [line for text in lines for line in text.splitlines() if line.startswith(("name", "conditions", "degraded"))]


def find_by_alert(name: str) -> Callable[[Runbook], object]:
    alert = Alert("a", name, name, Severity.HIGH, AlertState.FIRING, datetime(2026, 6, 1, tzinfo=UTC), "prod")

    def find(runbook: Runbook) -> object:
        match = next(iter(match_alerts(Catalogue((Document("ops", runbook),)), [alert])), None)
        return match and match.procedure and match.procedure.title

    return find


def find_by_words(words: str) -> Callable[[Runbook], bool]:
    return lambda runbook: score_document(Document("ops", runbook), words.casefold().split()) < FAR


def list_called(who: str) -> Callable[[Runbook], object]:
    def list_roles(runbook: Runbook) -> object:
        contacts = merge_plans([Document("ops", runbook)]).contacts
        return [contact.role for contact in find_contacts(who, contacts)], list(list_unreached_people(who, contacts))

    return list_roles


PEOPLE = "## Contacts\n\n| Role | Contact |\n|---|---|\n"
THRESHOLDS = "| Signal | Warning threshold |\n|---|---|\n| HTTP 5xx rate | > 1% over 5 min |\n| p95 latency | > 2 s |\n"
ENDPOINTS = "| Endpoint | Purpose | Expected |\n|---|---|---|\n"
STEP = "\n```bash\nkubectl get pods\n```\n"

# A document in the shape of the line, below its title: lines of findings count from that.
IN_SHAPE: dict[int, LineInShape] = {
    40: LineInShape(
        "7 alert rules fire.\n\n| Alert | Action |\n|---|---|\n| 5xx errors | Look |\n",
        [("table-disagrees", 3)],
        list_findings,
    ),
    53: LineInShape("Keep in sync: `sla-rpo.md`, `playbook.md`.\n", [("dead-link", 3)] * 2, list_findings),
    54: LineInShape(
        "```bash\naz x -n mi-<env> -g <rg> --revision <PREVIOUS>\ncurl https://<FQDN>/h\n```\n",
        ["env", "rg", "PREVIOUS", "FQDN"],
        lambda runbook: [parameter.name for parameter in runbook.parameters],
    ),
    65: LineInShape("SEV-4 is for later.\n", [("severity-undefined", 3)], list_findings),
    76: LineInShape(
        "| Script | Purpose |\n|---|---|\n| [drill.ps1](../../scripts/drill.ps1) | Restore |\n",
        [("dead-link", 5)],
        list_findings,
    ),
    81: LineInShape(
        "- On-call: [PagerDuty/Phone]\n- Room: [Teams/Zoom link]\n",
        [("not-filled-in", 3), ("not-filled-in", 4)],
        list_findings,
    ),
    83: LineInShape("**Next Review:** May 12, 2026\n", [("review-overdue", 1)], list_findings),
    89: LineInShape(
        "- [Plan](../recovery/plan.md)\n- [Security](../security/)\n\nv1.0, 2025-XX-XX\n",
        [("dead-link", 3), ("dead-link", 4), ("not-filled-in", 6)],
        list_findings,
    ),
    102: LineInShape(
        f"### 2.1 LLM provider outage\n{STEP}", "2.1 LLM provider outage", find_by_alert("LLMProviderOutage")
    ),
    104: LineInShape(
        f"### 2.3 HubSpot rate limit\n\n**Symptoms:** `crm_sync_failed` in the log\n{STEP}",
        "2.3 HubSpot rate limit",
        find_by_alert("crm_sync_failed"),
    ),
    117: LineInShape(
        "## Health\n\n- Healthchecks (`/health`) monitored every 30s\n",
        ['name = "health"'],
        list_proposals,
    ),
    118: LineInShape(
        "## Health\n\n- Error rate alerts at >1% for 5 minutes\n- Latency p95 alerts at >10s for 5 minutes\n",
        ['name = "Error rate"', 'degraded = ["[VALUE] <= 1"]', 'name = "Latency p95"', 'degraded = ["[VALUE] <= 10"]'],
        list_proposals,
    ),
    120: LineInShape(
        f"{PEOPLE}| DPO | a |\n| Legal | b |\n| Security lead | c |\n",
        (["DPO", "Legal", "Security lead"], []),
        list_called("DPO + Legal + Security"),
    ),
    122: LineInShape(
        f'{ENDPOINTS}| GET /healthz | Liveness | 200 OK with `{{"status": "healthy"}}` |\n',
        ['name = "healthz"', 'conditions = ["[STATUS] == 200", "[BODY].status == healthy"]'],
        list_proposals,
    ),
    123: LineInShape(
        f"{ENDPOINTS}| GET /readyz | Readiness | `200 OK` when all checks pass; `503` otherwise |\n",
        ['name = "readyz"', 'conditions = ["[STATUS] == any(200, 503)"]', 'degraded = ["[STATUS] == 200"]'],
        list_proposals,
    ),
    129: LineInShape(
        THRESHOLDS,
        [
            'name = "HTTP 5xx rate"',
            'degraded = ["[VALUE] <= 1"]',
            'name = "p95 latency"',
            'degraded = ["[VALUE] <= 2"]',
        ],
        list_proposals,
    ),
    138: LineInShape(
        "| Constant | Seconds |\n|---|---|\n| CACHE_TTL_LONG | 3600 |\n", True, find_by_words("cache_ttl_long")
    ),
    147: LineInShape(
        "## 2. Deployment runbooks\n\n- [Canary](canary.md)\n",
        "deployment",
        lambda runbook: bind_index_tables(
            [
                Document("ops", runbook),
                Document("canary", read_runbook(f"{Path(runbook.path).parent}/canary.md", b"# C")),
            ]
        )[1].runbook.labels["tags"],
    ),
    151: LineInShape(
        f"{PEOPLE}| DBA | a |\n",
        (["DBA"], ["VP Engineering", "Exec Team"]),
        list_called("DBA, VP Engineering + Exec Team"),
    ),
    152: LineInShape(
        "## Purpose\n\n## Prerequisites\n\n## Procedure\n\n## Rollback\n\n## Post-Incident\n",
        [("missing-section", 1)],
        list_findings,
    ),
    158: LineInShape("## Related\n\n- [Response](./incident-response.md)\n", [("dead-link", 5)], list_findings),
}

HELD: dict[int, str] = {
    1: "test_a_document_shows_its_version_and_its_age_and_an_old_one_is_marked",
    2: "test_two_keys_roll_back_and_a_typed_word_ends_it",
    3: "test_000_contact_primary_on_call_is_for_every_incident",
    4: "test_000_contact_business_owner_is_due_after_15_minutes_of_a_client_facing_outage",
    5: "test_000_contact_is_read_with_how_and_for_what",
    6: "test_000_support_hours_are_auckland_wall_time_with_the_abbreviation_in_force",
    7: "test_000_after_hours_the_best_effort_is_two_hours_for_critical_alerts",
    8: "test_000_when_leads_from_an_alert_to_its_runbook",
    9: "test_000_time_to_fix_is_the_budget_of_its_run",
    15: "test_see_below_means_what_has_its_word_in_the_title",
    16: "test_000_when_leads_from_an_alert_to_its_runbook",
    17: "test_000_time_to_fix_stands_above_the_steps_of_a_run",
    18: "test_000_s2_rpo_15_min_and_7_day_retention_bound_the_moment_that_is_restored",
    19: "test_image_tags_and_points_just_before_the_detection_come_from_the_panes",
    23: "test_a_swap_leaves_nothing_with_the_name_until_the_second_rename",
    26: "test_000_s2_how_long_it_took_and_the_row_counts_of_the_last_drill_stay_beside_the_check",
    27: "test_000_s3_a_leaked_token_asks_whether_personal_data_could_have_been_read",
    28: "test_000_s3_a_revoked_token_may_still_work_for_five_minutes",
    29: "test_000_s3_a_title_carries_the_heading_above_it",
    34: "test_000_when_leads_from_an_alert_to_its_runbook",
    35: "test_000_time_to_fix_is_the_budget_of_its_run",
    36: "test_000_s4_what_is_required_stands_before_the_first_step",
    38: "test_what_is_to_be_done_after_the_commands_is_a_step_of_a_person",
    43: "test_000_s5_auth_failure_leads_to_revoking_the_token",
    44: "test_000_s5_an_alert_shows_the_first_action_in_the_words_of_the_document",
    47: "test_000_s6_a_message_is_due_when_clients_notice_it_for_more_than_15_minutes",
    48: "test_000_s6_template_fields_are_filled_and_those_that_nobody_knows_are_marked",
    49: "test_000_targets_are_read_for_each_scenario",
    50: "test_000_targets_the_recovery_time_of_a_scenario_counts_from_the_declaration",
    51: "test_000_targets_recovery_time_and_point_achieved_stand_against_the_scenario",
    52: "test_000_targets_are_read_for_each_scenario",
    55: "test_lint_knows_the_values_of_the_configuration",
    56: "test_damage_is_mended_and_what_was_rebuilt_is_only_looked_at",
    57: "test_001_header_version_and_age_stand_on_the_documents_row",
    58: "test_001_index_when_to_use_leads_to_the_runbook",
    60: "test_001_quick_access_an_anchor_leads_to_the_playbook",
    61: "test_001_index_when_to_use_leads_to_the_runbook",
    62: "test_a_list_of_occasions_leads_to_the_runbook_that_its_heading_links",
    63: "test_001_severities_whom_to_page_at_once_is_due_with_the_declaration",
    64: "test_001_severity_is_declared_with_whom_it_pages",
    66: "test_links_and_bare_addresses_come_in_the_order_of_their_lines",
    70: "test_a_step_leads_to_what_it_names",
    77: "test_001_maintenance_checklist_links_and_scripts_are_checked_by_lint",
    82: "test_reviews_are_due_in_tables_and_in_lists_too",
    84: "test_001_maintenance_checklist_has_8_boxes_each_with_who_and_when",
    85: "test_001_training_was_never_recorded_until_it_is_done_and_then_comes_round",
    86: "test_001_drills_are_due_when_the_document_says_and_after_that_by_their_rhythm",
    87: "test_001_targets_detect_and_acknowledge_in_5_min_and_resolve_sev_1_in_an_hour",
    88: "test_001_targets_rto_4_h_and_rpo_6_h_are_held_against_what_recoveries_achieved",
    90: "test_001_feedback_on_a_runbook_is_an_action_item_with_the_label_runbook_improvement",
    91: "test_what_was_lost_in_a_damaged_document_is_marked_as_a_placeholder",
    92: "test_002_s0_p0_incident_commander_within_15_min",
    93: "test_002_s0_p1_update_every_30_min",
    94: "test_002_s0_p2_is_triaged_in_business_hours",
    95: "test_002_s0_p3_backlog_is_no_incident_but_a_note",
    96: "test_002_s1_the_first_ten_minutes_of_a_p0_or_p1_are_a_clock_that_counts_its_boxes",
    97: "test_002_s1_1_declare_text_names_severity_symptoms_impact_and_one_commander",
    98: "test_002_s1_each_of_the_first_items_offers_what_it_asks_for",
    99: "test_002_s1_3_freeze_holds_until_it_is_lifted_and_warns_on_every_change",
    100: "test_002_s1_4_preserve_a_danger_says_so_until_the_evidence_was_kept_in_this_incident",
    101: "test_002_s1_5_communicate_a_customer_facing_status_update_is_ready_to_be_sent",
    103: "test_what_a_person_does_can_be_ticked",
    105: "test_what_is_turned_off_for_now_is_a_change_to_take_back",
    106: "test_002_s2_5_secret_leak_6_steps_with_the_scan_among_them",
    107: "test_002_s2_6_approvals_stuck_the_timeouts_are_checked_by_a_request_and_it_is_a_change",
    108: "test_002_what_people_do_by_hand_is_settled_with_who_when_and_why_not",
    109: "test_002_s3_the_authority_is_notified_within_72_hours_of_a_person_being_aware",
    110: "test_002_s4_four_roles_one_person_may_hold_several_and_the_commander_debugs_nothing",
    111: "test_002_s5_post_mortem_is_due_within_3_business_days_and_lies_in_docs_incidents",
    112: "test_002_s5_content_list_is_all_there",
    115: "test_the_rollback_window_counts_from_the_deployment_that_was_recorded",
    119: "test_002_s7_weekly_and_monthly_practices_are_due_again_once_recorded",
    121: "test_002_s8_real_contacts_stay_in_a_private_file",
    124: "test_every_probe_is_seen_at_once_and_then_by_its_own_clock",
    131: "test_what_is_there_and_what_is_not_is_reported_by_name",
    132: "test_003_an_alert_finds_the_section_of_its_name",
    133: "test_003_an_alert_finds_the_section_of_its_name",
    134: "test_003_auth_failures_three_checks_each_ticked_by_who_looked",
    139: "test_what_a_server_echoes_is_printed_without_the_token",
    141: "test_what_has_to_be_filled_in_is_asked_for",
    142: "test_004_header_last_updated_stands_on_the_documents_row",
    143: "test_004_emergency_index_a_failover_takes_two_approvers_and_neither_is_the_operator",
    144: "test_004_routine_index_none_asks_for_no_approval",
    145: "test_004_index_a_time_is_the_budget_of_the_runbook",
    146: "test_004_troubleshooting_index_an_alert_of_its_row_leads_to_the_runbook",
    148: "test_004_priorities_response_time",
    149: "test_004_path_is_read_out_of_its_drawing",
    150: "test_004_escalation_path_tells_who_is_due_and_when",
    153: "test_004_formatting_numbered_steps_code_expected_output_warning_and_estimate_are_each_read",
    154: "test_a_new_runbook_is_the_template_with_its_title_and_day",
}

NOT_HELD: dict[int, str] = {
    32: "the warning stands before the step; that a restart comes next is the order of the document",
    39: "text by nature: another region is a decision, and its DNS lies outside",
    46: "the words stand beside the alert; the most replicas that the app may have is not read",
    59: "text by nature: a list of what another document holds",
    78: "its addresses are followed by key in the document; that the services are asked is for the configuration",
    79: "runs of workflows are a source of changes of their own; this row is not what configures it",
    80: "text by nature: where files lie",
    116: "text by nature: a flag of the team's own program",
    125: "text by nature: what a pipeline does, and nothing to tick; its runs are a source of changes of their own",
    126: "text by nature: what a pipeline does by itself; the revision that it makes is seen as any other",
    130: "text by nature: where alerts are sent",
    137: "text by nature: what a pipeline does",
    140: "text by nature: what the program does by itself",
}


def read_command(command: str, language: str) -> Step:
    runbook = read_runbook("ops.md", f"# Ops\n\n```{language}\n{command}\n```\n".encode())
    (step,) = (step for procedure in runbook.procedures for step in procedure.steps)
    return step


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: f"line-{line}")
def test_a_command_of_the_documents_takes_what_it_should(line: int) -> None:
    kind, command = COMMANDS[line]
    step = read_command(command, "bash")
    assert (step.kind.value, step.unparsed) == (kind, "")
    assert set(re.findall(r"<([\w-]+)>", command)) <= set(step.parameters)


@pytest.mark.parametrize("line", IN_POWERSHELL, ids=lambda line: f"line-{line}")
def test_a_command_of_powershell_takes_what_it_should(line: int) -> None:
    kind, command = IN_POWERSHELL[line]
    step = read_command(command, "powershell")
    assert (step.kind.value, step.unparsed) == (kind, "")
    assert step.language == ("powershell" if command.startswith(".\\") else "bash")


@pytest.mark.parametrize("line", IN_SHAPE, ids=lambda line: f"line-{line}")
def test_a_line_of_the_documents_is_made_what_it_says(line: int, tmp_path: Path) -> None:
    shape = IN_SHAPE[line]
    runbook = read_runbook(str(tmp_path / "ops.md"), f"# Ops\n\n{shape.text}".encode())
    assert shape.make(runbook) == shape.made


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    """Every test there is."""
    text = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    return frozenset(re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize("line", HELD, ids=lambda line: f"line-{line}")
def test_a_line_is_held_by_a_test_that_is_there(line: int, names: frozenset[str]) -> None:
    assert HELD[line] in names


def test_no_line_is_forgotten_and_none_counts_twice() -> None:
    every = [*COMMANDS, *IN_POWERSHELL, *IN_SHAPE, *HELD, *NOT_HELD]
    assert sorted(every) == list(range(1, LINES + 1))


def test_most_lines_are_live() -> None:
    assert len(COMMANDS) + len(IN_POWERSHELL) + len(IN_SHAPE) + len(HELD) >= LEAST_HELD
