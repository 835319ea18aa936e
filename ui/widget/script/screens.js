// The screens of a card, one for each action, and what their buttons ask of the service.

// The fields of each, and what a browser may fill into them. People sign in with their email, so that this is the name
// which a password manager keeps.
const FIELDS = {
  signin: { email: "username webauthn", password: "current-password" },
  signup: { username: "nickname", email: "username", password: "new-password" },
  reset: { email: "email" },
  verify: {},
  update: { password: "new-password", confirmPassword: "new-password" },
  resend: { email: "email" },
};

class Screens {
  constructor(parts) {
    Object.assign(this, parts);
    this.known = null; // of the organization
    this.work = new AbortController(); // of the screen that is shown
    this.back = (event) => event.persisted && this.show(this.action); // the browser kept the page as it was left
    window.addEventListener("pageshow", this.back);
  }

  leave() {
    this.work.abort();
    clearTimeout(this.later);
    window.removeEventListener("pageshow", this.back);
  }

  // put shows a screen, and ends what the one before still waits for.
  put(screen) {
    this.work.abort();
    clearTimeout(this.later);
    this.work = new AbortController();
    this.card.screen(screen);
  }

  show(action, focus) {
    this.action = action;
    const custom = this.config.customization ?? {};
    const own = (group) => textOf(custom.typography?.[group]?.[`${action}Text`]);
    const token = action === "verify" || action === "update" ? mailedToken() : "";
    const title = own("titleText") || this.words[`${action}Title`];
    const links = this.linksOf(action, custom.navLinks ?? {});
    if ((action === "verify" || action === "update") && !token) {
      this.put({ title, links });
      this.card.warn(this.words.link, this.renewal(action));
      return;
    }
    this.form = new Form({
      fields: Object.keys(FIELDS[action]).map((name) => this.fieldOf(action, name, custom.inputs ?? {})),
      agreement: action === "signup" && this.agreement(custom.typography?.termsText ?? {}),
      button:
        textOf(custom.buttons?.[`${action}Text`]) || textOf(this.config.buttonName) || this.words[`${action}Button`],
      words: this.words,
      submit: (values) => this.send(action, () => this.ask(action, values, token)),
    });
    this.others = make("div", { class: "authiqa-others" });
    this.others.hidden = true;
    this.put({
      title,
      links,
      lead: own("subtitleText") || this.words[`${action}Lead`],
      body: [this.form.node, this.others],
    });
    if (this.known) this.know(this.known);
    if (focus) this.form.focus();
  }

  fieldOf(action, name, custom) {
    const word = action === "update" && name === "password" ? "newPassword" : name;
    const autocomplete = FIELDS[action][name];
    return {
      name,
      autocomplete,
      type: name === "email" ? "email" : autocomplete.endsWith("password") ? "password" : "text",
      label: textOf(custom[`${name}Label`]) || this.words[word],
      placeholder: textOf(custom[`${name}Placeholder`]),
      hint: name === "password" && action !== "signin" ? this.words.passwordHint : "",
      inputmode: name === "email" ? "email" : "",
    };
  }

  // agreement is a sentence with links, in the order of the language.
  agreement(custom) {
    const link = (option, word) => {
      const url = webURL(this.config[option]);
      const text = textOf(custom.linkText?.[word]) || this.words[word];
      return url && make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
    };
    const found = [
      link("termsAndConditions", "terms"),
      link("privacy", "privacy"),
      link("notificationSettings", "notifications"),
    ].filter(Boolean);
    if (!found.length) return null;
    const parts = new Intl.ListFormat(this.words.language).formatToParts(found.map((_, i) => String(i)));
    const and = textOf(custom.andConnector);
    const list = parts.map((part, i) =>
      part.type === "element" ? found[part.value] : and && i === parts.length - 2 ? ` ${and} ` : part.value,
    );
    const [before, after] = this.words.agree.split("{list}");
    return [custom.agreePrefix ? `${textOf(custom.agreePrefix)} ` : before, ...list, custom.agreePrefix ? "" : after];
  }

  linksOf(action, custom) {
    const to = (target, prompt, text) =>
      make("p", { class: "authiqa-nav" }, prompt && `${prompt} `, this.way(target, text));
    const w = this.words;
    if (action === "signin") {
      return [
        to("reset", textOf(custom.forgotPrompt), textOf(custom.forgotLinkText) || w.forgotLink),
        to("signup", textOf(custom.signupPrompt) || w.signupPrompt, textOf(custom.signupLinkText) || w.signupLink),
      ];
    }
    const prompt =
      action === "signup" ? textOf(custom.signinPrompt) || w.signinPrompt : textOf(custom.backToSigninPrompt);
    return [to("signin", prompt, textOf(custom.signinLinkText) || (action === "signup" ? w.signinLink : w.backLink))];
  }

  // way leads to another action: a page of its own where the host has one, else another screen here.
  way(action, text) {
    const url = this.path(action);
    if (url && !isHere(url)) return make("a", { href: url, class: "authiqa-link" }, text);
    return this.card.button(text, () => this.show(action, true));
  }

  renewal(action) {
    return action === "update"
      ? this.way("reset", this.words.resetAgain)
      : this.way("resend", this.words.resendAgain);
  }

