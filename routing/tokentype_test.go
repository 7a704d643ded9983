package routing

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const token211 = `{"uid":"U1","type":"OTHER","auth_id":"C1","issuer":"I","valid":true,"whitelist":"ALLOWED","last_updated":"2026-01-01T00:00:00Z"}`

// old is a world whose eMSP speaks 2.1.1 and offers tokens; what it pushes is in
// the feed.
func old(t *testing.T) (*world, *taken) {
	w := newWorld(t, aaa)
	w.directory.Homes(aaa)[0].Platform.Version = ocpi.V211
	feed := &taken{}
	w.Feed = feed
	return w, feed
}

func TestATokenOf211IsOneObjectThoughItsURLDoesNotTellItsType(t *testing.T) {
	w, feed := old(t)
	at := ocpi.Address{Version: ocpi.V211, Module: ocpi.Tokens, Interface: ocpi.Receiver}
	for _, push := range [][2]string{{"PUT", token211}, {"PATCH", `{"valid":false,"last_updated":"2026-01-02T00:00:00Z"}`}} {
		if _, err := w.sendFrom(aaa, push[0], at, "NL/AAA/U1", push[1], ocpi.PartyID{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range feed.changes {
		if c.Key.ID != catalog.TokenID("U1", "OTHER") || c.Query != "type=OTHER" {
			t.Errorf("%s of %q with query %q", c.Method, c.Key.ID, c.Query)
		}
	}
	answer, err := w.sendFrom(aaa, "GET", at, "NL/AAA/U1", "", ocpi.PartyID{})
	env, _ := ocpi.ParseEnvelope(answer.Body)
	if valid, _ := ocpi.Find(env.Data, "valid"); err != nil || string(valid.Value) != "false" {
		t.Errorf("its owner is shown %s, %v", env.Data, err)
	}
}

func TestTheTypeOfATokenIsNamedInTheURLAsTheReceiverKnowsIt(t *testing.T) {
	for _, c := range []struct {
		from, to    ocpi.Version
		query, want string
	}{
		{ocpi.V221, ocpi.V211, "?type=APP_USER", ""},
		{ocpi.V221, ocpi.V211, "", ""},
		{ocpi.V211, ocpi.V221, "?type=OTHER", "?type=OTHER"},
		{ocpi.V211, ocpi.V211, "?type=OTHER", ""},
		{ocpi.V230, ocpi.V221, "?a=%2f&type=EMAID", "?a=%2f&type=OTHER"},
		{ocpi.V230, ocpi.V221, "?type=APP_USER", "?type=APP_USER"},
		{ocpi.V221, ocpi.V230, "?type=APP%5FUSER", "?type=APP%5FUSER"},
	} {
		_, calls := copyTo(t, c.to, catalog.NewMemory(), fanout.Change{
			Key: catalog.Key{Module: ocpi.Tokens, Owner: cpo, ID: "U1"}, Method: http.MethodPut,
			Path: "DE/ABC/U1", Query: strings.TrimPrefix(c.query, "?"), Version: c.from, Body: []byte(`{"uid":"U1"}`),
		})
		if want := "https://emsp.example/tokens/DE/ABC/U1" + c.want; calls[0].URL != want {
			t.Errorf("from %s to %s it went to %s, want %s", c.from, c.to, calls[0].URL, want)
		}
	}
}

func TestAnAuthorisationNamesTheTypeAsTheEMSPKnowsIt(t *testing.T) {
	for _, c := range []struct {
		from, to    ocpi.Version
		query, want string
	}{
		{ocpi.V211, ocpi.V221, "token_type=OTHER&x=1", "?x=1&type=OTHER"},
		{ocpi.V211, ocpi.V211, "token_type=OTHER", "?type=OTHER"},
		{ocpi.V221, ocpi.V211, "type=AD_HOC_USER", "?type=OTHER"},
		{ocpi.V230, ocpi.V221, "type=EMAID", "?type=OTHER"},
		{ocpi.V221, ocpi.V221, "type=EMAID", "?type=EMAID"},
	} {
		w := newWorld(t, aaa)
		w.directory.Homes(aaa)[0].Platform.Version = c.to
		w.script[aaa] = unknown
		rule, segments, _, _ := ocpi.Match(ocpi.Address{Version: c.from, Module: ocpi.Tokens, Interface: ocpi.Sender}, "POST", "U1/authorize")
		_, err := w.Route(t.Context(), &Message{
			Rule: rule, Sender: w.cpo, Path: "U1/authorize", Segments: segments, Query: c.query, Routing: ocpi.Routing{From: cpo},
		})
		refused(t, err, fault.UnknownToken)
		if url := w.lastCall().URL; !strings.HasSuffix(url, "/U1/authorize"+c.want) {
			t.Errorf("from %s to %s %s became %s", c.from, c.to, c.query, url)
		}
	}
}

func TestATokenThatAnEMSPOf211DoesNotKnowIsUnknown(t *testing.T) {
	w, _ := old(t)
	for what, answer := range map[string]receiver{
		"it says so":                           answers(404, ocpi.StatusClientError),
		"it allows one that the hub never saw": says(`{"allowed":"ALLOWED"}`),
	} {
		w.script[aaa] = answer
		if _, err := w.send("POST", authorization, "U1/authorize", "", aaa); !fault.Is(err, fault.UnknownToken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.script[aaa] = answers(200, ocpi.StatusServerError)
	if _, err := w.send("POST", authorization, "U1/authorize", "", aaa); fault.Is(err, fault.UnknownToken) {
		t.Error("one that fails was taken for one that does not know it")
	}
}
