package main

func Example() {
	main()
	// Output:
	// signed in: ada@home.example below its parent: true
	// credits left: 2944
	// signed out: true
	// afterwards: Invalid or expired token
}
