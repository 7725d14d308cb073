// A true OpenID provider that is not Microsoft's: oidc-provider, on this machine, with a page to sign in.

import { createServer } from "node:http";

import { Provider } from "oidc-provider";

export class OpenId {
  /** `people` by account: what the id token says of them. */
  static async start({ port, clients, people }) {
    const openId = Object.assign(new OpenId(), { origin: `http://127.0.0.1:${port}`, redeemed: 0, trouble: [] });
    const provider = new Provider(openId.origin, {
      clients,
      claims: { openid: ["sub"], profile: ["name", "preferred_username", "roles"], email: ["email"] },
      // Claims of a scope stand in the id token, where the portal reads them.
      conformIdTokenClaims: false,
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      // Whoever signs in has agreed.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid profile");
        await grant.save();
        return grant;
      },
    });
    provider.on("grant.success", () => (openId.redeemed += 1));
    for (const event of ["grant.error", "authorization.error", "server_error"]) {
      provider.on(event, (_, error) => openId.trouble.push(`${event}: ${error.message} ${error.error_detail ?? ""}`));
    }
    const answer = provider.callback();
    openId.server = createServer((request, response) => {
      if (!request.url.startsWith("/interaction/")) return answer(request, response);
      openId.interact(provider, request, response).catch((error) => {
        openId.trouble.push(String(error));
        response.writeHead(500).end();
      });
    });
    await new Promise((resolve, reject) => openId.server.once("error", reject).listen(port, "127.0.0.1", resolve));
    return openId;
  }

  async interact(provider, request, response) {
    if (request.method === "GET") {
      const { uid } = await provider.interactionDetails(request, response);
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(`<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1><form method="post" action="/interaction/${uid}">
        <label>Account <input name="account"></label> <button>Go on</button></form>`);
      return;
    }
    let body = "";
    for await (const part of request) body += part;
    const accountId = new URLSearchParams(body).get("account");
    await provider.interactionFinished(request, response, { login: { accountId } }, { mergeWithLastSubmission: false });
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
