package hub_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestTheWebhookIsCalledWithItsTokenUntilItTakesTheAlert(t *testing.T) {
	for written, want := range map[string]string{"": "", "s3cret\n": "Bearer s3cret", "Basic dXNlcjpwYXNz": "Basic dXNlcjpwYXNz"} {
		type call struct {
			method, path, authorization, kind string
		}
		calls := make(chan call, 10)
		failed := false // one call at a time
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Alerts []struct{ Labels map[string]string }
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Alerts) != 1 {
				t.Errorf("it was told %+v, %v", body, err)
				return
			}
			calls <- call{r.Method, r.URL.Path, r.Header.Get("Authorization"), body.Alerts[0].Labels["alertname"]}
			if !failed {
				failed = true
				w.WriteHeader(http.StatusNotFound)
			}
		}))
		t.Cleanup(server.Close)
		h := startHub(t, func(c *hub.Config) {
			c.Egress.Allow = nil // the webhook is the operator's own word
			c.Alerts.Interval, c.Alerts.Invitation, c.Alerts.Webhook.URL = 10*time.Millisecond, time.Nanosecond, server.URL+"/hook"
			if written != "" {
				c.Alerts.Webhook.TokenFile = filepath.Join(t.TempDir(), "token")
				if err := os.WriteFile(c.Alerts.Webhook.TokenFile, []byte(written), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
		invite(t, h, "late", ocpitest.Party{Role: ocpi.CPO, ID: cpo})
		for range 2 { // the first is refused
			select {
			case got := <-calls:
				if got != (call{http.MethodPost, "/hook", want, "unused_invitation"}) {
					t.Errorf("the call was %+v", got)
				}
			case <-patient(t).Done():
				t.Fatal("the webhook was not told")
			}
		}
	}
}
