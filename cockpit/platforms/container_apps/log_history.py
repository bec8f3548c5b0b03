"""What Log Analytics still holds of a revision whose replicas are gone."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cockpit.azure.client import Azure, LogTable
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Revision
from cockpit.platforms.container_apps.log_lines import table_row
from cockpit.platforms.log_mask import LogMask

REACH = timedelta(minutes=30)
INGESTION = timedelta(minutes=5)  # lines are stamped when they were taken in, a while after they were written
MOST_ROWS = 1_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
OLDEST = datetime.min.replace(tzinfo=UTC)

# An environment that logs to `log-analytics` has tables in _CL with columns in _s; one that logs to `azure-monitor` has
# neither ending. One query for each: a workspace rejects a column that none of its tables has.
LAYOUTS = (("_CL", "_s"), ("", ""))


@dataclass(frozen=True, slots=True)
class History:
    """Lines oldest first; `partial` says why some are missing, "" when none are known to be."""

    lines: tuple[LogLine, ...]
    since: datetime
    until: datetime
    partial: str = ""


async def load_log_history(azure: Azure, workspace: str, revision: Revision, now: datetime) -> History:
    """The last half hour that `revision` was alive. Raises SourceError when neither layout of tables can be read."""
    since, until = compute_history_window(revision, now)
    answers = await asyncio.gather(
        *(azure.query(workspace, build_history_query(revision, *layout), since, until) for layout in LAYOUTS),
        return_exceptions=True,
    )
    tables = [answer for answer in answers if isinstance(answer, LogTable)]
    if not tables:
        raise pick_worst_failure([answer for answer in answers if isinstance(answer, BaseException)])
    lines = [line for table in tables for row in table.rows if (line := table_row(row)) is not None]
    lines.sort(key=lambda line: line.at or OLDEST)
    mask = LogMask()
    lines = [*mask.feed(lines), *mask.settle()]
    lines.sort(key=lambda line: line.at or OLDEST)
    partial = "; ".join(dict.fromkeys(table.partial for table in tables if table.partial))
    return History(tuple(lines), since, until, partial)


def compute_history_window(revision: Revision, now: datetime) -> tuple[datetime, datetime]:
    """The half hour before `now`, or before the revision was last active when that is longer ago."""
    end = now
    if revision.last_active is not None and revision.last_active + INGESTION < now:
        end = revision.last_active + INGESTION
    return end - REACH, end


def build_history_query(revision: Revision, table_suffix: str, column_suffix: str) -> str:
    """The query for one layout. Raises SourceError for a name that is none: it would be read as part of the query."""
    for name in (revision.app, revision.name):
        if not NAME.fullmatch(name):
            raise SourceError(Problem(ProblemKind.REFUSED, "bad name", "This is not the name of an app or a revision."))
    return (
        f"union isfuzzy=true ContainerAppConsoleLogs{table_suffix}, ContainerAppSystemLogs{table_suffix}"
        f" | where ContainerAppName{column_suffix} == '{revision.app}'"
        f" | where RevisionName{column_suffix} == '{revision.name}'"
        f" | order by TimeGenerated desc | take {MOST_ROWS}"
    )


def pick_worst_failure(failures: list[BaseException]) -> BaseException:
    """The failure worth telling: a refused query only says that the layout is not this one."""
    telling = [
        failure
        for failure in failures
        if not (isinstance(failure, SourceError) and failure.problem.kind is ProblemKind.REFUSED)
    ]
    return (telling or failures)[0]
