"use strict";
(() => {
  const token = new URLSearchParams(location.search).get("token") || "";
  const ask = document.getElementById("ask"), said = document.getElementById("said");
  const say = (text, bad) => {
    said.textContent = text;
    said.className = bad ? "bad" : "";
  };
  const send = async (path, body) => {
    const buttons = document.querySelectorAll("button");
    buttons.forEach((b) => { b.disabled = true; });
    say("", false);
    try {
      const r = await fetch(location.pathname + path, {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
      });
      const a = await r.json();
      if (r.ok) {
        ask.hidden = true;
        say(a.data.message, false);
        return;
      }
      say(a.error.message, true);
    } catch {
      say("The service cannot be reached. Please try again.", true);
    }
    buttons.forEach((b) => { b.disabled = false; });
  };
  const on = (id, path, body) => {
    const form = document.getElementById(id);
    if (form) {
      form.addEventListener("submit", (e) => {
        e.preventDefault();
        send(path, body());
      });
    }
  };
  const password = document.getElementById("password");
  on("form", "", () => password.value ? {token, password: password.value} : {token});
  on("disown", "/not-me", () => ({token}));
  if (!token) {
    ask.hidden = true;
    say("This link is not complete. Please open it again from your mail.", true);
  }
})();
