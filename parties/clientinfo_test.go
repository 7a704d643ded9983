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
	if diff := cmp.Diff(want, names(d.Visible(reader))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestH185_DiffTellsOfEveryChange(t *testing.T) {
	h := newHub(t)
	var heard []string
	h.OnChange(func(old, new *parties.Directory) {
		heard = append(heard, names(parties.Diff(old, new))...)
	})
	expect := func(step string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, heard); diff != "" {
			t.Errorf("%s: -want +got:\n%s", step, diff)
		}
		heard = nil
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
