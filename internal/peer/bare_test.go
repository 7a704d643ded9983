package peer_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

func TestH084_ABareCallCarriesNeitherPartiesNorIds(t *testing.T) {
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer s.Close()
	routing := ocpi.Routing{To: ocpi.NewPartyID("DE", "ABC"), From: ocpi.NewPartyID("NL", "TNM")}
	for _, bare := range []bool{true, false} {
		_, err := newClient(t).Do(t.Context(), peer.Call{
			Method: "GET", URL: s.URL, Authorization: "Token x", Routing: routing,
			RequestID: "r", CorrelationID: "c", Timeout: 5 * time.Second, Bare: bare,
		})
		if err != nil {
			t.Fatal(err)
		}
		headers := 0
		for name := range got {
			if lower := strings.ToLower(name); strings.HasPrefix(lower, "ocpi-") || lower == "x-request-id" || lower == "x-correlation-id" {
				headers++
			}
		}
		if want := map[bool]int{true: 0, false: 6}[bare]; headers != want || got.Get("Authorization") != "Token x" {
			t.Errorf("bare %t: %v", bare, got)
		}
	}
}
