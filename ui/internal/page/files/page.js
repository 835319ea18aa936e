// The form of a page that asks for a passkey, or for a new one. Without this script, and in a browser without passkeys,
// it is not shown, and the rest of the page is there.
const form = document.getElementById("passkey");
const able = window.PublicKeyCredential;

if (form && able?.parseRequestOptionsFromJSON && able?.parseCreationOptionsFromJSON) {
  const button = form.querySelector("button");
  const problem = document.getElementById("passkey-error");
  const options = JSON.parse(form.dataset.options);
  const make = "new" in form.dataset;
  let waiting = new AbortController(); // what the browser offers in a field until the button is pressed

  const ask = (more) =>
    make
      ? navigator.credentials.create({ publicKey: able.parseCreationOptionsFromJSON(options), ...more })
      : navigator.credentials.get({ publicKey: able.parseRequestOptionsFromJSON(options), ...more });

  const send = (passkey) => {
    form.elements.response.value = JSON.stringify(passkey.toJSON());
    const remember = document.querySelector('form:not(#passkey) [name="remember"]:checked');
    if (remember) form.append(remember.cloneNode()); // the choice of the page is that of every way in
    form.submit();
  };

  form.hidden = false;
  document.getElementById("passkey-without")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    problem.hidden = true;
    waiting.abort();
    waiting = new AbortController();
    try {
      send(await ask({ signal: waiting.signal }));
    } catch {
      problem.hidden = false; // they said no, or have it elsewhere
      button.ariaBusy = "false";
    }
  });

  if ("fill" in form.dataset && (await able.isConditionalMediationAvailable?.())) {
    ask({ mediation: "conditional", signal: waiting.signal }).then(send, () => {});
  }
}
