module github.com/tollkeeper/tollkeeper/examples

go 1.26.0

require (
	github.com/descope/virtualwebauthn v1.0.3
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/tollkeeper/tollkeeper v0.1.0
	github.com/tollkeeper/tollkeeper/mail/smtp v0.1.0
	github.com/tollkeeper/tollkeeper/passkey v0.1.0
	github.com/tollkeeper/tollkeeper/social v0.1.0
	github.com/tollkeeper/tollkeeper/store/postgres v0.1.0
	github.com/tollkeeper/tollkeeper/store/redis v0.1.0
	github.com/tollkeeper/tollkeeper/store/sqlite v0.1.0
	golang.org/x/crypto v0.58.0
)

require (
	github.com/boombuler/barcode v1.0.1-0.20190219062509-6c824513bacc // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/fxamacker/cbor/v2 v2.9.4 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/go-webauthn/webauthn v0.18.2 // indirect
	github.com/go-webauthn/x v0.3.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/pquerna/otp v1.5.0 // indirect
	github.com/redis/go-redis/v9 v9.23.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/tinylib/msgp v1.6.4 // indirect
	github.com/wneessen/go-mail v0.8.1 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
	modernc.org/sqlite v1.61.1 // indirect
)

replace (
	github.com/tollkeeper/tollkeeper => ..
	github.com/tollkeeper/tollkeeper/mail/smtp => ../mail/smtp
	github.com/tollkeeper/tollkeeper/passkey => ../passkey
	github.com/tollkeeper/tollkeeper/social => ../social
	github.com/tollkeeper/tollkeeper/store/postgres => ../store/postgres
	github.com/tollkeeper/tollkeeper/store/redis => ../store/redis
	github.com/tollkeeper/tollkeeper/store/sqlite => ../store/sqlite
)
