// Run by TestTypeScript against a running service, whose clock and counts it reaches below /test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, createClient, must } from "@tollkeeper/client";

const baseUrl = process.env.TOLLKEEPER_URL;
const password = "Plum4Kettle!Orbit";

const advance = (minutes) => fetch(`${baseUrl}/test/advance?minutes=${minutes}`, { method: "POST" });
const refreshes = async () => Number(await (await fetch(`${baseUrl}/test/refreshes`)).text());
const account = (client) => must(client.GET("/api/auth/account"));

async function signedUp(email, more) {
  const client = createClient({ baseUrl, session: "bearer", ...more });
  await must(client.POST("/api/auth/sign-up", { body: { email, password, name: "Ada" } }));
  return client;
}

test("a session begins, says who it is, and ends", async () => {
  const told = [];
  const client = await signedUp("ada@mail.example", { onTokens: (tokens) => told.push(tokens) });
  const user = await account(client);
  assert.equal(user.name, "Ada");
  assert.equal(user.email, "ada@mail.example");
  const changed = await must(client.PATCH("/api/auth/account", { body: { name: "Ada L." } }));
  assert.equal(changed.name, "Ada L.");
  const { sessions } = await must(client.GET("/api/auth/sessions"));
  assert.equal(sessions.length, 1);
  const kept = client.tokens();
  assert.equal(await must(client.POST("/api/auth/sign-out")), undefined);
  assert.equal(client.tokens(), undefined);
  assert.deepEqual(told, [kept, undefined]);
  await assert.rejects(account(client), { name: "Refusal", status: 401, code: "http_no_credential" });
  const late = createClient({ baseUrl, session: "bearer", tokens: kept });
  await assert.rejects(account(late), { status: 401, code: "invalid_token" });
});

test("a refusal says why", async () => {
  await signedUp("eve@mail.example");
  const client = createClient({ baseUrl, session: "bearer" });
  const wrong = client.POST("/api/auth/sign-in", { body: { email: "eve@mail.example", password: "wrong" } });
  const error = await must(wrong).catch((e) => e);
  assert.ok(error instanceof Refusal);
  assert.equal(error.code, "invalid_credentials");
  assert.match(error.message, /^Wrong email/);
  const taken = client.POST("/api/auth/sign-up", { body: { email: "eve@mail.example", password } });
  await assert.rejects(must(taken), { status: 409, code: "email_taken", field: "email" });
  const away = createClient({ baseUrl, session: "bearer", fetch: async () => new Response("<p>", { status: 502 }) });
  await assert.rejects(account(away), { status: 502, code: "" });
});

test("an expired token is exchanged once for all calls", async () => {
  const client = await signedUp("ben@mail.example");
  const first = client.tokens();
  await advance(25 * 60);
  const before = await refreshes();
  const users = await Promise.all(Array.from({ length: 20 }, () => account(client)));
  assert.ok(users.every((user) => user.email === "ben@mail.example"));
  assert.equal((await refreshes()) - before, 1);
  assert.notEqual(client.tokens().refreshToken, first.refreshToken);
  await advance(1);
  const stolen = createClient({ baseUrl, session: "bearer", tokens: first });
  await assert.rejects(account(stolen), { code: "invalid_token" });
});

test("a token that is about to expire is exchanged before a call", async () => {
  const client = await signedUp("cleo@mail.example");
  const old = { ...client.tokens(), expiresAt: new Date(Date.now() - 1000).toISOString() };
  const statuses = [];
  const watched = async (request) => {
    const response = await fetch(request);
    statuses.push(response.status);
    return response;
  };
  await account(createClient({ baseUrl, session: "bearer", tokens: old, fetch: watched }));
  assert.deepEqual(statuses, [200, 200]);
});

test("a service that is away ends no session", async () => {
  const tokens = (await signedUp("dan@mail.example")).tokens();
  await advance(25 * 60);
  let away = true;
  let lost = 0;
  const client = createClient({
    baseUrl, session: "bearer", tokens,
    fetch: async (request) => {
      if (!request.url.endsWith("/refresh")) return fetch(request);
      if (away) return Response.json({ code: "unavailable", detail: "Away" }, { status: 503 });
      if (lost++ === 0) throw new TypeError("lost");
      return fetch(request);
    },
  });
  await assert.rejects(account(client), { status: 503, code: "unavailable" });
  away = false;
  assert.equal((await account(client)).email, "dan@mail.example");
});

test("a session in a cookie shows no token", async () => {
  let cookie = "";
  const page = async (request) => {
    // What a browser does by itself for a page of the service's own origin.
    request.headers.set("Sec-Fetch-Site", "same-origin");
    if (cookie) request.headers.set("Cookie", cookie);
    const response = await fetch(request);
    for (const set of response.headers.getSetCookie()) cookie = set.split(";")[0];
    return response;
  };
  const client = createClient({ baseUrl, session: "cookie", fetch: page });
  const begun = await must(client.POST("/api/auth/sign-up", { body: { email: "fay@mail.example", password } }));
  assert.equal(begun.token, undefined);
  assert.equal(client.tokens(), undefined);
  assert.match(cookie, /^__Host-session=./);
  assert.equal((await account(client)).email, "fay@mail.example");
  await must(client.POST("/api/auth/sign-out"));
  await assert.rejects(account(client), { status: 401 });
});
