package parties_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

const (
	body211 = `{"token":"t","url":"https://x/versions","business_details":{"name":"A"},"party_id":"abc","country_code":"DE"}`
	body221 = `{"token":"t","url":"https://x/versions","roles":[{"role":"CPO","party_id":"ABC","country_code":"DE","business_details":{"name":"A"}}]}`
)

func TestH036_CredentialsOf211NameOnePartyOnTheTopLevel(t *testing.T) {
	got, err := parties.ReadCredentials(ocpi.V211, []byte(body211))
	want := parties.Credentials{Token: "t", URL: "https://x/versions", Roles: []parties.CredentialsRole{
		{PartyID: "abc", CountryCode: "DE", BusinessDetails: []byte(`{"name":"A"}`)},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if written, err := parties.WriteCredentials(ocpi.V211, got); err != nil || string(written) != body211 {
		t.Errorf("written as %s, %v", written, err)
	}
}

func TestH036_CredentialsOfAnotherVersionAreToldByTheFieldThatGivesThemAway(t *testing.T) {
	for _, c := range []struct {
		v     ocpi.Version
		body  string
		field string
		other ocpi.Version
	}{
		{ocpi.V211, body221, "roles", ocpi.V221},
		{ocpi.V221, body211, "business_details", ocpi.V211},
		{ocpi.V230, body211, "business_details", ocpi.V211},
	} {
		_, err := parties.ReadCredentials(c.v, []byte(c.body))
		f := wantFault(t, err, fault.Invalid)
		if !strings.HasPrefix(f.Message, c.field+" is of OCPI ") || !strings.Contains(f.Message, string(c.other)) {
			t.Errorf("%s: %s", c.v, f.Message)
		}
	}
}

func TestTheEndpointDecidesHowCredentialsWithTheFieldsOfBothVersionsAreRead(t *testing.T) {
	both := []byte(strings.Replace(body221, `"roles"`, `"party_id":"DEF","country_code":"NL","business_details":{"name":"D"},"roles"`, 1))
	for v, want := range map[ocpi.Version]string{ocpi.V211: "NL DEF", ocpi.V221: "DE ABC", ocpi.V230: "DE ABC"} {
		got, err := parties.ReadCredentials(v, both)
		if err != nil || len(got.Roles) != 1 || got.Roles[0].CountryCode+" "+got.Roles[0].PartyID != want {
			t.Errorf("%s: %+v, %v", v, got, err)
		}
	}
}

func TestWhatIsNoCredentialsIsInvalid(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		_, err := parties.ReadCredentials(v, []byte(`{"token":7}`))
		wantFault(t, err, fault.Invalid)
	}
}