  // send has one request under way, and says what comes of it.
  async send(action, ask) {
    const { form } = this;
    const { signal } = this.work;
    form?.wait(true);
    this.card.say(this.message(action, "Loading"));
    try {
      await ask(signal);
    } catch (problem) {
      if (!signal.aborted)
        this.fail(action, problem instanceof Problem ? problem : new Problem("OTHER", problem.message));
    } finally {
      form?.wait(false);
    }
  }

  message(action, end) {
    const custom = this.config.messages ?? {};
    return (
      textOf(custom[action + end]) ||
      textOf(action === "verify" && custom[`verification${end}`]) ||
      this.words[action + end]
    );
  }

  ask(action, values, token) {
    const { signal } = this.work;
    const parentPublicKey = this.service.key;
    const post = (path, body) => this.service.post(path, body, signal);
    switch (action) {
      case "signin":
        return post("/auth/signin", { ...values, parentPublicKey }).then((data) => this.admit(action, data));
      case "signup": {
        const { username, password } = values;
        return post("/auth/signup", { username, password, ...this.resending(values.email) }).then((data) =>
          this.joined(data),
        );
      }
      case "reset":
        return post("/auth/reset-password", { ...values, parentPublicKey }).then(() => this.done(action));
      case "resend":
        return post("/auth/request-new-confirmation", this.resending(values.email)).then(() => this.done(action));
      case "update":
        return post("/auth/update-password", { token, password: values.password, parentPublicKey }).then(() =>
          this.used(action),
        );
      default:
        return post("/auth/confirm-email", { token }).then(() => this.used(action));
    }
  }

  fail(action, problem) {
    const [message, field] = explain(problem, this.words);
    this.emit("error", { action, code: problem.code, message, retryAfter: problem.wait || undefined });
    this.card.say("");
    if (field && this.form?.fail(field, message)) return;
    const word = MEANINGS[problem.code]?.[0];
    if (word === "challenge") this.show("signin", true);
    this.card.warn(
      message,
      word === "link" && this.renewal(action),
      word === "unverified" && this.card.button(this.words.resendAgain, () => this.resend(this.form.values().email)),
      word === "alreadyVerified" && this.way("signin", this.words.signinLink),
    );
  }

  // resend asks for another mail, and leaves the screen as it is.
  resend(email) {
    this.send("resend", async (signal) => {
      await this.service.post("/auth/request-new-confirmation", this.resending(email), signal);
      const message = this.message("resend", "Success");
      this.emit("success", { action: "resend", message });
      this.card.say(message);
    });
  }

  resending(email) {
    return {
      email,
      parentPublicKey: this.service.key,
      verifyAuthPath: textOf(this.config.verifyAuthPath) || undefined,
    };
  }

  // refuse is a screen on which nothing can be done: the page itself is wrong.
  refuse(action, problem) {
    const [message] = explain(problem, this.words);
    console.error(`authiqa: ${problem.code} at ${location.origin}: ${message}`);
    this.form = null;
    this.put({ title: this.card.title.textContent });
    this.card.warn(message);
    this.emit("error", { action, code: problem.code, message });
  }

  // finish is a screen that says what was done.
  finish(message, ...links) {
    this.form = null;
    this.put({
      title: this.card.title.textContent,
      links: links.filter(Boolean).map((node) => make("p", { class: "authiqa-nav" }, node)),
    });
    this.card.say(message);
    this.card.title.focus();
  }

  done(action) {
    const message = this.message(action, "Success");
    this.emit("success", { action, message });
    this.finish(message, this.way("signin", this.words.backLink));
  }

  // used ends a mailed link. Then people sign in.
  used(action) {
    mailed = "";
    const message = this.message(action, "Success");
    const stay = !this.emit("success", { action, message });
    this.finish(message, this.way("signin", this.words.signinLink));
    const next = webURL(this.config.signinAuthPath);
    if (next && !stay && !this.card.popup) this.later = setTimeout(() => location.assign(next), 1500);
  }

  joined(data) {
    const user = data.data;
    if (!user.emailVerificationSent) return this.enter("signup", { token: data.token, user });
    const custom = textOf(this.config.messages?.signupSuccess);
    const message = custom || fill(this.words.checkMail, { email: user.email });
    this.emit("success", { action: "signup", user, message });
    this.finish(
      message,
      this.card.button(this.words.resendAgain, () => this.resend(user.email)),
      this.way("signin", this.words.signinLink),
    );
    return undefined;
  }

  // admit takes a session, or asks for the second factor.
  admit(action, data) {
    return data.mfaRequired ? this.second(data.challenge) : this.enter(action, data);
  }

  async enter(action, data) {
    const session = sessionOf(data);
    if (this.config.storage !== "none") keepSession(session);
    stopWaiting();
    const message = this.message(action, "Success");
    const ours = this.emit("success", { action, ...session, message });
    this.finish(message);
    if (!ours) return;
    const organization = await this.organization();
    const next = webURL(this.config.successAuthPath) || webURL(organization?.authUrls?.successful);
    if (next && !isHere(next)) location.assign(next);
    else if (this.card.popup) this.later = setTimeout(this.close, 1200);
  }
}
