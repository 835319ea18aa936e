// Languages are data: TEXTS has a list for each, in the order of KEYS.

function wordsFor(wanted) {
  const tags = [wanted, document.documentElement.lang, ...(navigator.languages ?? [])];
  const language =
    tags.map((tag) => textOf(tag).toLowerCase().split(/[-_]/)[0]).find((l) => Object.hasOwn(TEXTS, l)) ?? "en";
  return { ...Object.fromEntries(KEYS.map((key, i) => [key, TEXTS[language][i]])), language };
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// whenIn says in how long, as "in 30 seconds".
function whenIn(seconds, language) {
  const say = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  return seconds < 90 ? say.format(Math.ceil(seconds), "second") : say.format(Math.ceil(seconds / 60), "minute");
}

// What each code of the service means to whoever reads it: a word, and the field that it speaks of.
const MEANINGS = {
  INVALID_CREDENTIALS: ["credentials"],
  ACCOUNT_LOCKED: ["locked"],
  RATE_LIMIT_EXCEEDED: ["locked"],
  EMAIL_NOT_VERIFIED: ["unverified"],
  ACCOUNT_INACTIVE: ["inactive"],
  USER_NOT_FOUND: ["credentials"],
  PARENT_ACCOUNT_INACTIVE: ["closedHere"],
  PARENT_INACTIVE: ["closedHere"],
  PARENT_INSUFFICIENT_BALANCE: ["closedHere"],
  PARENT_NO_ORGANIZATION: ["setup"],
  MISSING_PARENT_PUBLIC_KEY: ["setup"],
  INVALID_PARENT_PUBLIC_KEY: ["setup"],
  INVALID_PARENT_PUBLIC_KEY_FORMAT: ["setup"],
  INVALID_PARENT_ACCOUNT: ["setup"],
  PARENT_NOT_FOUND: ["setup"],
  ORGANIZATION_NOT_AUTHORIZED: ["page"],
  CROSS_ORIGIN_REQUEST: ["page"],
  ORGANIZATION_MISMATCH: ["credentials"],
  SIGNUP_CLOSED: ["signupClosed"],
  INVALID_EMAIL_FORMAT: ["emailInvalid", "email"],
  INVALID_USERNAME_FORMAT: ["usernameInvalid", "username"],
  INVALID_PASSWORD_FORMAT: ["passwordWeak", "password"],
  USERNAME_ALREADY_TAKEN: ["usernameTaken", "username"],
  EMAIL_ALREADY_REGISTERED: ["emailTaken", "email"],
  ORGANIZATION_SCOPE_CONFLICT: ["emailTaken", "email"],
  EMAIL_ALREADY_VERIFIED: ["alreadyVerified"],
  INVALID_TOKEN: ["link"],
  INVALID_TOKEN_FORMAT: ["link"],
  TOKEN_NOT_PROVIDED: ["link"],
  TOKEN_EXPIRED: ["link"],
  TOKEN_ALREADY_USED: ["link"],
  INVALID_OTP: ["link"],
  OTP_EXPIRED: ["link"],
  INVALID_CHALLENGE: ["challenge"],
  INVALID_CODE: ["codeWrong", "code"],
  SERVICE_UNAVAILABLE: ["busy"],
  INTERNAL_SERVER_ERROR: ["busy"],
  NETWORK: ["network"],
  PASSKEY: ["passkeyNo"],
  PASSKEY_UNKNOWN: ["passkeyUnknown"],
};

// explain returns what to show for a problem, and the field beside which it stands.
function explain(problem, words) {
  const [word, field] = MEANINGS[problem.code] ?? ["other"];
  if (problem.code === "REFUSED" && problem.said) return [problem.said]; // the host's own words
  if (word === "locked" && problem.wait)
    return [fill(words.lockedUntil, { when: whenIn(problem.wait, words.language) })];
  if (word === "passwordWeak" && problem.said && words.language === "en") return [`${problem.said}.`, field];
  return [words[word], field];
}
