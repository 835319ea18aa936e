package main

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/examples/frameworks/internal/visit"
)

func TestRoutes(t *testing.T) { visit.Try(t, routes) }
