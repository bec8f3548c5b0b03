"""The small Azure of `fake_azure.py`, for every test here."""

from tests.integration.azure.fake_azure import azure, cloud, read_only_azure, token_cache

__all__ = ["azure", "cloud", "read_only_azure", "token_cache"]
