// Package breach knows passwords that were published after a break-in, for tollkeeper's Config.Passwords.Breach. Range
// asks a service over the network, [Filter] reads a file.
//
//	checker, err := breach.NewRange(breach.RangeConfig{})     // the public service
//	checker, err := breach.Open("/var/lib/app/passwords.tkb") // a file that Build wrote
//
// Range knows what was published last week, and needs the network for each new password. Filter needs nothing, takes a
// microsecond, and is as old as its file; once in so many passwords it calls one known that is not.
//
// Both work on the SHA-1 digest of the password, because that is how the published lists are kept. It protects nothing
// here: passwords are stored as argon2id, and no digest of one leaves this package whole.
package breach
