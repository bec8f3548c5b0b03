"""The word that is typed before a danger is the thing that goes, never a word of the title."""

import pytest

from cockpit.runbooks.prepare.confirmation import find_argument_name


@pytest.mark.parametrize(
    ("command", "thing"),
    [
        ("rm -rf victim/other", "victim/other"),
        ("/bin/rm -r a b", "a b"),
        ("sudo rm -rf /srv/data", "/srv/data"),
        ("rmdir empty", "empty"),
        ("dropdb --if-exists app", "app"),
        ("docker volume rm --force data", "data"),
        ("docker rmi app:1", "app:1"),
        ("podman container rm web", "web"),
        ("helm uninstall shop -n prod", "shop"),
        ("helm -n prod uninstall shop", "shop"),
        ("kubectl delete ns prod", "prod"),
        ("docker ps", ""),
        ("ls victim", ""),
    ],
)
def test_what_goes_is_named(command: str, thing: str) -> None:
    assert find_argument_name(tuple(command.split())) == thing
