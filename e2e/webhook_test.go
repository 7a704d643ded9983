package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

const webhookToken = "the-word-of-the-webhook"

// webhook takes alerts as Alertmanager's receivers do.
type webhook struct {
	url  string
	shut atomic.Bool // it answers 503

	mu   sync.Mutex
	told []toldAlert
}

type toldAlert struct {
	Status      string
	Labels      map[string]string
	Annotations map[string]string
	Fingerprint string
}

// listen starts a webhook that takes calls with the right token only.
func listen(t *testing.T) *webhook {
	t.Helper()
	w := &webhook{}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL + "/hooks/alerts"
	return w
}

func (w *webhook) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Version, Status string
		Alerts          []toldAlert
	}
	switch {
	case w.shut.Load():
		rw.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != "Bearer "+webhookToken:
		rw.WriteHeader(http.StatusUnauthorized)
	case json.NewDecoder(r.Body).Decode(&body) != nil || body.Version != "4" || len(body.Alerts) == 0:
		rw.WriteHeader(http.StatusBadRequest)
	default:
		w.mu.Lock()
		w.told = append(w.told, body.Alerts...)
		w.mu.Unlock()
	}
}

// count says how often it was told that an alert about a party, a platform or
// another subject began or ended.
func (w *webhook) count(status, kind, about string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.told {
		l := a.Labels
		if a.Status == status && l["alertname"] == kind && (l["party"] == about || l["platform_id"] == about || l["subject"] == about) {
			n++
		}
	}
	return n
}

func (w *webhook) heard(status, kind, about string) error {
	if w.count(status, kind, about) > 0 {
		return nil
	}
	return fmt.Errorf("it has not heard that %s about %s is %s", kind, about, status)
}
