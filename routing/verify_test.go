package routing

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func envelope(data string, code ocpi.StatusCode) []byte {
	return fmt.Appendf(nil, `{"data":%s,"status_code":%d,"timestamp":"2026-01-01T00:00:00Z"}`, data, code)
}

func TestH197_ACopyIsComparedWithWhatTheHubTold(t *testing.T) {
	cpo, emsp := ocpi.CPO, ocpi.EMSP
	const (
		asCPO  = `{"party_id":"ABC","country_code":"DE","role":"CPO","status":"CONNECTED","last_updated":"2026-01-01T00:00:00Z"}`
		asEMSP = `{"party_id":"ABC","country_code":"DE","role":"EMSP","status":"OFFLINE","last_updated":"2026-01-01T00:00:00Z"}`
	)
	tests := []struct {
		name  string
		roles []ocpi.Role // the first is compared; the hub told CONNECTED
		reply peer.Reply
		want  CopyResult
		held  parties.Status
	}{
		{"the same", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope(asCPO, 1000)}, CopySame, "CONNECTED"},
		{"another status", []ocpi.Role{emsp}, peer.Reply{Status: 200, Body: envelope(asEMSP, 1000)}, CopyDiffers, "OFFLINE"},
		{"another role of the party", []ocpi.Role{cpo, emsp}, peer.Reply{Status: 200, Body: envelope(asEMSP, 1000)}, CopyOtherRole, "OFFLINE"},
		{"a role that the party has not", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope(asEMSP, 1000)}, CopyMissing, ""},
		{"every role in a list", []ocpi.Role{cpo, emsp}, peer.Reply{Status: 200, Body: envelope("["+asEMSP+","+asCPO+"]", 1000)}, CopySame, "CONNECTED"},
		{"without a role", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope(`{"status":"PLANNED"}`, 1000)}, CopyDiffers, "PLANNED"},
		{"404 without OCPI", []ocpi.Role{cpo}, peer.Reply{Status: 404, Body: []byte("not found")}, CopyMissing, ""},
		{"404 with OCPI", []ocpi.Role{cpo}, peer.Reply{Status: 404, Body: envelope("null", 2000)}, CopyMissing, ""},
		{"200 with 2001", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope("null", 2001)}, CopyMissing, ""},
		{"no data", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: []byte(`{"status_code":1000}`)}, CopyMissing, ""},
		{"an empty list", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope("[]", 1000)}, CopyMissing, ""},
		{"a list of nonsense", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope(`[1,null,"x"]`, 1000)}, CopyMissing, ""},
		{"GET is not offered", []ocpi.Role{cpo}, peer.Reply{Status: 405, Body: envelope("null", 2000)}, CopyUnreadable, ""},
		{"no OCPI", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: []byte("<html>")}, CopyUnreadable, ""},
		{"server error", []ocpi.Role{cpo}, peer.Reply{Status: 500, Body: envelope("null", 3000)}, CopyUnreadable, ""},
		{"OCPI server error", []ocpi.Role{cpo}, peer.Reply{Status: 200, Body: envelope("null", 3000)}, CopyUnreadable, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Copy{Member: parties.Member{Claim: parties.Claim{Role: test.roles[0]}, Status: parties.Connected}}
			held, err := parseCopy(test.reply)
			compare(&c, test.roles, held, err)
			if diff := cmp.Diff([]string{string(test.want), string(test.held)}, []string{string(c.Result), string(c.Held)}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if (c.Reason != "") != (test.want == CopyUnreadable) {
				t.Errorf("the reason is %q", c.Reason)
			}
		})
	}
	var c Copy
	if compare(&c, nil, nil, errors.New("refused")); c.Result != CopyUnreadable || c.Reason != "refused" {
		t.Errorf("a call that fails: %+v", c)
	}
}

func FuzzACopyOfAnyKindIsRead(f *testing.F) {
	f.Add(200, []byte(`{"data":{"role":"CPO","status":"CONNECTED"},"status_code":1000}`))
	f.Add(200, []byte(`{"data":[{"role":"CPO"},[],{"status":1}],"status_code":1000}`))
	f.Add(404, []byte("x"))
	f.Fuzz(func(_ *testing.T, status int, body []byte) {
		held, err := parseCopy(peer.Reply{Status: status, Body: body})
		c := Copy{Member: parties.Member{Claim: parties.Claim{Role: ocpi.CPO}, Status: parties.Connected}}
		compare(&c, []ocpi.Role{ocpi.CPO}, held, err)
	})
}
