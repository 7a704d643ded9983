package parties_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func TestH033_ACombinationMayBeGivenOnceOnly(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	lower := role(abcCPO)
	lower.CountryCode, lower.PartyID = "de", "abc"
	c := credentials(tokenB, abcCPO)
	c.Roles = append(c.Roles, lower)
	_, err := h.post(tokenA, c)
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC") {
		t.Errorf("the message names no party: %s", f.Message)
	}
	_, err = h.post(tokenA, credentials(tokenB, abcCPO, defCPO, abcEMSP))
	noError(t, err)
}

func TestH034_APartyHasOneHomeInARole(t *testing.T) {
	h := newHub(t)
	first, _ := h.register(abcCPO)
	_, tokenA := h.invite(abcCPO)
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	f := wantFault(t, err, fault.Invalid)
	if !errors.Is(err, parties.ErrClaimed) || !strings.Contains(f.Message, "CPO:DE*ABC") {
		t.Errorf("got %v", err)
	}
	homes := h.Directory().Homes(abcCPO.Party)
	if len(homes) != 1 || homes[0].Platform.ID != first || homes[0].Status != parties.Connected {
		t.Errorf("the routing changed: %v", homes)
	}
}

func TestH035_APartyMayHaveAnotherRoleOnAnotherPlatform(t *testing.T) {
	h := newHub(t)
	cpo, _ := h.register(abcCPO)
	emsp, _ := h.register(abcEMSP)
	got := map[ocpi.Role]string{}
	for _, home := range h.Directory().Homes(abcCPO.Party) {
		got[home.Role] = home.Platform.ID
	}
	if diff := cmp.Diff(map[ocpi.Role]string{ocpi.CPO: cpo, ocpi.EMSP: emsp}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFaultsInTheCredentialsAreInvalidAndSayWhat(t *testing.T) {
	with := func(change func(*parties.Credentials)) parties.Credentials {
		c := credentials(tokenB, abcCPO)
		change(&c)
		return c
	}
	for name, test := range map[string]struct {
		give parties.Credentials
		says string
	}{
		"no token":                  {with(func(c *parties.Credentials) { c.Token = "" }), "token"},
		"a token with a blank":      {with(func(c *parties.Credentials) { c.Token = "a b" }), "token"},
		"a token beyond all bounds": {with(func(c *parties.Credentials) { c.Token = strings.Repeat("x", 256) }), "token"},
		"no url":                    {with(func(c *parties.Credentials) { c.URL = "" }), "url"},
		"a url that is none":        {with(func(c *parties.Credentials) { c.URL = "ftp://example.org" }), "url"},
		"no roles":                  {with(func(c *parties.Credentials) { c.Roles = nil }), "roles"},
		"role HUB":                  {credentials(tokenB, claim(ocpi.HUB, "DE", "ABC")), "DE*ABC"},
		"no role":                   {credentials(tokenB, claim("", "DE", "ABC")), "DE*ABC"},
		"the hub's own party":       {credentials(tokenB, claim(ocpi.CPO, "nl", "hub")), "NL*HUB"},
		"no party id":               {credentials(tokenB, claim(ocpi.CPO, "DE", "")), "DE*"},
		"a party id with a star":    {credentials(tokenB, claim(ocpi.CPO, "DE", "A*B")), "DE*A*B"},
		"a country of three":        {credentials(tokenB, claim(ocpi.CPO, "DEU", "ABC")), "DEU*ABC"},
		"a long id, not invited":    {credentials(tokenB, claim(ocpi.CPO, "DE", "NUMO001T")), "DE*NUMO001T"},
		"the second role is wrong":  {credentials(tokenB, abcCPO, claim(ocpi.CPO, "DE", "?")), "DE*?"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			_, tokenA := h.invite()
			_, err := h.post(tokenA, test.give)
			if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, test.says) {
				t.Errorf("%q does not say %q", f.Message, test.says)
			}
			if calls := h.partner.took(); calls != nil {
				t.Errorf("the partner was called: %v", calls)
			}
			if !h.knows(tokenA) {
				t.Error("token A is dead")
			}
		})
	}
}

func TestATokenLongerThanSpecifiedIsTolerated(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	_, err := h.post(tokenA, credentials(strings.Repeat("x", 255), abcCPO))
	noError(t, err)
}

func TestTheInvitationLimitsWhatMayBeRegistered(t *testing.T) {
	h := newHub(t)
	long := claim(ocpi.CPO, "DE", "NUMO001T")
	_, tokenA := h.invite(abcCPO, long)
	_, err := h.post(tokenA, credentials(tokenB, abcCPO, defCPO))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*DEF") {
		t.Errorf("the message names no party: %s", f.Message)
	}
	_, err = h.post(tokenA, credentials(tokenB, abcEMSP))
	wantFault(t, err, fault.Invalid)
	_, err = h.post(tokenA, credentials(tokenB, long)) // a long id that the invitation names
	noError(t, err)
}
