// Signing in through an OpenID provider that is not Microsoft's and was not written here: one code path for any.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import { OpenId } from "./support/openid.mjs";
import { Person } from "./support/people.mjs";
import { freePort } from "./support/processes.mjs";
import { texts } from "./support/texts.mjs";

const SECRET = "a-secret-of-the-sign-in-app-0123456789";
const PEOPLE = {
  anna: { name: "Anna Admin", preferred_username: "anna@acme.example", roles: ["admin"] },
  otto: { name: "Otto Auditor", preferred_username: "otto@acme.example", roles: ["auditor", "something-else"] },
  nora: { name: "Nora Nobody", preferred_username: "nora@acme.example", roles: [] },
};

let house;
let openId;
before(async () => {
  house = await House.open();
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const secret = join(house.directory, "secret");
  const certificate = join(house.directory, "beacon.cer");
  writeFileSync(secret, `${SECRET}\n`);
  const add = (slug, name, ...more) => house.command("provider", "add", "--slug", slug, "--name", name, "--issuer", issuer, ...more);
  await add("acme", "Acme Defense", "--client-id", "portal", "--secret-file", secret);
  await add("beacon", "Beacon Watch", "--client-id", "beacon.portal", "--certificate", certificate);
  const key = new X509Certificate(readFileSync(certificate)).publicKey.export({ format: "jwk" });
  const client = (slug, client_id, more) => ({
    client_id,
    redirect_uris: [`${house.origin}/p/${slug}/callback`],
    response_types: ["code"],
    grant_types: ["authorization_code"],
    ...more,
  });
  openId = await OpenId.start({
    port,
    people: PEOPLE,
    clients: [
      client("acme", "portal", { client_secret: SECRET, token_endpoint_auth_method: "client_secret_post" }),
      client("beacon", "beacon.portal", {
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "PS256",
        jwks: { keys: [{ ...key, use: "sig", alg: "PS256" }] },
      }),
    ],
  });
  house.alsoKnown.push(openId.origin);
});
after(async () => {
  await openId?.stop();
  await house?.end();
});

const t = texts("en");

/** From the provider's gate through his authority; whoever comes back. */
async function signIn(slug, account) {
  const one = await Person.of(house, t, { name: account, address: "" });
  await one.open(`/p/${slug}`);
  await one.page.locator("main a.btn-primary").click();
  await one.heading("Sign in").waitFor();
  await one.field("Account").fill(account);
  await one.button("Go on").click();
  return one;
}

test("staff sign in with a client secret, and with the certificate that the portal made", async () => {
  for (const [number, slug] of ["acme", "beacon"].entries()) {
    const anna = await signIn(slug, "anna");
    await anna.heading(t("today-title")).waitFor();
    await anna.reads("Anna Admin");
    await anna.open("/admin");
    await anna.reads(openId.origin);
    assert.equal(openId.redeemed, number * 2 + 1);
    const otto = await signIn(slug, "otto");
    await otto.heading(t("today-title")).waitFor();
    assert.equal((await otto.open("/admin")).status(), 403, "the roles are those of the id token");
    assert.equal((await otto.open("/audit")).status(), 200);
  }
});

test("whoever his authority gives no role is told so", async () => {
  const nora = await signIn("acme", "nora");
  await nora.reads(t("sign-in-no-role-title"));
});

test("nobody complained", () => {
  assert.deepEqual(openId.trouble, []);
  assert.deepEqual(house.troubles, []);
});
