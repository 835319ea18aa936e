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

// A browser holds passkeys to a domain, the service to the very origin of the organization.
const atHome = (organization) =>
  !organization?.organizationUrl || new URL(organization.organizationUrl).origin === location.origin;
const goodHere = ({ options: { rpId } }) => location.hostname === rpId || location.hostname.endsWith(`.${rpId}`);
