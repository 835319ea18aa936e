// The ways in besides a password: the second factor, passkeys and Google.

Object.assign(Screens.prototype, {
  // second asks for what ends a challenge: a code, a recovery code, or a passkey.
  second(challenge, recovery = false) {
    const w = this.words;
    this.form = new Form({
      fields: [
        {
          name: "code",
          label: recovery ? w.recoveryCode : w.code,
          autocomplete: recovery ? "off" : "one-time-code",
          inputmode: recovery ? "text" : "numeric",
        },
      ],
      button: w.factorButton,
      words: w,
      submit: ({ code }) => this.send("signin", (signal) => this.end({ challenge, code }, signal)),
    });
    this.others = make("div", { class: "authiqa-others" });
    this.others.hidden = true;
    const other = this.card.button(recovery ? w.appLink : w.recoveryLink, () => this.second(challenge, !recovery));
    this.put({
      title: w.factorTitle,
      lead: recovery ? w.recoveryLead : w.factorLead,
      body: [this.form.node, this.others],
      links: [
        make("p", { class: "authiqa-nav" }, other),
        make("p", { class: "authiqa-nav" }, this.way("signin", w.backLink)),
      ],
    });
    this.form.focus();
    if (hasPasskeys() && atHome(this.known)) this.offerSecond(challenge, this.work.signal);
  },

  async end(proof, signal) {
    return this.enter("signin", await this.service.post("/auth/mfa/verify", proof, signal));
  },

  async offerSecond(challenge, signal) {
    const begin = () => this.service.post("/auth/passkeys/challenge/begin", { challenge }, signal);
    let asked;
    try {
      asked = await begin();
    } catch {
      return; // the account has none
    }
    if (signal.aborted || !goodHere(asked)) return;
    this.other(this.words.passkeyButton, () =>
      this.send("signin", async () => {
        const passkey = await this.picked(asked ?? (await begin()), signal);
        asked = null; // a ticket is good once
        await this.end({ challenge, passkey }, signal);
      }),
    );
  },

  // picked has somebody show a passkey.
  async picked(asked, signal) {
    stopWaiting();
    try {
      return await pickPasskey(asked, { signal });
    } catch {
      signal.throwIfAborted();
      throw new Problem("PASSKEY");
    }
  },

  other(text, press) {
    this.others.append(this.card.button(text, () => this.form.isWaiting || press(), "authiqa-other"));
    this.others.hidden = false;
  },

  // know shows what the organization has: its name, and on the sign-in screen its other ways in.
  know(organization) {
    this.known = organization;
    this.card.name(textOf(organization.organizationName));
    if (this.offered === this.others || !this.others || !["signin", "signup"].includes(this.action)) return;
    this.offered = this.others;
    if (organization.googleSsoConfig?.enabled) {
      const url = `${this.service.url}/auth/google/start?parentPublicKey=${encodeURIComponent(this.service.key)}`;
      this.other(this.words.googleButton, () => leaveForGoogle(url));
    }
    if (this.action === "signin" && hasPasskeys() && atHome(organization))
      this.offer(this.work.signal).catch(() => {}); // then there is a password
  },

  // offer has a button for passkeys, and the browser offer them in the email field until the question is too old.
  async offer(signal) {
    const parentPublicKey = this.service.key;
    const begin = () => this.service.post("/auth/passkeys/sign-in/begin", { parentPublicKey }, signal);
    const enter = async (passkey) => {
      const data = await this.service
        .post("/auth/passkeys/sign-in", { ...passkey, parentPublicKey }, signal)
        .catch((problem) => {
          throw problem.code === "INVALID_CREDENTIALS" ? new Problem("PASSKEY_UNKNOWN") : problem;
        });
      return this.enter("signin", data);
    };
    const first = await begin();
    if (signal.aborted || !goodHere(first)) return;
    const wait = async (asked) => {
      if (!(await PublicKeyCredential.isConditionalMediationAvailable?.()) || waiting || signal.aborted) return;
      const mine = (waiting = new AbortController());
      signal.addEventListener("abort", () => mine.abort());
      const rest = Math.min(Math.max(Date.parse(asked.expiresAt) - Date.now(), 60000), 600000) - 30000;
      this.later = setTimeout(async () => {
        if (waiting === mine) stopWaiting();
        await begin().then(wait, () => {});
      }, rest);
      try {
        const passkey = await pickPasskey(asked, { mediation: "conditional", signal: mine.signal });
        await this.send("signin", () => enter(passkey));
      } catch {
        // Nobody picked one.
      } finally {
        if (waiting === mine) waiting = null;
      }
    };
    this.other(this.words.passkeyButton, () =>
      this.send("signin", async () => enter(await this.picked(await begin(), signal))),
    );
    await wait(first);
  },
});
