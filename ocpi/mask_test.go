package ocpi_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestAPathIsToldWithoutWhatNamesADriver(t *testing.T) {
	for _, c := range []struct {
		module     ocpi.ModuleID
		side       ocpi.Interface
		path, want string
	}{
		{ocpi.Locations, ocpi.Receiver, "DE/ABC/L1/E1/1", "DE/ABC/L1/E1/1"},
		{ocpi.Tokens, ocpi.Receiver, "NL/TNM/0123", "NL/TNM/***"},
		{ocpi.Tokens, ocpi.Receiver, "NL/TNM/01%2F23", "NL/TNM/***"},
		{ocpi.Tokens, ocpi.Sender, "0123/authorize", "***/authorize"},
		{ocpi.Tokens, ocpi.Sender, "authorize/authorize", "***/authorize"},
		{ocpi.Tokens, ocpi.Sender, "", ""},
		{ocpi.Commands, ocpi.Receiver, "START_SESSION", "START_SESSION"},
		{ocpi.CDRs, ocpi.Receiver, "unguessable", "***"},
		{ocpi.CDRs, ocpi.Receiver, "", ""},
		{ocpi.Payments, ocpi.Sender, "terminals/T1/deactivate", "terminals/T1/deactivate"},
		{ocpi.Bookings, ocpi.Receiver, "NL/TNM/B1", "NL/TNM/B1"},
		{"x-drivers", ocpi.Receiver, "NL/TNM/0123", "***"},
	} {
		if got := ocpi.MaskPath(c.module, c.side, c.path); got != c.want {
			t.Errorf("%s %s is told as %s, want %s", c.module, c.path, got, c.want)
		}
	}
}

func FuzzMaskPath(f *testing.F) {
	f.Add("0123456789", true)
	f.Add("authorize", false)
	f.Fuzz(func(t *testing.T, uid string, push bool) {
		uid = strings.ReplaceAll(uid, "/", "%2F")
		if len(uid) < 10 || strings.Contains("NL/TNM/***/authorize", uid) {
			return
		}
		side, path := ocpi.Sender, uid+"/authorize"
		if push {
			side, path = ocpi.Receiver, "NL/TNM/"+uid
		}
		if got := ocpi.MaskPath(ocpi.Tokens, side, path); strings.Contains(got, uid) {
			t.Errorf("%s tells %s", got, uid)
		}
	})
}
