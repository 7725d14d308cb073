// Where Microsoft's JavaScript client finds the simulated cloud, and how it signs in there; and how values are held
// to what is wanted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { ClientCertificateCredential } from "@azure/identity";
import { ConfidentialClientApplication } from "@azure/msal-node";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

export const place = JSON.parse(process.env.SDK_PLACE);
export const procedure = JSON.parse(readFileSync(new URL("procedure.json", import.meta.url), "utf8"));
// Microsoft's own scope: the simulated cloud answers to the real name of Graph too.
const SCOPE = "https://graph.microsoft.com/.default";

function client(authProvider, defaultVersion) {
  const { hostname } = new URL(place.origin);
  // Without customHosts no token is sent to a host that is not Microsoft's.
  const options = { baseUrl: `${place.origin}/`, customHosts: new Set([hostname]) };
  return Client.initWithMiddleware({ authProvider, defaultVersion, ...options });
}

/** By certificate, with @azure/identity. */
export function byIdentity(version) {
  const certificate = { certificatePath: place.app.certificate };
  // Microsoft's list of authorities does not know this one: it is not asked.
  const authority = { authorityHost: place.origin, disableInstanceDiscovery: true };
  const credential = new ClientCertificateCredential(place.tenant, place.app.id, certificate, authority);
  return client(new TokenCredentialAuthenticationProvider(credential, { scopes: [SCOPE] }), version);
}

/** By secret, with msal-node. */
export function byMsal(version) {
  const authority = `${place.origin}/${place.tenant}`;
  const knownAuthorities = [new URL(place.origin).host];
  const auth = { clientId: place.app.id, clientSecret: place.app.secret, authority, knownAuthorities };
  const app = new ConfidentialClientApplication({ auth });
  const ask = async () => (await app.acquireTokenByClientCredential({ scopes: [SCOPE] })).accessToken;
  return client({ getAccessToken: ask }, version);
}

/** Every item of a list, over all its pages, by the client's own iterator. */
export async function every(graph, path, shape = (request) => request) {
  const items = [];
  const keep = (item) => items.push(item) > 0;
  await new PageIterator(graph, await shape(graph.api(path)).get(), keep).iterate();
  return items;
}

export const counted = { objects: 0, values: 0 };

/** One value that must be so. */
export function same(what, found, wanted) {
  counted.values += 1;
  assert.deepEqual(found, wanted, what);
}

/** Exactly one of a kind. */
export function one(what, list) {
  same(`number of ${what}`, list.length, 1);
  counted.objects += 1;
  return list[0];
}
