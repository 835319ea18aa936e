// A form: labels, errors beside their fields, and one request at a time. What was typed stays whatever happens.

class Form {
  constructor({ fields, button, words, agreement, submit }) {
    this.words = words;
    this.fields = new Map();
    this.button = make("button", { type: "submit", class: "authiqa-button" }, button);
    this.node = make("form", { class: "authiqa-form", novalidate: true, method: "post" });
    for (const field of fields) this.add(field);
    if (agreement) this.addAgreement(agreement);
    this.node.append(this.button);
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.isWaiting || !this.check()) return;
      submit(this.values());
    });
  }

  add(field) {
    const id = newID();
    const { name, label, hint, type = "text" } = field;
    const input = make("input", {
      id,
      name,
      type,
      class: "authiqa-input",
      placeholder: field.placeholder,
      autocomplete: field.autocomplete,
      inputmode: field.inputmode,
      required: true,
      autocapitalize: "none",
      autocorrect: "off",
      spellcheck: "false",
      "aria-describedby": hint && `${id}-hint`,
    });
    const row = make("div", { class: "authiqa-row" }, input, type === "password" && this.eye(input, label));
    const error = make("p", { id: `${id}-error`, class: "authiqa-error" });
    const node = make(
      "div",
      { class: "authiqa-field" },
      make("label", { for: id, class: "authiqa-label" }, label),
      row,
      hint && make("p", { id: `${id}-hint`, class: "authiqa-hint" }, hint),
      error,
    );
    this.keep(name, input, error, hint && `${id}-hint`, node);
  }

  keep(name, input, error, hint, node) {
    error.hidden = true;
    input.addEventListener("input", () => this.mark(name, ""));
    this.fields.set(name, { input, error, hint });
    this.node.append(node);
  }

  // eye is a button that shows a password, or hides it.
  eye(input, label) {
    const button = make("button", { type: "button", class: "authiqa-eye", "aria-controls": input.id });
    const set = (type, text) => {
      input.type = type;
      button.textContent = text;
      button.setAttribute("aria-label", `${text}: ${label}`);
    };
    button.addEventListener("click", () =>
      input.type === "text" ? set("password", this.words.show) : set("text", this.words.hide),
    );
    set("password", this.words.show);
    return button;
  }

  addAgreement(parts) {
    const id = newID();
    const input = make("input", { id, name: "agreement", type: "checkbox", class: "authiqa-check", required: true });
    const error = make("p", { id: `${id}-error`, class: "authiqa-error" });
    const node = make(
      "div",
      { class: "authiqa-field" },
      make("div", { class: "authiqa-terms" }, input, make("label", { for: id }, ...parts)),
      error,
    );
    this.keep("agreement", input, error, "", node);
  }

  values() {
    return Object.fromEntries(
      [...this.fields].map(([name, { input }]) => [
        name,
        input.type === "checkbox" ? input.checked : /password/i.test(name) ? input.value : input.value.trim(),
      ]),
    );
  }

  // mark says what is wrong with a field; with nothing, that it is well.
  mark(name, message) {
    const { input, error, hint } = this.fields.get(name);
    error.textContent = message;
    error.hidden = !message;
    if (message) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    const described = [message && error.id, hint].filter(Boolean).join(" ");
    if (described) input.setAttribute("aria-describedby", described);
    else input.removeAttribute("aria-describedby");
  }

  // check holds what can be known here against the fields, and leads to the first that is wrong.
  check() {
    const values = this.values();
    const wrong = [];
    for (const [name, value] of Object.entries(values)) {
      let message = "";
      if (!value) message = name === "agreement" ? this.words.agreeNeeded : this.words.required;
      else if (name === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) message = this.words.emailInvalid;
      else if (name === "confirmPassword" && value !== values.password) message = this.words.mismatch;
      this.mark(name, message);
      if (message) wrong.push(name);
    }
    if (wrong.length) this.fields.get(wrong[0]).input.focus();
    return !wrong.length;
  }

  // fail shows an error beside its field, if the form has it, and reports whether it has.
  fail(field, message) {
    if (!this.fields.has(field)) return false;
    this.mark(field, message);
    this.fields.get(field).input.focus();
    return true;
  }

  wait(on) {
    this.isWaiting = on;
    this.node.setAttribute("aria-busy", String(on));
    this.button.setAttribute("aria-disabled", String(on)); // not disabled: it keeps the focus
  }

  focus() {
    const [first] = this.fields.values();
    (first?.input ?? this.button).focus();
  }
}
