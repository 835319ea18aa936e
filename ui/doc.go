// Package ui is pages to begin with for the app's own users: sign in, sign up, sign out, a forgotten password, the
// pages that mails lead to, the second factor, and what a limited session waits for. They need no script but for a
// passkey, no build step and no framework. A whole service:
//
//	mux := http.NewServeMux()
//	if err := ui.Mount(mux, auth, ui.Options{}); err != nil {
//		log.Fatal(err) // names the option, or the pattern that is taken
//	}
//	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
//	mux.Handle("GET /{$}", members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//		id, _ := httpadapter.IdentityFrom(r.Context())
//		fmt.Fprintln(w, "Hello,", id.Email)
//	})))
//	log.Fatal(http.ListenAndServe("localhost:8080", mux))
//
// The app family of package httpadapter may stand beside it, and takes the same sessions.
//
// # Pages
//
//   - /sign-in, /second-factor, /sign-up, /sign-out: by a password, a passkey, or an issuer, as the scope has them on
//   - /provider/{name}, where the issuer of that name sends people back to, with a GET or a POST
//   - /forgot, /check-mail and /mail-link, which ask for mail; the last one takes the code of a mailed link, too, and
//     signs up without a password whom nobody knows, where sign-up is open
//   - /set-up-factor, for an authenticator app and its recovery codes
//   - /account and what is below it: profile and address; /account/security with password, passkeys, authenticator
//     apps, recovery codes and linked issuers, each where there is such a thing; /account/sessions; /account/activity,
//     the own log; /account/data, for a copy of the own data and for deleting the account
//   - /limited, where a session goes that serves only its own account's business, and /done, which says what was done
//   - /admin and what is below it, for who rules accounts, an admin or a parent: users, log; for a parent organization,
//     keys and credits, too
//   - the paths of [tollkeeper.Links], SignInLink, Verify, Reset and ChangeEmail: a mailed link shows a button, and
//     only the button does anything
//
// Forms have the fields login, password and remember (sign-in); email and password (sign-up); email (forgot,
// check-mail, mail-link); code (second factor); code and remember (a mailed code). The field way of the first two names
// an issuer. With [Options].NoPasswords, sign-in and sign-up have the field email, and there is no /forgot.
//
// Links.SignIn, where mails say that people sign in, may name /sign-in: it is "/" by default. The app family leads
// people there, too, whom an issuer sends back in vain.
//
// Each carries the parameter next on, by the rule of [httpadapter.SafeNext] or to one of [Options].NextOrigins, and
// ends there or at [Options].Home. That page redirects to no other origin: browsers hold the redirects that follow a
// form to the policy of its page.
//
// [MountConsole] has the same for the operators of a host, over all scopes. docs/guides/console.md says who reaches
// what.
//
// # What the pages tell
//
// An unknown account, a wrong password and, where addresses must be confirmed, an unconfirmed one are one answer, and
// so are known and unknown addresses wherever mail is asked for. Where addresses are not confirmed, a sign-up says that
// one is taken, but to whoever knows its password: they are signed in, as who sends the form twice. A form that fails
// is shown again with what was typed, but no password, and its message stands beside the field. So is one whose session
// had ended, once its owner has signed in again: a cookie keeps it for ten minutes.
//
// Texts are in six languages: as the parameter lang says, which a cookie keeps, else as Accept-Language says. [Look]
// replaces logo, colours, templates and texts; docs/guides/looks.md shows how.
//
// A host whose [tollkeeper.Hooks] want a captcha writes a sign-up form of its own: the one here brings none.
//
// # Proofs
//
// What a passer-by must not do at somebody's screen asks for a fresh proof: a change of the address, a new way in, one
// less, a copy of the own data. Who has proved within five minutes who they are is not asked again, but for what takes
// a second factor or the account away. The answer to the form is then a question: for the password, a mailed code or a
// passkey, and with the former two for the second factor of who has one. It carries what was typed on, but no password,
// and the right answer does what was asked for.
//
// # Safety
//
// What is sent by a page of another origin is refused before anything is read. Every answer has a policy without inline
// styles and scripts, is stored nowhere, and tells no other page its address. The session is in the cookie that
// [httpadapter.SetSession] sets; what waits for the second factor is in one like it, for five minutes. Both are Secure:
// browsers take them over https, and most of them on localhost without it.
package ui
