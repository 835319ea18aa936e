package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"
)

// Machine describes what the figures come from: processor, versions, how busy it was when the run began.
func Machine(ctx context.Context, s Setup) string {
	lines := []string{
		"- " + thousands(runtime.GOMAXPROCS(0)) + " cores of " + firstOf("/proc/cpuinfo", "model name"),
		"- memory: " + firstOf("/proc/meminfo", "MemTotal"),
		"- " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH,
		"- PostgreSQL " + postgresVersion(ctx, s.Postgres) + ", Redis " + redisVersion(ctx, s.Redis) + ", on the same machine",
		"- rivals: " + versions(),
		"- load average of the minute before the run: " + loadAverage() + "; the run itself adds to it",
		"- day of the run: " + time.Now().UTC().Format(time.DateOnly),
	}
	return strings.Join(lines, "\n")
}

// firstOf returns the value of the first line "name : value" of a file of the kernel.
func firstOf(file, name string) string {
	text, err := os.ReadFile(file)
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown"
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

func postgresVersion(ctx context.Context, dsn string) string {
	if dsn == "" {
		return "none"
	}
	version, err := queryText(ctx, dsn, "SHOW server_version")
	if err != nil {
		return "unknown"
	}
	version, _, _ = strings.Cut(version, " ")
	return version
}

func redisVersion(ctx context.Context, url string) string {
	o, err := driver.ParseURL(url)
	if err != nil {
		return "none"
	}
	client := driver.NewClient(o)
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return "unknown"
	}
	_, rest, _ := strings.Cut(info, "redis_version:")
	version, _, _ := strings.Cut(rest, "\r")
	return version
}

// versions names the rivals that this program was built with.
func versions() string {
	var said []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			for _, name := range []string{"golang-jwt/jwt", "go-guardian", "libcache", "authboss", "go-pkgz/auth", "alexedwards/scs", "jwtauth", "lestrrat-go/jwx"} {
				if strings.Contains(m.Path, name) {
					said = append(said, fmt.Sprintf("%s %s", strings.TrimPrefix(m.Path, "github.com/"), m.Version))
				}
			}
		}
	}
	return strings.Join(said, ", ")
}
