"""Resource Manager's answers as az hands them on: resource groups added, databases flattened, columns chosen. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from cockpit.model.raw import dig_value
from cockpit.runbooks.az.output import Rows

IN_A_GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/([^/]+)(/|$)", re.IGNORECASE)
APP_COLUMNS = ("name", "location", "resourceGroup", "provisioningState")
REVISION_COLUMNS = ("active", "createdTime", "trafficWeight", "healthState", "provisioningState", "replicas")
UNITS = ((1024**4, "TB"), (1024**3, "GB"), (1024**2, "MB"), (1024, "kB"), (1, "B"))


def with_groups(value: Any) -> Any:
    """A copy in which every object that has a resource id also has its `resourceGroup`, at the end."""
    if isinstance(value, list):
        return [with_groups(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    copy = {key: with_groups(item) for key, item in value.items()}
    match = IN_A_GROUP.match(copy["id"]) if isinstance(copy.get("id"), str) else None
    if match and "resourcegroup" not in (key.lower() for key in copy):
        copy["resourceGroup"] = match[1]
    return copy


DATABASE_FIELDS = (
    *("autoPauseDelay", "availabilityZone", "catalogCollation", "collation", "createMode", "creationDate"),
    *("currentBackupStorageRedundancy", "currentServiceObjectiveName", "currentSku", "databaseId"),
    *("defaultSecondaryLocation", "earliestRestoreDate", "edition", "elasticPoolId", "elasticPoolName"),
    *("encryptionProtector", "encryptionProtectorAutoRotation", "failoverGroupId", "federatedClientId"),
    *("freeLimitExhaustionBehavior", "highAvailabilityReplicaCount", "id", "identity", "isInfraEncryptionEnabled"),
    *("keys", "kind", "ledgerOn", "licenseType", "location", "longTermRetentionBackupResourceId"),
    *("maintenanceConfigurationId", "managedBy", "manualCutover", "maxLogSizeBytes", "maxSizeBytes", "minCapacity"),
    *("name", "pausedDate", "performCutover", "preferredEnclaveType", "readScale", "recoverableDatabaseId"),
    *("recoveryServicesRecoveryPointId", "requestedBackupStorageRedundancy", "requestedServiceObjectiveName"),
    *("resourceGroup", "restorableDroppedDatabaseId", "restorePointInTime", "resumedDate", "sampleName"),
    *("secondaryType", "sku", "sourceDatabaseDeletionDate", "sourceDatabaseId", "sourceResourceId", "status", "tags"),
    *("type", "useFreeLimit", "zoneRedundant"),
)
"""What az 2.91 prints of a database, null where the service says nothing of it."""
SKU_FIELDS = ("capacity", "family", "name", "size", "tier")
DATES = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z")


def shape_database(body: Mapping[str, Any]) -> dict[str, Any]:
    """A database as az shows one: its properties beside its name, with the two fields az keeps from older times."""
    inner = body.get("properties")
    flat = {key: value for key, value in body.items() if key != "properties"}
    flat |= inner if isinstance(inner, Mapping) else {}
    pool = flat.get("elasticPoolId")
    flat["edition"] = dig_value(flat, "sku", "tier")
    flat["elasticPoolName"] = pool.rpartition("/")[2] if isinstance(pool, str) else None
    named = with_groups(flat)
    whole = {name: format_az_date(named.get(name)) for name in DATABASE_FIELDS}
    for name in ("sku", "currentSku"):
        if isinstance(sku := whole[name], Mapping):
            whole[name] = {field: sku.get(field) for field in SKU_FIELDS}
    return whole


def format_az_date(value: Any) -> Any:
    """`2026-06-02T17:19:10.053833+00:00` for a moment as the service writes it; every other value as it is."""
    match = DATES.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    fraction = (match[2] or "").ljust(6, "0")
    return f"{match[1]}{f'.{fraction}' if fraction.strip('0') else ''}+00:00"


def shape_account(body: Mapping[str, Any], environment: str, user: Mapping[str, str], *, home: str) -> dict[str, Any]:
    """A subscription as `az account show` prints it."""
    return {
        "environmentName": environment,
        "homeTenantId": home or body.get("tenantId"),
        "id": body.get("subscriptionId"),
        "isDefault": True,
        "managedByTenants": body.get("managedByTenants") or [],
        "name": body.get("displayName"),
        "state": body.get("state"),
        "tenantId": body.get("tenantId"),
        "user": dict(user),
    }


def shape_account_user(name: str, method: str, client: str, *, machine: bool) -> dict[str, str]:
    """Who is signed in. A machine's own identity has no name there; `client` is the id of one that was assigned."""
    if method == "managed_identity":
        assigned = ("userAssignedIdentity", f"MSIClient-{client}") if client else ("systemAssignedIdentity", "MSI")
        return {"assignedIdentityInfo": assigned[1], "name": assigned[0], "type": "servicePrincipal"}
    return {"name": name, "type": "servicePrincipal" if machine else "user"}


def app_row(app: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {key: app[key] for key in app if key in APP_COLUMNS}
    return {**chosen, "fqdn": dig_value(app, "properties", "configuration", "ingress", "fqdn")}


def revision_row(revision: Mapping[str, Any]) -> dict[str, Any]:
    properties = revision.get("properties")
    inner = properties if isinstance(properties, Mapping) else {}
    return {**{key: inner[key] for key in inner if key in REVISION_COLUMNS}, "name": revision.get("name")}


def database_row(database: Mapping[str, Any]) -> dict[str, Any]:
    sku = database["sku"]
    return {
        "name": database["name"],
        "tier": sku["tier"],
        "family": sku.get("family") or " ",
        "capacity": sku.get("capacity") or " ",
        "maxSize": format_byte_size(database["maxSizeBytes"]),
        "elasticPool": database["elasticPoolName"] or " ",
    }


def format_byte_size(size: int) -> str:
    """Bytes in the largest unit that divides them: `2GB`, `1536MB`."""
    amount, unit = next((size // number, unit) for number, unit in UNITS if size % number == 0)
    return f"{amount}{unit}"


def metric_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each point of each series: time, metric, dimensions, values."""
    rows = []
    for metric in answer["value"]:
        for series in metric["timeseries"]:
            named = {item["name"]["localizedValue"]: item["value"] for item in series["metadatavalues"]}
            for point in series["data"]:
                values = {key: value for key, value in point.items() if key != "timeStamp"}
                when = re.sub(r"^(\S{10})T(\S{8})\+00:00$", r"\1 \2", point["timeStamp"])
                rows.append({"Timestamp": when, "Name": metric["name"]["localizedValue"], **named, **values})
    return rows


def each_or_one(row: Rows) -> Rows:
    """The columns of one object, for a list of them too."""
    return lambda result: [row(item) for item in result] if isinstance(result, list) else row(result)
