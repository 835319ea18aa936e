// A card is what people see of a widget: a heading, what is to be said, a form, and ways to other screens. The two
// places that speak to screen readers are there from the start, as they have to be.

class Card {
  constructor({ words, theme, preset, customization, popup, close }) {
    this.popup = popup;
    this.words = words;
    this.titleID = newID();
    this.alert = make("div", { class: "authiqa-alert", role: "alert" });
    this.status = make("div", { class: "authiqa-status", role: "status" });
    this.organization = make("p", { class: "authiqa-organization" });
    this.title = make("h1", { id: this.titleID, class: "authiqa-title", tabindex: "-1" });
    this.lead = make("p", { class: "authiqa-lead" });
    this.body = make("div", { class: "authiqa-body" });
    this.links = make("div", { class: "authiqa-links" });
    const out = popup && make("button", { type: "button", class: "authiqa-close", "aria-label": words.close }, "×");
    if (out) out.addEventListener("click", close);
    this.inner = make(
      "div",
      { class: "authiqa-container" },
      out,
      this.organization,
      this.title,
      this.lead,
      this.alert,
      this.body,
      this.status,
      this.links,
    );
    this.node = make(
      popup ? "dialog" : "div",
      {
        class: `authiqa-page authiqa-${theme} authiqa-${preset}`,
        lang: words.language,
        dir: words.language === "ar" ? "rtl" : "ltr",
        "aria-labelledby": popup && this.titleID,
      },
      this.inner,
    );
    customize(this.node, customization);
    this.name("");
  }

  name(organization) {
    this.organization.textContent = organization;
    this.organization.hidden = !organization;
  }

  // screen puts up another one. What was said before is over.
  screen({ title, lead = "", body = [], links = [] }) {
    this.title.textContent = title;
    this.lead.textContent = lead;
    this.lead.hidden = !lead;
    this.alert.replaceChildren();
    this.status.replaceChildren();
    this.body.replaceChildren(...body.filter(Boolean));
    this.links.replaceChildren(...links.filter(Boolean));
    this.links.hidden = !this.links.childNodes.length;
  }

  say(message) {
    this.alert.replaceChildren();
    this.status.textContent = message;
  }

  warn(message, ...more) {
    this.status.replaceChildren();
    this.alert.replaceChildren(make("p", null, message), ...more.filter(Boolean));
  }

  button(text, press, kind = "authiqa-link") {
    const node = make("button", { type: "button", class: kind }, text);
    node.addEventListener("click", press);
    return node;
  }
}
