// The service: requests carry no cookie, and every answer is read or is a Problem.

class Problem extends Error {
  constructor(code, said = "", wait = 0) {
    super(said || code);
    Object.assign(this, { code, said, wait });
  }
}

class Service {
  constructor(url, key) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.read = false; // whether this page was ever allowed to read an answer
  }

  async send(path, { body, key, signal } = {}) {
    let answer, said;
    const limit = AbortSignal.timeout?.(30000);
    try {
      answer = await fetch(this.url + path, {
        method: body ? "POST" : "GET",
        headers: { ...(body && { "Content-Type": "application/json" }), ...(key && { "X-Public-Key": key }) },
        body: body && JSON.stringify(body),
        signal: limit && AbortSignal.any ? AbortSignal.any([signal, limit]) : signal,
        credentials: "omit",
        cache: "no-store",
      });
      this.read = true;
      said = await answer.json();
    } catch {
      signal.throwIfAborted();
      throw new Problem("NETWORK");
    }
    if (answer.ok && said.success) return said.data ?? said;
    throw new Problem(
      said.error?.code ?? "OTHER",
      said.error?.message,
      Number(answer.headers.get("Retry-After")) || 0,
    );
  }

  post(path, body, signal) {
    return this.send(path, { body, signal });
  }

  // organization returns what the sign-in page of the key shows. A browser hides a refusal of the page's origin as if
  // the network were down: whether the service is there is asked in a way that needs no permission.
  async organization(signal) {
    const ask = () => this.send("/auth/organization-details", { key: this.key, signal });
    try {
      return await ask();
    } catch (problem) {
      if (problem.code !== "NETWORK") throw problem;
    }
    try {
      await fetch(`${this.url}/auth/organization-details`, {
        mode: "no-cors",
        credentials: "omit",
        cache: "no-store",
        signal,
      });
    } catch {
      signal.throwIfAborted();
      throw new Problem("NETWORK");
    }
    try {
      return await ask();
    } catch (problem) {
      throw problem.code === "NETWORK" && !this.read ? new Problem("ORGANIZATION_NOT_AUTHORIZED") : problem;
    }
  }
}
