const api = "/api/auth";
const at = (id) => document.getElementById(id);

// call sends a request. The session is in a cookie, which this page's own requests carry by themselves.
async function call(method, path, body) {
  const answer = await fetch(api + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const said = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(said?.detail ?? answer.statusText);
  return said;
}

// get asks the authenticator for a passkey that is there, create for a new one.
const get = (options, more = {}) =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...more });
const create = (options) =>
  navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });

// The browser offers passkeys in the email field, until somebody presses the button, or the ticket is about to end.
let waiting;
async function offer() {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  const { signal } = waiting;
  const asked = await call("POST", "/passkeys/sign-in/begin");
  const anew = setTimeout(() => { waiting.abort(); offer(); }, Date.parse(asked.expiresAt) - Date.now() - 30_000);
  try {
    await finish(asked, await get(asked.options, { mediation: "conditional", signal }));
  } catch (why) {
    if (!signal.aborted && why.name !== "NotAllowedError") say(why); // nobody picked one
  } finally {
    clearTimeout(anew);
  }
}

async function signIn() {
  waiting?.abort();
  const asked = await call("POST", "/passkeys/sign-in/begin");
  await finish(asked, await get(asked.options));
}

async function finish(asked, passkey) {
  await call("POST", "/passkeys/sign-in", { ticket: asked.ticket, response: passkey.toJSON() });
  await show();
}

async function add() {
  const asked = await call("POST", "/passkeys/begin", {});
  const passkey = await create(asked.options);
  const added = await call("POST", "/passkeys", { ticket: asked.ticket, response: passkey.toJSON() });
  if (added.recoveryCodes) at("recovery").textContent = "Keep these codes, for when it is lost:\n" + added.recoveryCodes.join("\n");
  await show();
}

function say(why) { at("said").textContent = why?.message ?? why; }

async function show() {
  const answer = await fetch(api + "/session");
  at("guest").hidden = answer.ok;
  at("member").hidden = !answer.ok;
  if (!answer.ok) {
    say("Nobody is signed in");
    offer().catch(say);
    return;
  }
  say("Signed in as " + (await answer.json()).user.email);
  const { factors } = await call("GET", "/factors");
  at("passkeys").replaceChildren(...factors.filter((f) => f.kind === "passkey").map((f) => {
    const item = document.createElement("li");
    item.textContent = f.label + (f.backedUp ? ", in the cloud" : ", on this device");
    return item;
  }));
}

at("sign-in").onclick = () => signIn().catch(say);
at("add").onclick = () => add().catch(say);
at("sign-out").onclick = () => call("POST", "/sign-out").then(() => location.reload(), say);
show().catch(say);
