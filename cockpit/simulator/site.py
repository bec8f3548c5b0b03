"""Where the simulated world is: its names, its resource ids, and ids that are the same in every run."""

import uuid

SUBSCRIPTION = "5105c0de-0000-4000-8000-000000000001"
WORKSPACE = "5105c0de-0000-4000-8000-000000000003"
RESOURCE_GROUP = "shop-prod-rg"
APP = "shop-api"
CONTAINER = "api"
MANAGED_ENVIRONMENT = "shop-prod-env"
REGION = "australiaeast"
REGION_LABEL = "Australia East"
API_VERSION = "2025-07-01"

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
# Azure writes the collection in lower case in ids and in mixed case in types.
APP_ID = f"{GROUP_ID}/providers/Microsoft.App/containerapps/{APP}"
ENVIRONMENT_ID = f"{GROUP_ID}/providers/Microsoft.App/managedEnvironments/{MANAGED_ENVIRONMENT}"
STREAM_PATH = f"{GROUP_ID}/containerApps/{APP}"  # the log streams hang below another root than the resources

_SPACE = uuid.UUID("5105c0de-0000-4000-8000-00000000feed")


def identifier(seed: int, *parts: object) -> str:
    """A GUID that follows from the scenario's seed and what it names."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, (seed, *parts)))))


def short(seed: int, length: int, *parts: object) -> str:
    """A few letters and digits, as in the names Azure makes up."""
    return identifier(seed, *parts).replace("-", "")[:length]
