"""Who asks, and what there is: tokens, tenants and subscriptions, as `az login` wants them."""

import base64
import json

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.world.site import SUBSCRIPTION, TENANT, make_identifier
from cockpit.simulator.world.stage import Stage

TOKEN_LIFE = 3_600  # seconds
PERSON = "ops@example.com"


def describe_cloud(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Where everything is, for `az cloud register`: this address, whatever is asked for."""
    return SimulatedAnswer(
        {
            "name": "simulated",
            "portal": call.url,
            "authentication": {
                "loginEndpoint": call.url,
                "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": call.url,
            "graphAudience": call.url,
            "microsoftGraphResourceId": call.url,
            "logAnalyticsResourceId": call.url,
            "appInsightsResourceId": call.url,
            "sqlManagement": call.url,
            "gallery": call.url,
            "batch": call.url,
            "media": call.url,
            "suffixes": {
                "acrLoginServer": "azurecr.invalid",
                "keyVaultDns": "vault.invalid",
                "sqlServerHostname": "database.invalid",
                "storage": "storage.invalid",
            },
        }
    )


def issue_token(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What a managed identity's address answers (`IDENTITY_ENDPOINT`): a JWT for any resource, signed by nobody."""
    now = int(stage.clock.at(stage.clock.elapsed()).timestamp())
    resource = call.query.get("resource", "https://management.azure.com/")
    claims = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_LIFE,
        "appid": make_identifier(stage.scenario.seed, "client"),
        "oid": make_identifier(stage.scenario.seed, "principal"),
        "tid": TENANT,
        "upn": PERSON,
        "xms_mirid": f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{stage.scenario.site.resource_group}",
    }
    return SimulatedAnswer(
        {
            "access_token": encode_token(claims),
            "expires_on": str(now + TOKEN_LIFE),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": claims["appid"],
        }
    )


def encode_token(claims: JSON) -> str:
    """A JWT that anybody can read and nobody should trust."""
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"signed by nobody"))


def list_tenants(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    tenant = {
        "id": f"/tenants/{TENANT}",
        "tenantId": TENANT,
        "displayName": "Simulated tenant",
        "defaultDomain": "example.com",
        "tenantCategory": "Home",
        "countryCode": "NZ",
        "domains": ["example.com"],
        "tenantType": "AAD",
    }
    return SimulatedAnswer({"value": [tenant]})


def list_subscriptions(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": [subscription_body()], "count": {"type": "Total", "value": 1}})


def show_subscription(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What `az account show` tells of."""
    if call.names["subscription"].lower() != SUBSCRIPTION:
        message = f"The subscription '{call.names['subscription']}' could not be found."
        raise RefusedError(404, "SubscriptionNotFound", message)
    return SimulatedAnswer(subscription_body())


def subscription_body() -> JSON:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Simulated subscription",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
