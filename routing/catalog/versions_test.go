package catalog

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The rows as they were written before objects had versions.
const (
	headBefore   = "0000000000000007" + "0000000069560200" + "00000000" + "0000000069560201" + "00000005" + "00000009" + "02" + "4c31"
	changeBefore = "0000000069560200" + "00000000" + "03505554" + "0463647273" + "0644452a414243" + "064e4c2a544e4d" + "024331" + "00" + "00" + "7b7d"
)

func TestARowWithoutAVersionIsOfTheOneThatWasAlone(t *testing.T) {
	raw, err := hex.DecodeString(headBefore)
	if err != nil {
		t.Fatal(err)
	}
	h, err := decodeHead(raw)
	if err != nil || h.Version != ocpi.V221 || h.ID != "L1" || !h.Missed || h.Gap != 9 || h.seq != 7 {
		t.Errorf("read as %+v, %v", h, err)
	}
	if again := hex.EncodeToString(h.encode()); again != headBefore {
		t.Errorf("written again it is %s", again)
	}
	if raw, err = hex.DecodeString(changeBefore); err != nil {
		t.Fatal(err)
	}
	c, err := decodeChange(raw)
	if err != nil || c.Version != ocpi.V221 || c.Op != Put || c.Key.ID != "C1" || string(c.Body) != "{}" {
		t.Errorf("read as %+v, %v", c, err)
	}
	if again := hex.EncodeToString(encodeChange(c)); again != changeBefore {
		t.Errorf("written again it is %s", again)
	}
}

func TestRowsOfOtherVersionsComeBackAsTheyWere(t *testing.T) {
	at := time.Unix(1767225600, 5).UTC()
	for _, v := range []ocpi.Version{ocpi.V211, ocpi.V221, ocpi.V230, "10.0.1"} {
		h := &head{Record: Record{ID: "L1", Version: v, LastUpdated: at, Stored: at, Deleted: true}, seq: 3}
		got, err := decodeHead(h.encode())
		if diff := cmp.Diff(h, got, cmp.AllowUnexported(head{})); err != nil || diff != "" {
			t.Errorf("%s: %v %s", v, err, diff)
		}
		if stored, id, err := StoredAt(h.encode()); err != nil || id != "L1" || !stored.Equal(at) {
			t.Errorf("%s: stored at %s, id %s, %v", v, stored, id, err)
		}
		c := Change{Key: Key{Module: ocpi.CDRs, ID: "C1"}, Op: Patch, Version: v, Body: []byte("{}"), At: at}
		back, err := decodeChange(encodeChange(c))
		if diff := cmp.Diff(c, back); err != nil || diff != "" {
			t.Errorf("%s: %v %s", v, err, diff)
		}
	}
}

func TestAHeadThatEndsInsideItsVersionIsRefused(t *testing.T) {
	whole := (&head{Record: Record{Version: ocpi.V230}}).encode()
	for cut := headSize; cut < len(whole); cut++ {
		if _, err := decodeHead(whole[:cut]); err == nil {
			t.Errorf("%d of %d bytes are taken for a head", cut, len(whole))
		}
	}
}
