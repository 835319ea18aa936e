// Package tollkeeper is authentication that a Go service imports instead of running an identity server: accounts,
// sign-in, mailed codes, second factors, resets, roles and revocable sessions, on a tree of accounts in which a parent
// pays for the sign-ins of its children from prepaid credits.
//
// A whole program:
//
//	store := memory.New() // or sqlite.Open("auth.db"), postgres.New(pool)
//	keys, err := tollkeeper.LoadOrCreateKeys("app.keys", store)
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := tollkeeper.New(store, tollkeeper.Config{
//		Secrets: keys,
//		BaseURL: "https://app.example",
//		Mail:    tollkeeper.Mail{Mailer: mail.Console{}}, // or that of mail/smtp
//	})
//	if err != nil {
//		log.Fatal(err) // names the field
//	}
//	defer auth.Close(context.Background())
//
//	in := tollkeeper.SignInRequest{Email: email, Password: tollkeeper.Password(password), Client: client}
//	res, err := auth.SignIn(ctx, in)
//	if errors.Is(err, tollkeeper.ErrInvalidCredentials) {
//		// the same error for an unknown account and a wrong password
//	}
//	id, err := auth.Authenticate(ctx, res.Token) // on every request; revoked tokens fail at once
//
// These are the app's own users, which the zero [Scope] of a request means. A service with tenants names another
// scope.
//
// # The map
//
//   - Where accounts live: [Scope], which is zero for the app's own users, [Tenants], [Under], [UnderKey],
//     [UnderNumber].
//   - Coming in: [Authenticator.SignUp], [Authenticator.SignIn], [Authenticator.RequestCode] and
//     [Authenticator.SignInWithCode], [Authenticator.RequestLink] and [Authenticator.SignInWithLink],
//     [Authenticator.BeginPasskeySignIn] and [Authenticator.SignInWithPasskey], [Authenticator.SignInWithIDToken],
//     [Authenticator.BeginIssuer] and [Authenticator.SignInWithIssuer], [Authenticator.SignInWithFactor],
//     [Authenticator.Refresh]. All of them but the last end in one function, which decides who may have a session and
//     who pays for it. What is called Request… only mails; what is called SignIn… gives a session.
//   - Being in: [Authenticator.Authenticate], [Authenticator.SignOut], [Authenticator.Sessions],
//     [Authenticator.EndSession], [Authenticator.Reauthenticate], [Authenticator.RequireRecent].
//   - The own account: [Authenticator.ChangePassword], [Authenticator.RequestEmailChange] and
//     [Authenticator.ConfirmEmailChange], [Authenticator.UpdateProfile], [Authenticator.EnrolFactor],
//     [Authenticator.LinkIssuer] and [Authenticator.RemoveIdentity], [Authenticator.Export],
//     [Authenticator.DeleteAccount].
//   - Lost keys: [Authenticator.RequestReset] and [Authenticator.ResetPassword], [Authenticator.RequestVerification]
//     and [Authenticator.VerifyEmail].
//   - Others' accounts: [Authenticator.Accounts], [Authenticator.Account], [Authenticator.CreateAccount],
//     [Authenticator.SetRole], [Authenticator.SetStatus], [Authenticator.ResetFactors], [Authenticator.Unlock],
//     [Authenticator.RemoveAccount], as far as the caller may. [Views] are what an answer in JSON shows of them.
//   - Organizations: [Authenticator.Organization], [Authenticator.UpdateOrganization], [Authenticator.RotateTenantKey].
//   - Credits, as a parent sees them: [Authenticator.CreditAnalysis], [Authenticator.BillingHistory].
//   - By the host's own authority, nobody asked: everything on [Host], which [Authenticator.Host] returns – accounts,
//     roles, sessions, organizations, credits, [Host.Bootstrap], [Host.ImportAccounts], [Host.ExportAccounts]. Before
//     there is one: [CheckSecrets], [LoadOrCreateKeys].
//   - What the host adds: [Hooks] refuse or amend sign-ups and sessions, and give tokens claims; [Host.UpdateMetadata]
//     keeps something of its own with an account.
//
// [Config] says what can be chosen; [Error] and its sentinels say what can go wrong. Package store is the contract that
// everything stands on. Package httpadapter mounts HTTP APIs on a mux, package authtest tests a host's own flows.
// docs/ARCHITECTURE.md walks through the house.
//
// # Safety
//
// The zero [Config] is the secure one. Every counter, single-use secret, credit and last admin is decided by one atomic
// verb of the store. An error of the store refuses. No method panics, and a context that ends leaves nothing half done.
// What is secret has a type that shows itself nowhere: [Password], [SecretText], [SecretBytes], [MasterKey].
package tollkeeper
