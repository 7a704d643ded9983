package main

import (
	"bytes"
	"strings"
	"testing"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func TestTheLetterNamesTheVersionsThatThePartnerIsOffered(t *testing.T) {
	for _, c := range []struct {
		versions    []string
		want, never string
	}{
		{nil, "details of version 2.2.1,", "highest"},
		{[]string{"2.2.1"}, "details of version 2.2.1,", "highest"},
		{[]string{"2.1.1"}, "details of version 2.1.1,", "chargingprofiles"},
		{[]string{"2.1.1"}, "have no role", "hubclientinfo"},
		{[]string{"2.1.1", "2.3.0", "2.2.1"}, "highest version that you have\n(2.1.1, 2.3.0, 2.2.1)", "of version"},
	} {
		var out bytes.Buffer
		l := letter{"https://hub.example/ocpi/versions", "TOKEN", []*adminv1.PartyRole{{Role: "CPO", CountryCode: "DE", PartyId: "ABC"}}, c.versions, ""}
		if err := l.print(&out); err != nil || !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), c.never) {
			t.Errorf("%v: %v\n%s", c.versions, err, &out)
		}
	}
	var out bytes.Buffer
	if err := (letter{Versions: []string{"2.1.1"}, As: "NL*XYZ"}).print(&out); err != nil || !strings.Contains(out.String(), "the hub there is:     NL*XYZ, and nobody else") {
		t.Errorf("for one party: %v\n%s", err, &out)
	}
	if l := (letter{Versions: []string{"2.2.1", "2.3.0"}}); l.Version() != "2.3.0" {
		t.Errorf("the highest is %s", l.Version())
	}
}
