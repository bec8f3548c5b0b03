"""Which commands of docker and Compose are done without a shell, and which are left to it."""

import pytest

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.compose.known_commands import recognise_docker_command
from cockpit.platforms.compose.settings import ComposeSettings

WITH = Environment("prod", platforms={"compose": ComposeSettings(projects=("shop",))})


@pytest.mark.parametrize(
    ("text", "verb", "kind", "names"),
    [
        ("docker ps -a", "ps", StepKind.READ, ()),
        ("docker container ps --filter name=unioneyes", "ps", StepKind.READ, ()),
        ("docker logs --tail 100 unioneyes-app-prod", "logs", StepKind.READ, ("unioneyes-app-prod",)),
        ("docker restart api worker", "restart", StepKind.CHANGE, ("api", "worker")),
        ("docker tag 3f2a1bc example.com/app:latest", "tag", StepKind.CHANGE, ("3f2a1bc", "example.com/app:latest")),
        ("docker compose -p shop ps api", "compose ps", StepKind.READ, ("api",)),
        ("docker-compose -p shop logs -f --tail=20 api", "compose logs", StepKind.READ, ("api",)),
        ("env V=1 docker compose -p shop pull api", "compose pull", StepKind.CHANGE, ("api",)),
        ("V=1 docker compose -p shop up -d --no-deps api", "compose up", StepKind.CHANGE, ("api",)),
        ("docker compose --project-name=shop -f a.yml -f b.yml up --detach", "compose up", StepKind.CHANGE, ()),
    ],
)
def test_what_a_person_types_at_a_service_is_known(
    text: str, verb: str, kind: StepKind, names: tuple[str, ...]
) -> None:
    command = recognise_docker_command(text.split(), WITH)
    assert command is not None
    assert (command.verb, command.kind, command.names) == (verb, kind, names)
    assert command.describe()


@pytest.mark.parametrize(
    "text",
    [
        "docker compose up -d",  # a shell would go by its folder
        "docker compose -p shop up api",  # it would stay in front
        "docker compose -p shop down -v",
        "docker compose -p shop up -d --remove-orphans",
        "docker compose -p shop up -d --scale api=3",
        "docker compose -p other ps",  # not a project of this environment
        "docker compose -p shop exec api sh",
        "docker -H tcp://other:2375 ps",
        "docker --context other ps",
        "env DOCKER_HOST=tcp://other:2375 docker compose -p shop ps",
        "env COMPOSE_PROJECT_NAME=other docker compose -p shop ps",
        "env PATH=/tmp docker compose -p shop up -d api",
        "docker rm -f api",
        "docker system prune",
        "docker ps --format {{.Names}}",
        "docker logs",
        "docker restart",
        "docker logs -n",
        "sudo docker ps",
        "docker",
        "",
    ],
)
def test_everything_else_is_left_to_a_shell(text: str) -> None:
    assert recognise_docker_command(text.split(), WITH) is None


def test_without_an_engine_nothing_is_known() -> None:
    assert recognise_docker_command(["docker", "ps"], Environment("prod")) is None
