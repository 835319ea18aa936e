// Package browser has only tests: pages of allowed and forbidden origins, the session cookie, and the pages of package
// ui, in a real Chromium. TOLLKEEPER_TEST_CHROMIUM names its program; scripts/chromium installs and prints one. Names
// below localhost lead a browser to this machine, so that the pages have real origins without a name server.
package browser
