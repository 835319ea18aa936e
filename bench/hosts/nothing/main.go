// Command nothing is what every Go program is, to be built.
package main

func main() {}
