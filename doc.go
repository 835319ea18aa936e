// Package tollkeeper is authentication that a Go service imports instead of running an identity server: accounts, sign-in,
// mailed codes, second factors, resets, roles and revocable sessions, on a tree of accounts in which a parent pays
// for the sign-ins of its children from prepaid credits.
//
// A whole program:
//
//	store := memory.New() // or sqlite.Open("auth.db"), postgres.New(pool)
//	auth, err := tollkeeper.New(store, tollkeeper.Config{
//		Secrets: []tollkeeper.MasterKey{key}, // tollkeeper.NewMasterKey(), kept in a file
//		BaseURL: "https://app.example",
//		Mail:    tollkeeper.Mail{Mailer: mailer},
//	})
//	if err != nil {
//		log.Fatal(err) // names the field
//	}
//	defer auth.Close(context.Background())
//
//	res, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Client: client})
//	if errors.Is(err, tollkeeper.ErrInvalidCredentials) {
//		// the same answer for an unknown account and a wrong password
//	}
//	id, err := auth.Authenticate(ctx, res.Token) // on every request; revoked tokens fail at once
//
// # The map
//
//   - Coming in: SignUp, SignIn, RequestCode and SignInWithCode, SignInWithGoogle, SignInWithFactor, Refresh. All of them end in
//     one function, which decides who may have a session and who pays for it.
//   - Being in: Authenticate, SignOut, Sessions, EndSession, Reauthenticate, RequireRecent.
//   - The own account: ChangePassword, ChangeEmail, ChangeUsername, EnrolFactor, Export, DeleteAccount.
//   - Lost keys: RequestReset and ResetPassword, RequestVerification and VerifyEmail.
//   - Others' accounts: Accounts, SetRole, SetStatus, RemoveAccount; by the host itself CreateAccount, Bootstrap, Host.SetStatus.
//   - Organizations: Organization, UpdateOrganization, AddMember, RotateTenantKey.
//   - Credits: Charge, Refund, GrantPackage, CreditAnalysis, BillingHistory.
//
// Store is the contract that everything stands on; Config says what can be chosen; Error and its sentinels say what can go
// wrong. Package httpadapter mounts three documented HTTP APIs on a mux, package authtest tests a host's own flows.
//
// # Safety
//
// The zero Config is the secure one. Every counter, single-use secret, credit and last admin is decided by one atomic verb of
// the store. An error of the store refuses. No method panics, and a context that ends leaves nothing half done.
package tollkeeper
