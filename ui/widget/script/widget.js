// The widget that a page makes: new AuthiqaWidget(config).show(action), and destroy().

const shownIn = new Map(); // container: its widget

class AuthiqaWidget {
  static isTollkeeper = true; // a page may load this script twice

  #config;
  #words;
  #service;
  #card = null;
  #screens;
  #life = new AbortController();
  #root = null; // where the style sheet is
  #container = null;
  #organization = null;

  constructor(config) {
    const all = { ...(isObject(window.AuthiqaGlobalConfig) && window.AuthiqaGlobalConfig) };
    for (const [name, value] of Object.entries(isObject(config) ? config : {})) {
      if (value === undefined || value === null) continue;
      all[name] = name === "messages" && isObject(value) ? { ...all.messages, ...value } : value;
    }
    this.#config = all;
    this.#words = wordsFor(all.lang);
    this.#service = new Service(
      webURL(all.apiUrl ?? all.baseUrl ?? "") || ORIGIN,
      textOf(all.publicKey ?? all.apiKey),
    );
  }

  show(action) {
    if (this.#life.signal.aborted) return this;
    let wanted = ACTIONS.includes(action) ? action : "signin";
    if (wanted === "reset" && new URL(location.href).searchParams.get("token")) wanted = "update"; // a mail leads there
    if (wanted === "verify" || wanted === "update") mailedToken();
    if (this.#config.mode === "redirect") {
      this.#redirect(wanted);
      return this;
    }
    this.#open(wanted);
    return this;
  }

  destroy() {
    this.#life.abort();
    this.#close();
    if (shownIn.get(this.#container) === this) shownIn.delete(this.#container);
    return this;
  }

  // #redirect leads to the page of the action, unless it is this one.
  async #redirect(action) {
    const known = this.#pathOf(action);
    if (!known) await this.#details();
    if (this.#life.signal.aborted) return;
    const url = known || webURL(this.#organization?.authUrls?.[action]);
    if (!url || isHere(url)) this.#open(action);
    else if (navigator.userActivation?.isActive) location.assign(url);
    else location.replace(url); // nobody pressed anything: the way back leads past this page
  }

  #pathOf(action) {
    return webURL(this.#config[`${action}AuthPath`] ?? (action === "update" ? this.#config.updatePasswordPath : ""));
  }

  #open(action) {
    const popup = (this.#config.mode ?? "popup") === "popup";
    const named = this.#config.container;
    const container = named instanceof Element ? named : document.getElementById(textOf(named) || "authiqa");
    if (!container && !popup) {
      console.error(`authiqa: the page has no element with the id ${named}`);
      return;
    }
    if (!this.#card) {
      this.#container = container ?? document.body;
      if (container && shownIn.get(container) !== this) shownIn.get(container)?.destroy();
      shownIn.set(this.#container, this);
      this.#mount(popup);
    }
    this.#screens.show(action, popup);
    const back = backFromGoogle();
    if (back) this.#screens.admit("signin", { ...back, mfaRequired: Boolean(back.challenge) });
    if (!this.#service.key) this.#screens.refuse(action, new Problem("MISSING_PARENT_PUBLIC_KEY"));
    else this.#details(action);
  }

  #mount(popup) {
    const { theme, preset, disableStyles, customization } = this.#config;
    const styled = theme !== "none" && disableStyles !== true && disableStyles !== "true";
    this.#card = new Card({
      words: this.#words,
      popup,
      close: () => this.#close(),
      theme: THEMES.includes(theme) ? theme : "light",
      preset: PRESETS.includes(preset) ? preset : "modern",
      customization: isObject(customization) ? customization : {},
    });
    this.#container.append(this.#card.node);
    if (styled) addStyles((this.#root = this.#card.node.getRootNode()));
    if (popup) {
      const { node } = this.#card;
      node.addEventListener("close", () => this.#card?.node === node && this.#close());
      node.showModal(); // which keeps the focus inside, and gives it back
    }
    this.#screens = new Screens({
      card: this.#card,
      config: this.#config,
      words: this.#words,
      service: this.#service,
      path: (action) => (popup ? "" : this.#pathOf(action)),
      organization: () => this.#details(),
      emit: (name, detail) => this.#emit(name, detail),
      close: () => this.#close(),
    });
  }

  #close() {
    const card = this.#card;
    if (!card) return;
    this.#card = null;
    this.#screens.leave();
    if (card.popup && card.node.open) card.node.close();
    card.node.remove();
    if (this.#root) removeStyles(this.#root);
    this.#root = null;
  }

  // #details returns what the organization shows, once it is known; null where that cannot be had.
  async #details(action) {
    if (this.#organization) {
      this.#screens?.know(this.#organization);
      return this.#organization;
    }
    try {
      const data = await this.#service.organization(this.#life.signal);
      const { organizationName, organizationUrl, authUrls, googleSsoConfig } = data; // and nothing else of it
      this.#organization = { organizationName, organizationUrl, authUrls, googleSsoConfig };
      if (this.#card) this.#screens.know(this.#organization);
    } catch (problem) {
      const fatal = ["page", "setup"].includes(MEANINGS[problem.code]?.[0]) || problem.code === "USER_NOT_FOUND";
      if (action && this.#card && fatal) {
        this.#screens.refuse(
          action,
          problem.code === "USER_NOT_FOUND" ? new Problem("INVALID_PARENT_PUBLIC_KEY") : problem,
        );
      }
    }
    return this.#organization;
  }

  // #emit tells the page, and reports whether the page leaves the rest to the widget.
  #emit(name, detail) {
    const shown = { ...detail, container: textOf(this.#config.container) || undefined };
    return document.dispatchEvent(new CustomEvent(`authiqa:${name}`, { detail: shown, cancelable: true }));
  }
}
