package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/ocpihub/ocpihub/hub/admin/access"
)

// newPages serves what is asked over plain HTTP. Only health and metrics are
// open to everybody.
func newPages(metrics http.Handler, door *guard, ready *readiness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", reading(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	}))
	mux.HandleFunc("/readyz", reading(ready.serveHTTP))
	for _, c := range ready.checks {
		mux.HandleFunc("/readyz/"+c.Name, reading(servePart(c)))
	}
	mux.HandleFunc("/metrics", reading(metrics.ServeHTTP))
	mux.HandleFunc("/", door.page(access.Viewer, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{
			"error": "nothing here; there are /healthz, /readyz, /metrics and the gRPC API",
		})
	}))
	return mux
}

// reading refuses everything but GET and HEAD.
func reading(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeJSON(w, http.StatusMethodNotAllowed, map[string]string{"error": "use GET"})
			return
		}
		next(w, r)
	}
}

// readyReport is the body of /readyz.
type readyReport struct {
	Status       string            `json:"status"` // ready or not_ready
	Dependencies map[string]string `json:"dependencies"`
}

func (r *readiness) serveHTTP(w http.ResponseWriter, req *http.Request) {
	states, ready := r.ask(req.Context())
	if ready {
		writeJSON(w, http.StatusOK, readyReport{"ready", states})
		return
	}
	writeJSON(w, http.StatusServiceUnavailable, readyReport{"not_ready", states})
}

// servePart answers for one part alone. A balancer asks /readyz/hub: what can be
// routed from memory goes on while a store is away, and must not be cut off.
func servePart(c Check) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), checkTimeout)
		defer cancel()
		if s := state(c.Ping(ctx)); s != up {
			writeJSON(w, http.StatusServiceUnavailable, readyReport{"not_ready", map[string]string{c.Name: s}})
			return
		}
		writeJSON(w, http.StatusOK, readyReport{"ready", map[string]string{c.Name: up}})
	}
}

// writeJSON answers with v. A write that fails has nobody left to tell.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
