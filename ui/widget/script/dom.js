// What the page is made of. Nothing in this script reads HTML: whatever comes from outside becomes text.

// This script, or null in a module. An element of the page that has the name currentScript is not it: where passwords
// go is no matter of names.
const SCRIPT = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript").get.call(document);
const ORIGIN = SCRIPT?.src ? new URL(SCRIPT.src).origin : location.origin;
const ACTIONS = ["signin", "signup", "reset", "verify", "update", "resend"];
const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
const textOf = (v) => (typeof v === "string" ? v.trim() : "");

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false && value !== "") node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

// webURL returns the address that a text names, seen from this page, if people may be led there: no javascript:, no
// data:.
function webURL(text) {
  if (!textOf(text)) return "";
  try {
    const u = new URL(textOf(text), location.href);
    return u.protocol === "https:" || u.protocol === "http:" ? u.href : "";
  } catch {
    return "";
  }
}

const isHere = (url) => url.split("#")[0] === location.href.split("#")[0];

let lastID = 0;
const seed = Math.random().toString(36).slice(2, 6);
const newID = () => `authiqa-${seed}-${++lastID}`;

// A mailed link carries a token. It is taken out of the address as soon as it is read, so that neither a reload nor a
// neighbour on this screen finds it, and kept for the next widget: frameworks make a widget twice.
let mailed = "";

function mailedToken() {
  const u = new URL(location.href);
  const token = u.searchParams.get("token");
  if (token) {
    mailed = token;
    u.searchParams.delete("token");
    history.replaceState(history.state, "", u);
  }
  return mailed;
}

// actionOf reads the action from an address: ?action=reset, #signup, /auth/signin. A token is of a mailed link.
function actionOf(address) {
  const u = new URL(address);
  const parts = u.pathname
    .split("/")
    .reverse()
    .map((part) => part.replace(/\.html?$/, ""));
  const named = [u.searchParams.get("action"), u.hash.replace(/^#\/?/, ""), ...parts].find((a) =>
    ACTIONS.includes(a),
  );
  if (u.searchParams.get("token"))
    return named === "verify" || !/update|reset|password/i.test(u.pathname + named) ? "verify" : "update";
  return named ?? "";
}
