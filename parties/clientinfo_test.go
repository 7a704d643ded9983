package parties_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/parties"
)

func names(members []parties.Member) (out []string) {
	for _, m := range members {
		out = append(out, m.String()+" "+string(m.Status))
	}
	return out
}

func TestH187_AClientInfoHasAllRequiredFields(t *testing.T) {
	m := parties.Member{Claim: abcCPO, PlatformID: "p", Status: parties.Offline, Updated: noon.Add(1500 * time.Millisecond)}
	want := `{"party_id":"ABC","country_code":"DE","role":"CPO","status":"OFFLINE","last_updated":"2026-05-01T12:00:01.5Z"}`
	if got := string(m.ClientInfo()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestH189_APlatformSeesAllButItsOwnPartiesAndTheHub(t *testing.T) {
	reader := platform("reader", 1, abcEMSP)
	d := parties.NewDirectory([]*parties.Platform{reader, platform("other", 2, abcCPO), invited("next", 3, defCPO)}, 1)
	want := []string{"CPO:DE*ABC CONNECTED", "CPO:DE*DEF PLANNED"}
	if diff := cmp.Diff(want, names(d.Visible(reader, noon))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestH185_EveryChangeOfStatusIsToBeTold(t *testing.T) {
	h := newHub(t)
	told := map[parties.Claim]parties.Told{}
	expect := func(step string, want ...string) {
		t.Helper()
		heard := parties.Untold(h.Directory().Members(), told)
		if diff := cmp.Diff(want, names(heard)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", step, diff)
		}
		for _, m := range heard {
			told[m.Claim] = m.Told()
		}
	}
	id, tokenA := h.invite(abcCPO, abcEMSP)
	expect("H-193 invite", "CPO:DE*ABC PLANNED", "EMSP:DE*ABC PLANNED")
	_, err := h.post(tokenA, credentials(tokenB, abcCPO, abcEMSP))
	noError(t, err)
	expect("H-188 register", "CPO:DE*ABC CONNECTED", "EMSP:DE*ABC CONNECTED")
	noError(t, h.MarkOffline(t.Context(), id))
	expect("go offline", "CPO:DE*ABC OFFLINE", "EMSP:DE*ABC OFFLINE")
	noError(t, h.MarkOffline(t.Context(), id))
	expect("go offline again")
	noError(t, h.MarkConnected(t.Context(), id))
	expect("come back", "CPO:DE*ABC CONNECTED", "EMSP:DE*ABC CONNECTED")
	_, err = h.Suspend(t.Context(), id)
	noError(t, err)
	expect("suspend", "CPO:DE*ABC SUSPENDED", "EMSP:DE*ABC SUSPENDED")
	_, err = h.Resume(t.Context(), id)
	noError(t, err)
	expect("resume", "CPO:DE*ABC CONNECTED", "EMSP:DE*ABC CONNECTED")
	_, err = h.Remove(t.Context(), id)
	noError(t, err)
	expect("H-186 remove", "CPO:DE*ABC SUSPENDED", "EMSP:DE*ABC SUSPENDED")
}

func TestTheClientInfoOfALaterStatusIsLaterThoughTheClockWasPutBack(t *testing.T) {
	h := newHub(t)
	id, tokenA := h.invite(abcCPO)
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	updated := func() time.Time {
		m, _ := h.Directory().Member(abcCPO)
		return m.Updated
	}
	h.clock.advance(2 * time.Second)
	noError(t, h.MarkOffline(t.Context(), id))
	before := updated()
	h.clock.advance(-2 * time.Second)
	noError(t, h.MarkConnected(t.Context(), id))
	if after := updated(); !after.After(before) {
		t.Errorf("CONNECTED is of %s, OFFLINE before it of %s", after, before)
	}
	h.clock.advance(time.Minute)
	noError(t, h.MarkOffline(t.Context(), id))
	if after := updated(); !after.Equal(h.clock.now()) {
		t.Errorf("with the clock right again it is of %s, want %s", after, h.clock.now())
	}
}

func TestMembersAreFoundByPartyAndRole(t *testing.T) {
	d := parties.NewDirectory([]*parties.Platform{platform("a", 1, abcCPO, defCPO), platform("b", 2, abcEMSP)}, 1)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED", "EMSP:DE*ABC CONNECTED"}, names(d.MembersOf(abcCPO.Party))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if m, ok := d.Member(abcEMSP); !ok || m.PlatformID != "b" {
		t.Errorf("got %+v, %v", m, ok)
	}
	if _, ok := d.Member(parties.Claim{Role: abcEMSP.Role, Party: defCPO.Party}); ok {
		t.Error("a party is found in a role that it does not have")
	}
	if got := d.MembersOf(parties.Claim{}.Party); len(got) != 0 {
		t.Errorf("nobody is %v", got)
	}
}

func TestH196_UnderPolicyAgreementAPlatformSeesThoseItHasAnAgreementWith(t *testing.T) {
	reader := platform("reader", 1, jjjEMSP)
	list := []*parties.Platform{reader, platform("c", 2, abcCPO), platform("d", 3, defCPO), platform("n", 4, kkkNSP)}
	ends := noon.Add(2 * time.Hour)
	d := parties.NewDirectory(list, 1).Govern(parties.PolicyByAgreement, []*parties.Agreement{
		agreed(abcCPO, jjjEMSP, func(a *parties.Agreement) { a.From, a.Until = noon.Add(time.Hour), ends }),
		agreed(defCPO, kkkNSP),
	})
	for _, test := range []struct {
		at   time.Time
		want int
	}{{noon, 0}, {noon.Add(time.Hour), 1}, {ends, 0}} {
		if got := d.Visible(reader, test.at); len(got) != test.want || test.want == 1 && got[0].Claim != abcCPO {
			t.Errorf("at %s it sees %v, want %d", test.at, got, test.want)
		}
	}
	m, _ := d.Member(abcCPO)
	during, after := d.SeenBy(reader, m, noon.Add(90*time.Minute)), d.SeenBy(reader, m, ends)
	if during.Status != parties.Connected || !during.Updated.Equal(noon.Add(time.Hour)) {
		t.Errorf("while it is in force: %+v", during)
	}
	if after.Status != parties.Suspended || !after.Updated.Equal(ends) {
		t.Errorf("after its end: %+v", after)
	}
	if got := d.NewlyLinked(noon.Add(time.Hour), noon.Add(90*time.Minute)); len(got) != 2 {
		t.Errorf("newly linked: %v", got)
	}
	if got := d.NewlyLinked(noon.Add(61*time.Minute), noon.Add(90*time.Minute)); len(got) != 0 {
		t.Errorf("newly linked, but long ago: %v", got)
	}
}
