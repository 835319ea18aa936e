module github.com/tollkeeper/tollkeeper/bench

go 1.26.0

require (
	github.com/aarondl/authboss/v3 v3.5.3
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/go-chi/jwtauth/v5 v5.3.3
	github.com/go-pkgz/auth v1.24.2
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/shaj13/go-guardian/v2 v2.11.6
	github.com/shaj13/libcache v1.2.1
	github.com/tollkeeper/tollkeeper v0.1.0
	github.com/tollkeeper/tollkeeper/argon2 v0.1.0
	github.com/tollkeeper/tollkeeper/store/postgres v0.1.0
	github.com/tollkeeper/tollkeeper/store/redis v0.1.0
	github.com/tollkeeper/tollkeeper/store/sqlite v0.1.0
	golang.org/x/crypto v0.58.0
	modernc.org/sqlite v1.61.1
)

require (
	cloud.google.com/go/compute/metadata v0.9.0 // indirect
	github.com/boombuler/barcode v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.3.0 // indirect
	github.com/dghubble/oauth1 v0.7.3 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/friendsofgo/errors v0.9.2 // indirect
	github.com/go-oauth2/oauth2/v4 v4.5.4 // indirect
	github.com/go-pkgz/repeater v1.1.3 // indirect
	github.com/go-pkgz/rest v1.20.4 // indirect
	github.com/goccy/go-json v0.10.3 // indirect
	github.com/golang-jwt/jwt v3.2.2+incompatible // indirect
	github.com/golang/snappy v1.0.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/klauspost/compress v1.18.2 // indirect
	github.com/lestrrat-go/blackmagic v1.0.2 // indirect
	github.com/lestrrat-go/httpcc v1.0.1 // indirect
	github.com/lestrrat-go/httprc v1.0.6 // indirect
	github.com/lestrrat-go/iter v1.0.2 // indirect
	github.com/lestrrat-go/jwx/v2 v2.1.3 // indirect
	github.com/lestrrat-go/option v1.0.1 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/montanaflynn/stats v0.7.1 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/pquerna/otp v1.5.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rrivera/identicon v0.0.0-20240116195454-d5ba35832c0d // indirect
	github.com/segmentio/asm v1.2.0 // indirect
	github.com/xdg-go/pbkdf2 v1.0.0 // indirect
	github.com/xdg-go/scram v1.2.0 // indirect
	github.com/xdg-go/stringprep v1.0.4 // indirect
	github.com/youmark/pkcs8 v0.0.0-20240726163527-a2c0da244d78 // indirect
	go.etcd.io/bbolt v1.4.3 // indirect
	go.mongodb.org/mongo-driver v1.17.6 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/image v0.33.0 // indirect
	golang.org/x/oauth2 v0.33.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/xerrors v0.0.0-20220907171357-04be3eba64a2 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

replace (
	github.com/tollkeeper/tollkeeper => ..
	github.com/tollkeeper/tollkeeper/argon2 => ../argon2
	github.com/tollkeeper/tollkeeper/store/postgres => ../store/postgres
	github.com/tollkeeper/tollkeeper/store/redis => ../store/redis
	github.com/tollkeeper/tollkeeper/store/sqlite => ../store/sqlite
)

// Old modules of authboss name versions that had the package compute/metadata, which is a module of its own now. In
// the workspace go-pkgz/auth would find it twice.
exclude (
	cloud.google.com/go v0.16.0
	cloud.google.com/go v0.34.0
)
