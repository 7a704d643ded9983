package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
)

func init() {
	if a := os.Getenv("P1_PPROF"); a != "" {
		runtime.MemProfileRate = 64 << 10
		go http.ListenAndServe(a, nil)
	}
}
