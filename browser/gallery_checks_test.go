package browser_test

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// faultless fails the test for all that a script, a list of texts, has against the page that is open. It waits a
// little for that to be nothing: a browser sets the focus when it first draws.
func (g *gallery) faultless(what, script string) {
	g.t.Helper()
	found := g.list(script)
	for n := 0; n < 100 && len(found) > 0; n++ {
		time.Sleep(10 * time.Millisecond)
		found = g.list(script)
	}
	for _, fault := range found {
		g.t.Errorf("%s: %s", what, fault)
	}
}

// list is what a script has as a list of texts.
func (g *gallery) list(script string) (list []string) {
	g.t.Helper()
	if err := json.Unmarshal([]byte(g.script(`JSON.stringify(`+script+`)`)), &list); err != nil {
		g.t.Fatal(err)
	}
	return list
}

// structure is how a page is told by a screen reader: its landmarks and headings, and what is wrong with what.
const structure = `(() => {
	const faults = []
	const all = (selector) => [...document.querySelectorAll(selector)]
	for (const selector of ["h1", "main", "main h1", "body > header", "head title"]) {
		if (all(selector).length !== 1) faults.push(all(selector).length + " of " + selector)
	}
	if (!document.documentElement.lang) faults.push("no language")
	const names = all("nav").map((n) => n.ariaLabel)
	if (!names.every(Boolean) || new Set(names).size !== names.length) faults.push("navigations " + names.join(", "))
	if (document.body.classList.contains("wide") && !document.querySelector("a.skip[href='#content']")) faults.push("no way to skip the tabs")
	let level = 0
	for (const h of all("h1, h2, h3, h4, h5, h6")) {
		if (Number(h.tagName[1]) > level + 1) faults.push(h.tagName + " after H" + level)
		level = Number(h.tagName[1])
	}
	const ids = all("[id]").map((e) => e.id)
	if (new Set(ids).size !== ids.length) faults.push("an id twice in " + ids.join(" "))
	for (const e of all(".error, .alert")) if (e.role !== "alert") faults.push("a silent " + e.className + ": " + e.textContent)
	for (const e of all(".notice")) if (e.role !== "status") faults.push("a silent notice: " + e.textContent)
	const about = (e) => (e.getAttribute("aria-describedby") || "").split(" ").filter(Boolean).map((id) => document.getElementById(id))
	for (const e of all("[aria-describedby]")) if (about(e).includes(null)) faults.push(e.name + " is described by nothing")
	for (const e of all("[aria-invalid]")) if (!about(e).some((d) => d?.matches(".error"))) faults.push(e.name + " is wrong for no reason")
	for (const e of all(".field .error")) {
		if (!document.querySelector("[aria-invalid][aria-describedby~='" + e.id + "']")) faults.push("an error of no field: " + e.textContent)
	}
	const first = document.querySelector("[aria-invalid]")
	if (first && document.activeElement !== first) faults.push("the focus is not on " + first.name)
	return faults
})()`

// fits says how wide a page is that is wider than its screen, and what sticks out.
const fits = `(() => {
	const root = document.documentElement
	if (root.scrollWidth <= root.clientWidth) return []
	const out = [...document.body.querySelectorAll("*")].filter((e) => {
		const {left, right} = e.getBoundingClientRect()
		return right > root.clientWidth + 1 || left < -1
	})
	return [root.scrollWidth + " pixels wide: " + out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" ")]
})()`

// edged names the buttons and fields that cannot be told from text where all colours are the visitor's own.
const edged = `(() => {
	if (!matchMedia("(forced-colors: active)").matches) return ["no colours are forced"]
	return [...document.querySelectorAll("button, input:not([type=checkbox], [type=hidden]), select, textarea, .mark, .alert, .notice")].filter((e) => {
		if (!e.checkVisibility()) return false
		const seen = getComputedStyle(e)
		const sides = ["Top", "Right", "Bottom", "Left"].filter((s) => {
			const color = seen["border" + s + "Color"]
			return seen["border" + s + "Style"] !== "none" && parseFloat(seen["border" + s + "Width"]) > 0 && color !== seen.backgroundColor && !color.endsWith(", 0)")
		})
		return sides.length === 0 && seen.textDecorationLine !== "underline"
	}).map((e) => "nothing shows " + e.outerHTML.slice(0, 160))
})()`

// controls are the forms of a page with all in them that is sent, but for what only a script can use.
const controls = `[...document.querySelectorAll("form:not(#passkey)")].map((f) =>
	f.method + " " + new URL(f.action).pathname + ": " + [...f.elements].map((e) => e.tagName + " " + e.type + " " + e.name).join(", "))`

// unusable are controls that nobody sees who runs no script.
const unusable = `[...document.querySelectorAll("form:not(#passkey)")].flatMap((f) => [...f.elements]).filter((e) =>
	e.type !== "hidden" && !(e.hidden && !e.name) && !e.checkVisibility() && !e.closest("details:not([open])")).map((e) => "unseen: " + e.outerHTML.slice(0, 160))`

// plain reads the page anew in Arabic, where no script runs: it has the same forms, fits, and whatever is wrong first
// has the focus.
func (g *gallery) plain(what string, back bool) {
	g.t.Helper()
	want := g.list(controls)
	g.scripts(false)
	g.again("ar")
	what += ", in Arabic without scripts"
	if dir := g.script(`document.dir`); dir != "rtl" {
		g.t.Errorf("%s: written %q, of %s", what, dir, g.script(`document.body.innerText`))
	}
	if got := g.list(controls); !slices.Equal(got, want) {
		g.t.Errorf("%s: forms %q, with scripts %q", what, got, want)
	}
	g.faultless(what, `[...`+structure+`, ...`+fits+`, ...`+unusable+`]`)
	g.scripts(true)
	if back {
		g.again("en")
	} else {
		g.speak("en")
	}
}

// again reads the page anew in a language, and sends the form anew that it is the answer to.
func (g *gallery) again(language string) {
	g.t.Helper()
	g.speak(language)
	if err := chromedp.Do(g.tab, chromedp.Reload()); err != nil {
		g.t.Fatal(err)
	}
}

// speak sets the language that the visitor prefers.
func (g *gallery) speak(language string) {
	g.t.Helper()
	headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}
	if _, err := chromedp.Call(g.tab, network.SetExtraHTTPHeaders, headers); err != nil {
		g.t.Fatal(err)
	}
}
