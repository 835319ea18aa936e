package browser_test

import (
	"strconv"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// attempt is a request that a page of a stranger sends in the owner's name.
type attempt struct{ path, body string }

// each is how often every way sends an attempt from each page; all ways together are more than a lock lets through.
const each = 1

// ways is a script that sends attempts from the page that is open in every way that a browser has for a request that
// can hold a body. It ends once the browser has let go of all of them.
const ways = `(async (base, attempts, each, credentials) => {
	const text = (s) => new TextEncoder().encode(s).buffer
	const json = {"Content-Type": "application/json"}
	const fields = (make, body) => { for (const [k, v] of Object.entries(JSON.parse(body))) { make.append(k, v) } return make }
	const unseen = (url, body, more) => fetch(url, {method: "POST", mode: "no-cors", credentials, body, ...more})
	let frames = 0
	const form = (url, enctype, pairs) => new Promise((done) => {
		const frame = document.createElement("iframe"), form = document.createElement("form")
		frame.name = "frame" + frames++
		Object.assign(form, {method: "POST", action: url, enctype, target: frame.name})
		for (const [name, value] of pairs) {
			const field = document.createElement("input")
			Object.assign(field, {name, value, type: "hidden"})
			form.append(field)
		}
		document.body.append(frame, form)
		frame.onload = () => done()
		setTimeout(done, 2000)
		form.submit()
	})
	const ping = (url) => {
		const a = document.createElement("a")
		Object.assign(a, {href: "#", ping: url})
		document.body.append(a)
		a.click()
	}
	const all = {
		json: (url, body) => fetch(url, {method: "POST", headers: json, credentials, body}),
		kept: (url, body) => fetch(url, {method: "POST", headers: json, credentials, body, keepalive: true}),
		simple: (url, body) => fetch(url, {method: "POST", credentials, body}),
		text: (url, body) => unseen(url, body),
		bytes: (url, body) => unseen(url, text(body)),
		blob: (url, body) => unseen(url, new Blob([body], {type: "application/json"})),
		typed: (url, body) => unseen(url, body, {headers: json}),
		keptText: (url, body) => unseen(url, body, {keepalive: true}),
		beacon: (url, body) => navigator.sendBeacon(url, body),
		beaconBytes: (url, body) => navigator.sendBeacon(url, text(body)),
		beaconBlob: (url, body) => navigator.sendBeacon(url, new Blob([body], {type: "application/json"})),
		beaconForm: (url, body) => navigator.sendBeacon(url, fields(new FormData(), body)),
		urlencoded: (url, body) => form(url, "application/x-www-form-urlencoded", Object.entries(JSON.parse(body))),
		multipart: (url, body) => form(url, "multipart/form-data", Object.entries(JSON.parse(body))),
		trick: (url, body) => form(url, "text/plain", [[body.slice(0, -1) + ',"x":"', '"}']]),
		ping,
	}
	for (const way of Object.values(all)) {
		const sent = []
		for (const {path, body} of attempts) {
			for (let i = 0; i < each; i++) {
				sent.push((async () => way(base + path, body))())
			}
		}
		await Promise.allSettled(sent)
	}
	await new Promise((go) => setTimeout(go, 300))
	return ""
})`

// looks is a script that makes the browser get a URL in every way that a page has without reading the answer.
const looks = `(async (url, images, others) => {
	const add = (tag, set) => new Promise((done) => {
		const e = document.createElement(tag)
		e.onload = e.onerror = () => done()
		setTimeout(done, 1000)
		Object.assign(e, set)
		document.body.append(e)
	})
	let n = 0
	const next = () => url + "&n=" + n++
	const sent = []
	for (let i = 0; i < images; i++) {
		sent.push(add("img", {src: next()}))
	}
	for (let i = 0; i < others; i++) {
		sent.push(
			add("script", {src: next()}), add("iframe", {src: next()}), add("object", {data: next()}), add("embed", {src: next()}),
			add("link", {rel: "prefetch", href: next()}), add("link", {rel: "stylesheet", href: next()}), add("link", {rel: "preload", as: "image", href: next()}),
			add("video", {src: next()}), add("input", {type: "image", src: next()}), fetch(next(), {mode: "no-cors", credentials: "include"}),
		)
	}
	await Promise.allSettled(sent)
	return ""
})`

// attack sends attempts from the page that is open, and looks in every way at what acts although it is got: with that
// many images, of which a network may send 30 a minute.
func (w *world) attack(credentials string, attempts []attempt, images int) {
	w.t.Helper()
	list := ""
	for _, a := range attempts {
		list += "{path: " + quote(a.path) + ", body: " + quote(a.body) + "},"
	}
	w.script(ways + "(" + quote(w.service("")) + ", [" + list + "], " + strconv.Itoa(each) + ", " + quote(credentials) + ")")
	w.script(looks + "(" + quote(w.service("/auth/confirm-email?token=AAAAAAAAAAAA")) + ", " + strconv.Itoa(images) + ", 1)")
}

// leave sends the tab itself from a page to the service: a form as a navigation, a window, and a link.
func (w *world) leave(page string, attempts []attempt) {
	w.t.Helper()
	for _, a := range attempts {
		for range each {
			w.open(page)
			w.toService("POST "+a.path, `(() => {
				const form = document.createElement("form"), field = document.createElement("input")
				Object.assign(form, {method: "POST", action: `+quote(w.service(a.path))+`, enctype: "text/plain"})
				Object.assign(field, {name: `+quote(a.body[:len(a.body)-1]+`,"x":"`)+`, value: '"}'})
				form.append(field)
				document.body.append(form)
				form.submit()
				return ""
			})()`)
		}
	}
	link := quote(w.service("/auth/confirm-email?token=AAAAAAAAAAAA"))
	w.open(page)
	w.toService("GET /auth/confirm-email", `window.opened = open(`+link+`); ""`)
	w.script(`window.opened.close(); ""`)
	w.toService("GET /auth/confirm-email", `location.href = `+link)
}

// toService runs a script that sends the browser to the service, and waits until it has come.
func (w *world) toService(route, script string) {
	w.t.Helper()
	before := w.counts.of(route)
	gesture := func(p *runtime.EvaluateParams) { p.UserGesture = new(true) } // or no window would open
	if _, err := chromedp.Run(w.tab, chromedp.Evaluate[string](script, gesture)); err != nil {
		w.t.Fatal(route, err)
	}
	for range 400 {
		if w.counts.of(route) > before {
			w.settle()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Errorf("%s did not come", route)
}

// settle waits until the tab shows what it was sent to.
func (w *world) settle() {
	w.t.Helper()
	for range 200 {
		if said, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`document.readyState`)); err == nil && said == "complete" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
