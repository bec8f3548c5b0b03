"""Between which steps of a procedure nothing has a name that is needed: a database that is swapped by two renames."""

import pytest

from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.run.events import find_name_gap
from cockpit.runbooks.types import Resolved

AZ = (
    "az sql db rename --name shop-<env> --new-name shop-<env>-broken",
    "az sql db rename --name shop-<env>-restored --new-name shop-<env>",
)
POSTGRES = (
    'psql -c "ALTER DATABASE shop RENAME TO shop_old;"',
    'psql -c "ALTER DATABASE shop_new RENAME TO shop;"',
)


def find_gap(*commands: str, **values: str) -> dict[str, str | int]:
    blocks = "\n\n".join(f"# Step {number}\n{command}" for number, command in enumerate(commands))
    (procedure,) = read_runbook("swap.md", f"# Swap\n\n```bash\n{blocks}\n```\n".encode()).procedures
    return find_name_gap(procedure, [Resolved(name, text, text, "operator") for name, text in values.items()])


def test_a_swap_leaves_nothing_with_the_name_until_the_second_rename() -> None:
    assert find_gap("az sql db list -g shop", *AZ, env="prod") == {
        "gap_by": 2,
        "gap_ends_by": 3,
        "missing": "shop-prod",
    }


def test_a_field_without_a_value_stays_as_it_is_written() -> None:
    assert find_gap(*AZ)["missing"] == "shop-<env>"


def test_sql_renames_too() -> None:
    assert find_gap(*POSTGRES) == {"gap_by": 1, "gap_ends_by": 2, "missing": "shop"}


@pytest.mark.parametrize("commands", [AZ[:1], AZ[::-1], ("mv a b", "mv c a"), ("az sql db list",)])
def test_without_a_swap_there_is_no_gap(commands: tuple[str, ...]) -> None:
    assert find_gap(*commands) == {}
