// The script of index.html: sign-up, sign-in, second factor, the account, sign-out. The page is of the service's own
// origin, so the session is in a cookie that this script never sees.

import { Refusal, createClient, must, type Schemas, type User } from "@tollkeeper/client";

const client = createClient({ session: "cookie" });
let challenge = "";

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

const said = element("said", HTMLElement);
const signIn = element("in", HTMLFormElement);
const factor = element("factor", HTMLFormElement);
const account = element("account", HTMLElement);

function show(part: HTMLElement, text = ""): void {
  for (const other of [signIn, factor, account]) other.hidden = other !== part;
  said.textContent = text;
}

function showUser(user: User): void {
  element("email", HTMLElement).textContent = user.email;
  element("since", HTMLElement).textContent = new Date(user.createdAt).toLocaleDateString();
  show(account);
}

/** A sign-up without an answer has mailed a link. */
function begun(answer: Schemas["Session"] | Schemas["Challenge"] | undefined): void {
  if (!answer) {
    show(signIn, "Please open the link that was mailed to you.");
  } else if ("challenge" in answer) {
    challenge = answer.challenge;
    show(factor);
  } else {
    showUser(answer.user);
  }
}

/** Does what a form or button is for, and shows what the service refuses. */
async function attempt(what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    said.textContent = error instanceof Refusal ? error.message : "The service cannot be reached.";
  }
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(signIn);
  const body = { email: text(form, "email"), password: text(form, "password") };
  const up = event.submitter?.getAttribute("name") === "sign-up";
  void attempt(async () =>
    begun(await (up ? must(client.POST("/api/auth/sign-up", { body })) : must(client.POST("/api/auth/sign-in", { body })))),
  );
});

factor.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = { challenge, code: text(new FormData(factor), "code") };
  void attempt(async () => begun(await must(client.POST("/api/auth/challenge", { body }))));
});

element("out", HTMLButtonElement).addEventListener("click", () => {
  void attempt(async () => {
    await must(client.POST("/api/auth/sign-out"));
    show(signIn, "You are signed out.");
  });
});

void attempt(async () => {
  const { data } = await client.GET("/api/auth/account");
  if (data) showUser(data);
  else show(signIn);
});
