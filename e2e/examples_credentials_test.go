package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestTheCredentialsOfTheExamplesRegisterTheirParties(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	o := platformOf(ocpi.CPO, "NL*EXA", "NL*EXO", "NL*PFC", "NL*CGP")
	o.Parties = append(o.Parties, platformOf(ocpi.EMSP, "NL*EXA").Parties...)
	p := s.h.join(o)
	partner, err := p.Partner()
	if err != nil {
		t.Fatal(err)
	}
	for token := partner.Token; len(s.left) > 0; {
		list := s.take(false, "Credentials")
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			p.AcceptToken(ocpi.FindString(e.body, "token"))
			reply := ask(t, p, ocpitest.Request{
				Module: ocpi.Credentials, Method: http.MethodPut, Token: token,
				Body: ocpi.SetMember(e.body, "url", ocpi.Quote(p.VersionsURL())),
			})
			if !reply.OK() {
				t.Fatalf("%s: %v", e.name(), reply.Err())
			}
			token = ocpi.FindString(reply.Envelope.Data, "token")
			s.wantRoles(t, o.Name, e)
		}
	}
}

// wantRoles compares the parties of a platform with the roles of an example.
func (s *stand) wantRoles(t *testing.T, name string, e example) {
	t.Helper()
	type role struct {
		Role        string
		CountryCode string `json:"country_code"`
		PartyID     string `json:"party_id"`
	}
	var want struct{ Roles []role }
	if err := json.Unmarshal(e.body, &want); err != nil {
		t.Fatal(err)
	}
	var platforms []struct {
		Name    string
		Parties []role
	}
	s.h.hubctl(&platforms, "platforms", "list")
	for _, p := range platforms {
		if p.Name != name {
			continue
		}
		slices.SortFunc(p.Parties, func(a, b role) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		slices.SortFunc(want.Roles, func(a, b role) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if diff := gocmp.Diff(want.Roles, p.Parties); diff != "" {
			t.Errorf("%s (-want +got)\n%s", e.name(), diff)
		}
	}
}
