package client

// What has no name outside, for the test of its fields.
type (
	Begun           = begun
	Beginning       = beginning
	Problem         = problem
	OpenSessions    = openSessions
	FactorList      = factors
	IdentityList    = identities
	RecoveryCodes   = recoveryCodes
	MailboxRequest  = mailbox
	MailedRequest   = mailed
	ResetAnswer     = reset
	RefreshRequest  = refresh
	DeletionRequest = deletion
	CodeRequest     = factorCode
	LabelRequest    = factorLabel
	EnrolRequest    = passkeyEnrolment
	EndRequest      = challenged
	ProviderList    = providers
)
