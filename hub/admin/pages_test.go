package admin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ask(t *testing.T, s *scene, method, path string, authorization ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = authorization
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestTheProcessLivesWhateverIsDown(t *testing.T) {
	s := open(t)
	s.down["registry"], s.down["stream"] = true, true
	if resp, body := ask(t, s, "GET", "/healthz"); resp.StatusCode != http.StatusOK || !json.Valid([]byte(body)) {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

func TestReadinessNamesEachDependencyWithItsState(t *testing.T) {
	s := open(t)
	check := func(code int, want map[string]any) {
		t.Helper()
		resp, body := ask(t, s, "GET", "/readyz")
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || resp.StatusCode != code {
			t.Errorf("status %d, want %d: %s", resp.StatusCode, code, diff)
		}
		if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
			t.Errorf("content type is %q", ct)
		}
	}
	check(200, map[string]any{"status": "ready", "dependencies": map[string]any{"registry": "ok", "stream": "ok"}})
	s.down["stream"] = true
	check(503, map[string]any{"status": "not_ready", "dependencies": map[string]any{"registry": "ok", "stream": "down"}})
}

func TestEachDependencyIsAskedAloneByItsName(t *testing.T) {
	s := open(t)
	s.down["stream"] = true
	for part, code := range map[string]int{"registry": 200, "stream": 503} {
		resp, body := ask(t, s, "GET", "/readyz/"+part)
		if resp.StatusCode != code || !strings.Contains(body, `"`+part+`":`) {
			t.Errorf("%s alone: got %d %s, want %d", part, resp.StatusCode, body, code)
		}
	}
}

func TestMetricsNeedNoToken(t *testing.T) {
	if resp, body := ask(t, open(t), "GET", "/metrics"); resp.StatusCode != http.StatusOK || body != "ocpi_hub_x 1\n" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

func TestAllButHealthAndMetricsNeedsTheToken(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/", "/readyz/x", "/ocpi/versions"} {
		resp, body := ask(t, s, "GET", path)
		if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") == "" || !json.Valid([]byte(body)) {
			t.Errorf("%s without a token: got %d %s", path, resp.StatusCode, body)
		}
		resp, body = ask(t, s, "GET", path, "Bearer another")
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s with a wrong token: got %d %s", path, resp.StatusCode, body)
		}
		resp, body = ask(t, s, "GET", path, "Bearer "+theToken)
		if resp.StatusCode != http.StatusNotFound || !json.Valid([]byte(body)) {
			t.Errorf("%s with the token: got %d %s", path, resp.StatusCode, body)
		}
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		resp, _ := ask(t, open(t), "POST", path)
		if resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(resp.Header.Get("Allow"), "GET") {
			t.Errorf("%s: got %d, Allow %q", path, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
}
