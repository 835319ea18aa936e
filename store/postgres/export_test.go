package postgres

import (
	"context"
	"io/fs"
	"slices"
)

// Standing is the statement that looks up a charge which stands.
var Standing = standing

// MigrateFrom is Migrate with other schema files.
func (s *Store) MigrateFrom(ctx context.Context, files fs.FS) error { return s.migrate(ctx, files) }

// Schema are the schema files.
func Schema() fs.FS { return schema }

// Statements are all that can be made of parts.
func Statements() []string {
	list := slices.Concat(createChild.texts(), createRoot.texts(), updateAccount.texts(), deleteAccount.texts(), createSession.texts(),
		createTogether.texts(), touchSession.texts(), revokeSession.texts(), rotateSession.texts(), applyCredit.texts(), closeMonths.texts(),
		removeMail.texts(), delayMail.texts())
	for _, r := range []route{
		byID, byNumber, byPublicKey, inScope, inScopeOrStray, inScopeOfKey, inScopeOfNumber, byCredential, byCredentialOfKey, byCredentialOfNumber,
	} {
		list = slices.Concat(list, r.find.texts(), r.claim.texts())
	}
	return list
}
