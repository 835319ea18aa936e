package browser_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all tests. It starts with the first that needs it.
var chromium struct {
	sync.Once
	ctx  context.Context
	stop []func()
	err  error
}

func TestMain(m *testing.M) {
	if twice() {
		os.Exit(tries())
	}
	code := m.Run()
	if code != 0 && chromium.ctx != nil && chromium.ctx.Err() != nil {
		code = crashed
	}
	for i := len(chromium.stop) - 1; i >= 0; i-- {
		chromium.stop[i]()
	}
	os.Exit(code)
}

// start runs Chromium with a profile of its own that is removed at the end.
func start(program string) {
	dir, err := os.MkdirTemp("", "tollkeeper-chromium")
	if err != nil {
		chromium.err = err
		return
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(dir), chromedp.WSURLReadTimeout(time.Minute)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage", "disable-default-apps", "disable-extensions", "no-proxy-server",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	// Names of pages that are not this machine's to the browser, with a certificate that nobody signed.
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"), chromedp.Flag("ignore-certificate-errors", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.stop = append(chromium.stop, func() { _ = os.RemoveAll(dir) }, stop, func() { _ = chromedp.Cancel(ctx) }, cancel)
	chromium.ctx, chromium.err = ctx, chromedp.Do(ctx)
}

// tab opens a tab that lasts so long, or skips the test where there is no Chromium.
func tab(t *testing.T, longest time.Duration) context.Context {
	t.Helper()
	program := os.Getenv("TOLLKEEPER_TEST_CHROMIUM")
	if program == "" {
		if os.Getenv("TOLLKEEPER_TEST_STRICT") == "1" {
			t.Fatal("TOLLKEEPER_TEST_CHROMIUM names no Chromium, and TOLLKEEPER_TEST_STRICT=1 wants one")
		}
		t.Skip("TOLLKEEPER_TEST_CHROMIUM names no Chromium; scripts/chromium prints one")
	}
	chromium.Do(func() { start(program) })
	if chromium.err != nil {
		t.Fatal("Chromium does not start: ", chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	bounded, stop := context.WithTimeout(ctx, longest)
	t.Cleanup(stop)
	return bounded
}
