// Package bench measures what docs/PERFORMANCE.md promises, each thing beside what it is compared with.
//
//	go test -run '^$' -bench Authenticate ./bench             one topic
//	scripts/services run go run ./bench/cmd/report            all of them, and the tables of the document
//
// A figure of one run says little: the same machine differs by half from hour to hour. So a claim here is a ratio of
// two things that ran in turn in the same passes, and the median over the passes. Nothing in this module is published;
// it alone may depend on other libraries of the trade.
package bench
