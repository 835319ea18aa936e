module github.com/tollkeeper/tollkeeper/store/postgres

go 1.26.0

require github.com/tollkeeper/tollkeeper v0.1.0

replace github.com/tollkeeper/tollkeeper => ../..
