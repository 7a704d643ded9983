package hub

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/journal"
)

var (
	tnm = ocpi.NewPartyID("NL", "TNM")
	eco = ocpi.NewPartyID("BE", "ECO")
)

// recorded is an outlook over these records, an hour after the time given, that
// looks at so many of each side.
func recorded(at time.Time, records int, entries ...journal.Entry) outlook {
	log := journal.NewMemory(func() time.Time { return at })
	_ = log.Append(context.Background(), entries) // a log in memory takes everything
	platform := func(id string, role ocpi.Role, party ocpi.PartyID) *parties.Platform {
		return &parties.Platform{ID: id, Status: parties.Connected, Version: ocpi.V221, SealedToken: []byte{1}, Parties: []parties.Party{{Claim: parties.Claim{Role: role, Party: party}}}}
	}
	dir := parties.NewDirectory([]*parties.Platform{platform("c", ocpi.CPO, abc), platform("e", ocpi.EMSP, tnm)}, 1).Govern(parties.PolicyByAgreement, nil)
	return outlook{
		list:      journal.New(journal.Options{Log: log}).List,
		directory: func() *parties.Directory { return dir }, now: func() time.Time { return at.Add(time.Hour) }, records: records,
	}
}

func message(at time.Time, from, to ocpi.PartyID) journal.Entry {
	return journal.Entry{Time: at, From: from, To: to, Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1", Route: "direct"}
}

func TestTheOutlookCountsEachRecordOnceAndSaysHowFarItWent(t *testing.T) {
	t0 := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	entries := []journal.Entry{message(t0.Add(-25*time.Hour), abc, tnm)} // too old
	for minute := range 10 {
		entries = append(entries, message(t0.Add(time.Duration(minute)*time.Minute), abc, tnm), message(t0.Add(time.Duration(minute)*time.Minute), abc, eco))
	}
	a := &parties.Agreement{ID: "a", CPO: abc, EMSP: tnm, State: parties.AgreementActive, Terms: parties.Terms{From: t0.Add(24 * time.Hour)}}
	all := recorded(t0, 1000, entries...).Foresee(t.Context(), a)
	if len(all.Traffic) != 1 || all.Traffic[0].Messages != 10 || all.Traffic[0].Before || !all.Traffic[0].After || all.Note != "" {
		t.Errorf("of an agreement that begins tomorrow: %+v", all)
	}
	newest := recorded(t0, 6, entries...).Foresee(t.Context(), a)
	if len(newest.Traffic) != 1 || newest.Traffic[0].Messages != 3 || newest.Note != "only the newest 6 records of DE*ABC were looked at: what came since 2026-11-21T12:07:00Z" {
		t.Errorf("of a busy day: %+v", newest)
	}
}

func TestWithoutAMessageLogTheOutlookSaysSo(t *testing.T) {
	o := recorded(time.Now(), 10)
	o.list = traffic{}.List
	got := o.Foresee(t.Context(), &parties.Agreement{ID: "a", CPO: abc, EMSP: tnm, State: parties.AgreementActive})
	if len(got.Traffic) > 0 || !strings.Contains(got.Note, "journal.max_age") {
		t.Errorf("got %+v", got)
	}
}
