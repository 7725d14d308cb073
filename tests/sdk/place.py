"""Where Microsoft's clients find the simulated cloud, and how they sign in there."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from azure.identity.aio import CertificateCredential, ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphServiceClient
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core.tasks.page_iterator import PageIterator
from msgraph_beta import GraphServiceClient as BetaClient
from msgraph_beta.graph_request_adapter import GraphRequestAdapter as BetaAdapter

PROCEDURE = json.loads(Path(__file__).with_name("procedure.json").read_text())
KEYS = ("approvers", "tier1", "tier2")

# Microsoft's own scope: the simulated cloud answers to the real name of Graph too.
SCOPE = "https://graph.microsoft.com/.default"


def asking(builder, **query) -> RequestConfiguration:
    """Query options of a GET, in the class that the SDK has for this address."""
    options = getattr(type(builder), f"{type(builder).__name__}GetQueryParameters")
    return RequestConfiguration(query_parameters=options(**query))


async def every(client, builder, **query) -> list:
    """Every item of a list, over all its pages, by the SDK's own iterator."""
    items = []
    pages = PageIterator(await builder.get(asking(builder, **query)), client.request_adapter)
    await pages.iterate(lambda item: items.append(item) or True)
    return items


class Place:
    """One customer's directory, and an app with its proofs."""

    def __init__(self, facts: dict):
        self.origin = facts["origin"]
        self.host = urlsplit(self.origin).hostname
        self.tenant = facts["tenant"]
        self.facts = facts
        self.app = facts["app"]

    @classmethod
    def told(cls) -> "Place":
        return cls(json.loads(os.environ["SDK_PLACE"]))

    def by_secret(self) -> ClientSecretCredential:
        return ClientSecretCredential(
            self.tenant, self.app["id"], self.app["secret"], **self.authority()
        )

    def by_certificate(self) -> CertificateCredential:
        return CertificateCredential(
            self.tenant, self.app["id"], self.app["certificate"], **self.authority()
        )

    def authority(self) -> dict:
        # Microsoft's list of authorities does not know this one: it is not asked.
        return {"authority": self.origin, "disable_instance_discovery": True}

    def graph(self, credential) -> GraphServiceClient:
        adapter = GraphRequestAdapter(self.provider(credential))
        adapter.base_url = f"{self.origin}/v1.0"
        return GraphServiceClient(request_adapter=adapter)

    def beta(self, credential) -> BetaClient:
        adapter = BetaAdapter(self.provider(credential))
        adapter.base_url = f"{self.origin}/beta"
        return BetaClient(request_adapter=adapter)

    def provider(self, credential) -> AzureIdentityAuthenticationProvider:
        # Without it the SDK sends no token to a host that is not Microsoft's.
        return AzureIdentityAuthenticationProvider(
            credential, scopes=[SCOPE], allowed_hosts=[self.host]
        )
