// Passkeys. A browser answers one question at a time, whichever widget asks.

let waiting = null; // for somebody to pick a passkey in an email field

const hasPasskeys = () => isSecureContext && Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

function stopWaiting() {
  waiting?.abort();
  waiting = null;
}

async function pickPasskey(asked, more) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.options);
  const found = await navigator.credentials.get({ publicKey, ...more });
  return { ticket: asked.ticket, response: found.toJSON() };
}

// goodHere reports whether passkeys of that question may be used on this page. A browser holds them to the domain, the
// service to the origin of the organization.
function goodHere(asked, organization) {
  const domain = asked.options.rpId;
  const url = webURL(organization?.organizationUrl ?? "");
  return (location.hostname === domain || location.hostname.endsWith(`.${domain}`)) && (!url || new URL(url).origin === location.origin);
}
