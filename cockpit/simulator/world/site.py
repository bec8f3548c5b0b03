"""Where a simulated world is: its names, its resource ids, and ids that are the same in every run."""

import uuid

from pydantic import BaseModel, ConfigDict, Field

SUBSCRIPTION = "5105c0de-0000-4000-8000-000000000001"
TENANT = "5105c0de-0000-4000-8000-000000000002"
WORKSPACE = "5105c0de-0000-4000-8000-000000000003"
CONTAINER = "api"
MANAGED_ENVIRONMENT = "shop-prod-env"
REGION = "australiaeast"
REGION_LABEL = "Australia East"
API_VERSION = "2025-07-01"


class Site(BaseModel):
    """The names of the resources of one world. The server of its database is `<app>-sql`, the database `<app>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app: str = Field("shop-api", pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")
    resource_group: str = Field("shop-prod-rg", pattern=r"^[A-Za-z0-9_.()-]{1,89}[A-Za-z0-9_()-]$")

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{self.resource_group}"

    @property
    def app_id(self) -> str:
        """Azure writes the collection in lower case in ids and in mixed case in types."""
        return f"{self.group_id}/providers/Microsoft.App/containerapps/{self.app}"

    @property
    def environment_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.App/managedEnvironments/{MANAGED_ENVIRONMENT}"

    @property
    def stream_path(self) -> str:
        """The log streams hang below another root than the resources."""
        return f"{self.group_id}/containerApps/{self.app}"

    @property
    def sql_server(self) -> str:
        return f"{self.app}-sql"

    @property
    def sql_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.Sql/servers/{self.sql_server}"

    def revision(self, suffix: str) -> str:
        """The name of a revision."""
        return f"{self.app}--{suffix}"


SHOP = Site.model_validate({})
APP, RESOURCE_GROUP = SHOP.app, SHOP.resource_group  # of every scenario that does not say otherwise

_SPACE = uuid.UUID("5105c0de-0000-4000-8000-00000000feed")


def make_identifier(seed: int, *parts: object) -> str:
    """A GUID that follows from the scenario's seed and what it names."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, (seed, *parts)))))


def make_short_name(seed: int, length: int, *parts: object) -> str:
    """A few letters and digits, as in the names Azure makes up."""
    return make_identifier(seed, *parts).replace("-", "")[:length]
