// What a visitor does on the page of examples/typescript. Run by TestTypeScript in a browser; the service hears how it
// went.

const at = (id) => document.getElementById(id);
const said = () => at("said").textContent;

async function until(what, check) {
  for (let tries = 0; tries < 400; tries++) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never: ${what}; the page says "${said()}"`);
}

function submit(button, password) {
  const form = at("in");
  form.elements.namedItem("email").value = "ada@mail.example";
  form.elements.namedItem("password").value = password;
  form.querySelector(`[name=${button}]`).click();
}

async function visit() {
  await until("the form shows", () => !at("in").hidden);
  submit("sign-up", "Plum4Kettle!Orbit");
  await until("the account shows", () => !at("account").hidden && at("email").textContent === "ada@mail.example");
  if (document.cookie !== "") throw new Error("a script sees a cookie");
  at("out").click();
  await until("signed out", () => !at("in").hidden && said() === "You are signed out.");
  submit("sign-in", "wrong");
  await until("refused", () => said().startsWith("Wrong email"));
  submit("sign-in", "Plum4Kettle!Orbit");
  await until("the account shows again", () => !at("account").hidden && said() === "");
}

const report = await visit().then(() => "well", String);
await fetch("/test/visited", { method: "POST", body: report });
