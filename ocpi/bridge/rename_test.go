package bridge_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// seen are names that lead back because each was given before.
type seen map[string]string

func (s seen) Outside(m ocpi.ModuleID, owner ocpi.PartyID, id string) string {
	outside := bridge.OutsideID(owner, id, bridge.MostOutside(m))
	s[outside] = id
	return outside
}

func (s seen) Inside(_ ocpi.ModuleID, outside string) (ocpi.PartyID, string, bool) {
	id, ok := s[outside]
	return abc, id, ok
}

func TestRenamingChangesIDsAlone(t *testing.T) {
	for _, c := range []struct {
		class      bridge.Class
		body, want string
	}{
		{
			bridge.Session, `{ "id":"S","x":1.0,"location":{"id":"L","evses":[{"uid":"E","connectors":[{"id":"1","tariff_id":"T"}]}]}}`,
			`{"id":"NL*ABC*S","x":1.0,"location":{"id":"NL*ABC*L","evses":[{"uid":"E","connectors":[{"id":"1","tariff_id":"NL*ABC*T"}]}]}}`,
		},
		{bridge.CDR, `{"id":"C","location":{"id":"L"},"tariffs":[{"id":"T"},{"id":null}]}`, `{"id":"C","location":{"id":"NL*ABC*L"},"tariffs":[{"id":"NL*ABC*T"},{"id":null}]}`},
		{bridge.Token, `{ "uid":"U" }`, `{ "uid":"U" }`},
		{bridge.Connector, `{"id":"1" }`, `{"id":"1" }`},
		{bridge.EVSE, `{"connectors":[{"tariff_id":"T"}]}`, `{"connectors":[{"tariff_id":"NL*ABC*T"}]}`},
		{bridge.AuthorizationInfo, `{"allowed":"ALLOWED","location":{"location_id":"L"}}`, `{"allowed":"ALLOWED","location":{"location_id":"NL*ABC*L"}}`},
		{bridge.StopSession, `{"session_id":"S"}`, `{"session_id":"NL*ABC*S"}`},
		{bridge.CommandResponse, `{"result":"ACCEPTED"}`, `{"result":"ACCEPTED"}`},
		{bridge.ReserveNow, `{"reservation_id":7,"location_id":"L"}`, `{"reservation_id":7,"location_id":"NL*ABC*L"}`},
	} {
		got, err := bridge.Rename(c.class, []byte(c.body), abc, bridge.Names{Out: bridge.Prefixed{}})
		if err != nil || string(got.Body) != c.want || len(got.Findings) > 0 {
			t.Errorf("%s is\n%s\nwant\n%s\n%v %v", c.class, got.Body, c.want, got.Findings, err)
		}
		body := []byte(c.body)
		if same, err := bridge.Rename(c.class, body, abc, bridge.Names{}); err != nil || &same.Body[0] != &body[0] {
			t.Errorf("%s with one name for all is %s, %v", c.class, same.Body, err)
		}
	}
}

func TestAnObjectIsRenamedThereAndBack(t *testing.T) {
	classes := slices.Concat(tabled(ocpi.V211), many)
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom(classes).Draw(t, "class")
		source := []byte(maker{t, ocpi.V211}.object(string(tableOf(class, ocpi.V211))))
		names := seen{}
		there, err := bridge.Rename(class, source, abc, bridge.Names{Out: names})
		if err != nil || there.Withheld != nil || there.AsPut != "" {
			t.Fatalf("%v %v", err, there.Withheld)
		}
		for outside, id := range names {
			if !bytes.Contains(there.Body, ocpi.Quote(outside)) {
				t.Errorf("%s, which stands for %s, is not in %s", outside, id, there.Body)
			}
		}
		if faults := ocpi.CheckObject(ocpi.V211, string(tableOf(class, ocpi.V211)), there.Body, false); len(faults) > 0 {
			t.Errorf("unsound: %v in %s", faults, there.Body)
		}
		back, err := bridge.Rename(class, there.Body, abc, bridge.Names{In: names})
		if err != nil || !same(decode(back.Body), decode(source)) {
			t.Errorf("%v\n%s is\n%s", err, source, back.Body)
		}
		both, err := bridge.Rename(class, there.Body, abc, bridge.Names{In: names, Out: names})
		if err != nil || !bytes.Equal(both.Body, there.Body) {
			t.Errorf("%v\n%s is\n%s", err, there.Body, both.Body)
		}
	})
}

func TestAnIDThatWasNeverGivenIsNotRenamed(t *testing.T) {
	got, err := bridge.Rename(bridge.StopSession, []byte(`{"session_id":"S"}`), abc, bridge.Names{In: bridge.Prefixed{}})
	if err != nil || got.Withheld == nil || got.Withheld.Reason != bridge.UnknownID {
		t.Errorf("%s %v %v", got.Body, got.Withheld, err)
	}
	for _, body := range []string{"", "[]", "{", " "} {
		if _, err := bridge.Rename(bridge.Token, []byte(body), abc, bridge.Names{}); err == nil || !strings.Contains(err.Error(), "no JSON object") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
