// A form that can be checked is checked whenever a field is left: by the server, whose answer says of each field what
// the button for it would have said. Without this script that button does it.
for (const form of document.querySelectorAll("form[data-check]")) {
  let asked = new AbortController();

  const field = (page, id) => page.getElementById(id)?.closest(".field");

  // say puts beside a field what the answer has beside it, if that is something else.
  const say = (answer, input) => {
    const other = answer.getElementById(input.id);
    const mine = field(document, input.id)?.querySelector(".error");
    const error = field(answer, input.id)?.querySelector(".error");
    if (!other || mine?.textContent === error?.textContent) return;
    mine?.remove();
    if (error) input.after(document.adoptNode(error));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = other.getAttribute(name);
      value === null ? input.removeAttribute(name) : input.setAttribute(name, value);
    }
  };

  form.addEventListener("change", async () => {
    asked.abort();
    asked = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("check", "on");
    try {
      const sent = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "error", signal: asked.signal });
      if (!sent.ok) return;
      const answer = new DOMParser().parseFromString(await sent.text(), "text/html");
      for (const input of form.querySelectorAll("input[id], textarea[id]")) say(answer, input);
      const verdicts = answer.getElementById("check");
      if (verdicts) document.getElementById("check")?.replaceWith(document.adoptNode(verdicts));
    } catch {
      // another field was left meanwhile, or the service is not there: the button says so
    }
  });
}
