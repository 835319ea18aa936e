// A page that has only the markup: <div id="authiqa" data-public-key="…">, or the attributes on the script itself.

const OPTIONS = [
  "publicKey",
  "apiKey",
  "mode",
  "theme",
  "preset",
  "action",
  "organizationDomain",
  "termsAndConditions",
  "privacy",
  "notificationSettings",
  "buttonName",
  "disableStyles",
  "messages",
  "customization",
  "verifyAuthPath",
  "updatePasswordPath",
  "updateAuthPath",
  "resendAuthPath",
  "successAuthPath",
  "signinAuthPath",
  "signupAuthPath",
  "resetAuthPath",
  "apiUrl",
  "baseUrl",
  "lang",
  "storage",
];

function readMarkup(nodes) {
  const config = {};
  for (const name of OPTIONS) {
    const dashed = name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    for (const node of nodes) {
      const text = [`data-${dashed}`, `data-${name}`, dashed, name]
        .map((a) => node.getAttribute(a))
        .find((v) => v !== null);
      if (text === undefined) continue;
      config[name] ??= name === "messages" || name === "customization" ? readJSON(name, text) : text;
    }
  }
  if (config.disableStyles !== undefined) config.disableStyles = config.disableStyles !== "false";
  return config;
}

function readJSON(name, text) {
  try {
    return JSON.parse(text);
  } catch (why) {
    console.error(`authiqa: data-${name} is not JSON: ${why.message}`);
    return undefined;
  }
}

function start() {
  const container = document.getElementById("authiqa");
  if (!container || shownIn.has(container)) return;
  const config = readMarkup([container, SCRIPT].filter(Boolean));
  if (!config.publicKey && !config.apiKey) return;
  new AuthiqaWidget({ mode: "inline", ...config, container: "authiqa" }).show(
    config.action || actionOf(location.href) || "signin",
  );
}

if (!window.AuthiqaWidget?.isTollkeeper) {
  window.AuthiqaWidget = AuthiqaWidget;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
