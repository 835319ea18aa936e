package bench

// derive is the argon2id of what is measured as ours; nil is that of x/crypto.
var derive func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte
