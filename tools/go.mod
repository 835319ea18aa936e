module github.com/tollkeeper/tollkeeper/tools

go 1.26.0
