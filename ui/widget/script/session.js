// What a sign-in leaves: the documented keys of localStorage, and never anything that signs in again by itself.

function claimsOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  } catch {
    return {};
  }
}

// sessionOf picks what a page may know of an answer. expiresAt is in milliseconds.
function sessionOf(data) {
  const claims = claimsOf(data.token);
  return {
    token: data.token,
    expiresAt: claims.exp ? claims.exp * 1000 : data.expiresIn ? Date.now() + data.expiresIn * 1000 : undefined,
    userId: data.user?.userID ?? claims.sub,
    user: data.user,
    passwordStatus: data.passwordStatus,
  };
}

function keepSession(session) {
  try {
    for (const [name, value] of Object.entries({
      authiqa_token: session.token,
      authiqa_token_expiration: session.expiresAt,
      userId: session.userId,
    })) {
      if (value === undefined) localStorage.removeItem(name);
      else localStorage.setItem(name, String(value));
    }
  } catch {
    // The browser keeps nothing for this page. The event has the token.
  }
}

// Google brings people back with a session in the fragment of the address. Only a tab that went there takes one:
// anybody may write such a link.
const wentKey = "authiqa_google";

function leaveForGoogle(url) {
  try {
    sessionStorage.setItem(wentKey, String(Date.now()));
  } catch {
    // Then the page that people come back to has to read the fragment by itself.
  }
  location.assign(url);
}

function backFromGoogle() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("token") && !given.has("challenge")) return null;
  let went = 0;
  try {
    went = Number(sessionStorage.getItem(wentKey));
    sessionStorage.removeItem(wentKey);
  } catch {
    return null;
  }
  if (Date.now() - went > 15 * 60 * 1000) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return {
    token: given.get("token"),
    challenge: given.get("challenge"),
    expiresIn: Number(given.get("expiresIn")) || 0,
  };
}
