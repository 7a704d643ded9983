package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/site"
)

// need is what a hub takes up when nothing is to be done.
type need struct {
	goroutines, files float64 // files are connections, too
	memory            float64 // bytes
}

// needs measures every hub.
func (t *trial) needs(ctx context.Context) (map[string]need, error) {
	out := map[string]need{}
	for _, h := range t.site.Hubs {
		n, err := needOf(ctx, h)
		if err != nil {
			return nil, err
		}
		out[h.Name] = n
	}
	return out, nil
}

func needOf(ctx context.Context, h *site.Hub) (need, error) {
	goroutines, err := h.Gauge(ctx, "go_goroutines")
	if err != nil {
		return need{}, err
	}
	files, err := h.Gauge(ctx, "process_open_fds")
	if err != nil {
		return need{}, err
	}
	memory, err := residentOf(h.PID())
	return need{goroutines, files, memory}, err
}

// residentOf is the memory of a process without the pages of files.
func residentOf(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if kib, found := strings.CutPrefix(line, "RssAnon:"); found {
			n, err := strconv.ParseFloat(strings.Fields(kib)[0], 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status does not tell RssAnon", pid)
}

const (
	// moreGoroutines may be there than before the faults: connections that
	// platforms keep open, two goroutines each, and their like. A leak of one for
	// each message or fault is a multiple of it.
	moreGoroutines = 60
	// moreFiles may be open, for the same reason, and because the pools towards
	// three Redis masters fill under load, with 20 connections each, and stay.
	moreFiles = 80
	// moreMemory is what the runtime may not yet have given back after a storm,
	// beside twice of what was there.
	moreMemory = 96 << 20
	// idleWithin is how long what was under way may take to end.
	idleWithin = 30 * time.Second
)

// grown says which hubs need more than before the faults.
func (t *trial) grown(ctx context.Context, before map[string]need) (out []string) {
	for deadline := time.Now().Add(idleWithin); ; {
		out = nil
		after, err := t.needs(ctx)
		if err != nil {
			out = append(out, err.Error())
		}
		for name, a := range after {
			b := before[name]
			if a.goroutines > b.goroutines+moreGoroutines {
				out = append(out, fmt.Sprintf("%s has %.0f goroutines, before the faults %.0f", name, a.goroutines, b.goroutines))
			}
			if a.files > b.files+moreFiles {
				out = append(out, fmt.Sprintf("%s has %.0f files and connections open, before the faults %.0f", name, a.files, b.files))
			}
			if a.memory > 2*b.memory+moreMemory {
				out = append(out, fmt.Sprintf("%s needs %.0f MiB, before the faults %.0f", name, a.memory/(1<<20), b.memory/(1<<20)))
			}
			t.tell("%s: %.0f goroutines (before %.0f), %.0f files (before %.0f), %.0f MiB (before %.0f)", name, a.goroutines, b.goroutines, a.files, b.files, a.memory/(1<<20), b.memory/(1<<20))
		}
		if len(out) == 0 || time.Now().After(deadline) || !sleep(ctx, time.Second) {
			return out
		}
	}
}
