// The form of a page that asks for a passkey. Without this script, and in a browser without passkeys, it is not shown,
// and the other form of the page is there.
const form = document.getElementById("passkey");
if (form && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(form.dataset.options));
      const passkey = await navigator.credentials.get({ publicKey });
      form.elements.response.value = JSON.stringify(passkey.toJSON());
    } catch {
      return; // they said no, or have it elsewhere
    }
    form.submit();
  });
}
