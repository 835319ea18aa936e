// Client of the app family: the routes of schema.ts, which is generated, through openapi-fetch. What is added here is
// the session: its token, the exchange of its refresh token, and errors that can be thrown.

import createFetchClient, { type Client as Routes } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";
export type Schemas = components["schemas"];
export type User = Schemas["User"];
export type Problem = Schemas["Problem"];

/** What a session is kept by, where it is not in a cookie. */
export interface Tokens {
  token: string;
  /** Absent where the service gives none. */
  refreshToken?: string;
  /** Of token, RFC 3339. */
  expiresAt: string;
}

export interface Options {
  /** Origin of the service, without a slash at the end. In a page of the service itself it may be left out. */
  baseUrl?: string;
  /**
   * "bearer": the session is in this client, for programs and pages of other origins. "cookie": it is in a cookie that
   * no script reads, for pages of the service's own origin.
   */
  session: "bearer" | "cookie";
  /** Continues a session of mode "bearer". */
  tokens?: Tokens;
  /** Hears of each change of the tokens: of a sign-in, an exchange, an end. They are undefined then. */
  onTokens?: (tokens: Tokens | undefined) => void;
  /** Sends the requests instead of the global fetch. */
  fetch?: (request: Request) => Promise<Response>;
}

/** The routes as GET, POST, PUT, PATCH and DELETE, and what the session is kept by. */
export type Client = Routes<paths> & { tokens(): Tokens | undefined };

/** A refusal of the service, as `must` throws it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** One of docs/ERRORS.md, or the service's own; empty: the answer is none of the family, as that of a proxy. */
  readonly code: string;
  readonly field: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? `the service answers ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.field = problem.field;
    this.retryAfter = problem.retryAfter;
  }
}

/** Returns the data of a call, or throws a Refusal. */
export async function must<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Refusal(response.status, isProblem(error) ? error : {});
  return data as T;
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}

/** Makes a client. It asks nothing yet. */
export function createClient(options: Options): Client {
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const baseUrl = options.baseUrl ?? globalThis.location?.origin ?? "";
  if (options.session === "cookie") {
    const routes = createFetchClient<paths>({ baseUrl, fetch: send, credentials: "same-origin", redirect: "error" });
    return Object.assign(routes, { tokens: () => undefined });
  }
  const bearer = new Bearer(baseUrl, send, options.tokens, options.onTokens);
  const routes = createFetchClient<paths>({
    baseUrl, fetch: (request) => bearer.send(request), credentials: "omit", redirect: "error",
  });
  return Object.assign(routes, { tokens: () => bearer.tokens });
}

const refreshPath = "/api/auth/session/refresh";
const proves = new Set(["/api/auth/code/verify", "/api/auth/link/verify"]); // beside a session nothing is dropped
const begins = new Set(["/api/auth/sign-up", "/api/auth/sign-in", "/api/auth/challenge", ...proves]);
const ends = new Set([
  "POST /api/auth/sign-out", "DELETE /api/auth/sessions", "DELETE /api/auth/account", "POST /api/auth/password/reset",
]);
const margin = 30_000; // milliseconds before its end a token is exchanged; of a short one a tenth of its life

/** A session by its tokens. */
class Bearer {
  tokens: Tokens | undefined;
  private renewing: Promise<Outcome> | undefined;
  private due = Infinity; // milliseconds since 1970, when the token is exchanged unasked

  constructor(
    private readonly baseUrl: string,
    private readonly fetch: (request: Request) => Promise<Response>,
    tokens: Tokens | undefined,
    private readonly onTokens: ((tokens: Tokens | undefined) => void) | undefined,
  ) {
    this.tokens = tokens;
    if (tokens) this.due = dueAt(tokens, 0);
  }

  async send(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (begins.has(path) && !proves.has(path)) return this.begun(await this.fetch(request));
    if (Date.now() >= this.due) await this.renew(this.tokens).catch(() => "over"); // the service has the last word
    const before = this.tokens;
    const again = request.clone();
    let response = await this.fetch(this.signed(request));
    if (before && (await callsItExpired(response))) {
      const outcome = await this.renew(before);
      if (outcome === "renewed") response = await this.fetch(this.signed(again));
      else if (outcome !== "over") response = outcome.clone(); // the session may well live: nobody could say
    }
    if (begins.has(path)) return this.begun(response);
    if (response.ok && before && ends.has(`${request.method} ${path}`)) this.keep(undefined);
    return response;
  }

  private signed(request: Request): Request {
    if (this.tokens) request.headers.set("Authorization", `Bearer ${this.tokens.token}`);
    return request;
  }

  private keep(tokens: Tokens | undefined): void {
    this.tokens = tokens;
    // Where the clock is so far ahead that a fresh token looks expired, only the service can tell when it is.
    this.due = tokens ? dueAt(tokens, Infinity) : Infinity;
    this.onTokens?.(tokens);
  }

  /** Takes the tokens of an answer that begins a session: not that of a challenge, nor one without a body. */
  private async begun(response: Response): Promise<Response> {
    if (response.ok && isJSON(response)) {
      const body = (await response.clone().json()) as Partial<Tokens>;
      if (body.token) this.keep(tokensOf(body));
    }
    return response;
  }

  /** Exchanges the refresh token, once for all calls that wait. */
  private renew(before: Tokens | undefined): Promise<Outcome> {
    if (this.tokens !== before) return Promise.resolve(this.tokens ? "renewed" : "over");
    this.renewing ??= this.exchange(before).finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async exchange(before: Tokens | undefined): Promise<Outcome> {
    if (!before?.refreshToken) return "over";
    const ask = () =>
      this.fetch(
        new Request(this.baseUrl + refreshPath, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ refreshToken: before.refreshToken }),
          credentials: "omit",
          redirect: "error",
        }),
      );
    // An answer that was lost is asked for again at once, as long as the service gives the same successor.
    const response = await ask().catch(ask);
    if (this.tokens !== before) return this.tokens ? "renewed" : "over"; // they signed in or out meanwhile
    if (response.status === 401 || response.status === 404) {
      const { refreshToken: _, ...rest } = before;
      this.keep(rest);
      return "over";
    }
    if (!response.ok) return response;
    this.keep(tokensOf((await response.json()) as Partial<Tokens>));
    return "renewed";
  }
}

/** How an exchange ended: with other tokens, with none to go on with, or in an answer that says neither. */
type Outcome = "renewed" | "over" | Response;

/** When to exchange tokens unasked; for expired ones what is given. */
function dueAt(tokens: Tokens, expired: number): number {
  const end = Date.parse(tokens.expiresAt);
  const left = end - Date.now();
  return left > 0 ? end - Math.min(margin, left / 10) : expired;
}

function tokensOf(body: Partial<Tokens>): Tokens {
  const tokens: Tokens = { token: body.token ?? "", expiresAt: body.expiresAt ?? "" };
  if (body.refreshToken) tokens.refreshToken = body.refreshToken;
  return tokens;
}

function isJSON(response: Response): boolean {
  return /^application\/(problem\+)?json(;|$)/.test(response.headers.get("Content-Type") ?? "");
}

async function callsItExpired(response: Response): Promise<boolean> {
  if (response.status !== 401 || !isJSON(response)) return false;
  const problem = (await response.clone().json()) as Partial<Problem>;
  return problem.code === "invalid_token";
}
