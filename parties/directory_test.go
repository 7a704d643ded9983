package parties_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// platform returns a registered platform that was made so many seconds after
// noon.
func platform(id string, second int, claims ...parties.Claim) *parties.Platform {
	p := &parties.Platform{
		ID: id, Name: id, Status: parties.Connected, SealedToken: []byte{1},
		Created: noon.Add(time.Duration(second) * time.Second), Updated: noon.Add(time.Duration(second) * time.Minute),
		Keys: []parties.Key{{Hash: parties.HashToken("token of " + id), Use: parties.ForAll}},
	}
	for _, c := range claims {
		p.Parties = append(p.Parties, parties.Party{Claim: c})
	}
	return p
}

// invited returns a platform that has not registered.
func invited(id string, second int, claims ...parties.Claim) *parties.Platform {
	p := platform(id, second)
	p.Status, p.SealedToken, p.Claims = parties.Planned, nil, claims
	return p
}

// removed returns a platform that was removed.
func removed(p *parties.Platform) *parties.Platform {
	p.Removed, p.Status, p.Keys, p.SealedToken = true, parties.Suspended, nil, nil
	return p
}

func TestPlatformsAreListedOldestFirstAndRemovedOnesOnlyInAll(t *testing.T) {
	d := parties.NewDirectory([]*parties.Platform{platform("c", 3), removed(platform("b", 2)), platform("a", 1)}, 7)
	ids := func(list []*parties.Platform) (out []string) {
		for _, p := range list {
			out = append(out, p.ID)
		}
		return out
	}
	if diff := cmp.Diff([]string{"a", "c"}, ids(d.Platforms())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, ids(d.All())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, ok := d.Platform("b"); ok || d.Epoch() != 7 {
		t.Errorf("removed platform found: %t, epoch %d", ok, d.Epoch())
	}
}

func TestH003_H004_H005_ATokenIsKnownRawAndEncoded(t *testing.T) {
	p := platform("p", 1)
	p.Keys = []parties.Key{{Hash: parties.HashToken("YWJj"), Use: parties.ForAll}} // raw, and Base64 of abc
	d := parties.NewDirectory([]*parties.Platform{p}, 1)
	encoded := base64.StdEncoding.EncodeToString([]byte("YWJj"))
	withFeed := base64.StdEncoding.EncodeToString([]byte("YWJj\n"))
	for _, header := range []string{"Token YWJj", "Token " + encoded, "Token " + withFeed} {
		l, ok := d.Authenticate(ocpi.ParseAuthorization(header), noon)
		if !ok || l.Platform.ID != "p" || l.Token != "YWJj" {
			t.Errorf("%s: %t, %q", header, ok, l.Token)
		}
	}
	other := platform("other", 2)
	other.Keys = []parties.Key{{Hash: parties.HashToken("abc"), Use: parties.ForAll}}
	d = parties.NewDirectory([]*parties.Platform{other, p}, 1)
	if l, _ := d.Authenticate(ocpi.ParseAuthorization("Token YWJj"), noon); l.Platform.ID != "p" {
		t.Errorf("the decoded reading went first: %s", l.Platform.ID)
	}
}

func TestH006_UnknownExpiredAndRemovedTokensAreRefused(t *testing.T) {
	p := platform("p", 1)
	p.Keys[0].Until = noon
	d := parties.NewDirectory([]*parties.Platform{p, removed(platform("gone", 2))}, 1)
	for token, at := range map[string]time.Time{"nobody's": noon, "token of p": noon, "token of gone": noon} {
		if _, ok := d.Authenticate([]string{token}, at); ok {
			t.Errorf("%s: accepted", token)
		}
	}
	if _, ok := d.Authenticate(nil, noon); ok {
		t.Error("no token is accepted")
	}
	if _, ok := d.Authenticate([]string{"token of p"}, noon.Add(-time.Nanosecond)); !ok {
		t.Error("the token ended too early")
	}
}

func TestASuspendedPlatformIsAuthenticated(t *testing.T) {
	p := platform("p", 1)
	p.Status = parties.Suspended
	if _, ok := parties.NewDirectory([]*parties.Platform{p}, 1).Authenticate([]string{"token of p"}, noon); !ok {
		t.Error("refused")
	}
}

func TestAPartyHasTheHomeWithTheStrongestReason(t *testing.T) {
	for name, test := range map[string]struct {
		give  []*parties.Platform
		where string
		want  parties.Status
	}{
		"registered":                     {[]*parties.Platform{platform("p", 1, abcCPO)}, "p", parties.Connected},
		"H-193 invited":                  {[]*parties.Platform{invited("p", 1, abcCPO)}, "p", parties.Planned},
		"registered beats invited":       {[]*parties.Platform{invited("i", 1, abcCPO), platform("p", 2, abcCPO)}, "p", parties.Connected},
		"H-186 removed":                  {[]*parties.Platform{removed(platform("p", 1, abcCPO))}, "p", parties.Suspended},
		"registered again beats removed": {[]*parties.Platform{removed(platform("r", 1, abcCPO)), platform("p", 2, abcCPO)}, "p", parties.Connected},
		"invited again beats removed":    {[]*parties.Platform{removed(platform("r", 1, abcCPO)), invited("p", 2, abcCPO)}, "p", parties.Planned},
		"given up":                       {[]*parties.Platform{func() *parties.Platform { p := platform("p", 1); p.Former = []parties.Claim{abcCPO}; return p }()}, "p", parties.Suspended},
		"invited, but never registered":  {[]*parties.Platform{func() *parties.Platform { p := platform("p", 1); p.Claims = []parties.Claim{abcCPO}; return p }()}, "p", parties.Planned},
		"given up beats left unregistered": {[]*parties.Platform{
			func() *parties.Platform { p := platform("r", 1); p.Claims = []parties.Claim{abcCPO}; return p }(),
			func() *parties.Platform { p := platform("p", 2); p.Former = []parties.Claim{abcCPO}; return p }(),
		}, "p", parties.Suspended},
		"suspended before it registered":  {[]*parties.Platform{func() *parties.Platform { p := invited("p", 1, abcCPO); p.Status = parties.Suspended; return p }()}, "p", parties.Suspended},
		"the older of two invitations is": {[]*parties.Platform{invited("younger", 2, abcCPO), invited("p", 1, abcCPO)}, "p", parties.Planned},
	} {
		t.Run(name, func(t *testing.T) {
			d := parties.NewDirectory(test.give, 1)
			homes, members := d.Homes(abcCPO.Party), d.Members()
			if len(homes) != 1 || homes[0].Platform.ID != test.where || homes[0].Status != test.want || homes[0].Role != ocpi.CPO {
				t.Errorf("got homes %+v", homes)
			}
			if len(members) != 1 || members[0].PlatformID != test.where || members[0].Status != test.want {
				t.Errorf("got members %+v", members)
			}
		})
	}
}

func TestAWithdrawnInvitationIsListedButIsNoHome(t *testing.T) {
	d := parties.NewDirectory([]*parties.Platform{removed(invited("p", 1, abcCPO))}, 1)
	if diff := cmp.Diff([]string{"CPO:DE*ABC SUSPENDED"}, statuses(d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if homes := d.Homes(abcCPO.Party); len(homes) != 0 {
		t.Errorf("got homes %+v", homes)
	}
}

func TestH188_APartyIsListedOnceForEachRole(t *testing.T) {
	d := parties.NewDirectory([]*parties.Platform{platform("p", 1, abcEMSP, abcCPO), invited("q", 2, abcCPO)}, 1)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED", "EMSP:DE*ABC CONNECTED"}, statuses(d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLookUpsAllocateNothing(t *testing.T) {
	d := parties.NewDirectory([]*parties.Platform{platform("p", 1, abcCPO)}, 1)
	tokens := []string{"unknown, and longer than thirty-two characters", "token of p"}
	allocs := testing.AllocsPerRun(100, func() {
		if _, ok := d.Authenticate(tokens, noon); !ok || len(d.Homes(abcCPO.Party)) != 1 {
			t.Error("not found")
		}
		d.Platform("p")
		d.Members()
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
