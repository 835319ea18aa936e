package bench

import "github.com/tollkeeper/tollkeeper/argon2"

// derive is the argon2id of what is measured as ours; nil would be that of x/crypto.
var derive = argon2.IDKey
