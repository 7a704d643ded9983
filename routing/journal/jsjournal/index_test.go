package jsjournal

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/routing/journal"
)

func filled(messages int) *pending {
	p := &pending{}
	for n := range messages {
		p.add(place{7, uint64(10 + 3*n)}, []journal.Entry{
			{CorrelationID: fmt.Sprint("c", n)}, {CorrelationID: fmt.Sprint("c", n), Command: "everywhere"},
		})
	}
	return p
}

func TestAPageFindsTheMessagesThatHoldAnID(t *testing.T) {
	p, err := decodePage(filled(300).encode())
	if err != nil || p.epoch != 7 || len(p.seqs) != 300 {
		t.Fatal(p, err)
	}
	for n := range 300 {
		if got := p.find(fingerprint(fmt.Sprint("c", n))); len(got) != 1 || p.seqs[got[0]] != uint64(10+3*n) {
			t.Fatalf("c%d is found in %v", n, got)
		}
	}
	if got := p.find(fingerprint("everywhere")); len(got) != 300 {
		t.Errorf("found %d times", len(got))
	}
	if got := p.find(fingerprint("nowhere")); len(got) != 0 {
		t.Errorf("found in %v", got)
	}
}

func TestAPageIsFullByMessagesOrByIDs(t *testing.T) {
	p := &pending{}
	for n := range pageMessages {
		if full := p.add(place{1, uint64(n + 1)}, []journal.Entry{{CorrelationID: "same"}}); full != (n == pageMessages-1) {
			t.Fatalf("after %d messages: %v", n+1, full)
		}
	}
	entries := make([]journal.Entry, pageIDs)
	for n := range entries {
		entries[n].CorrelationID = fmt.Sprint(n)
	}
	if p := (&pending{}); p.add(place{1, 1}, entries[1:]) || !p.add(place{1, 2}, entries[:1]) {
		t.Error("by ids it is full at another time")
	}
}

func TestAStreamThatBeganAnewBeginsAPage(t *testing.T) {
	p := filled(3)
	p.add(place{8, 1}, nil)
	p.add(place{8, 2}, nil)
	if diff := cmp.Diff([]uint64{1, 2}, p.page().seqs); diff != "" {
		t.Error(diff)
	}
	p.add(place{8, 1}, nil) // without a new epoch: somebody else has made it again
	if diff := cmp.Diff([]uint64{1}, p.page().seqs); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyMessagesThatMayHoldAnIDAreRead(t *testing.T) {
	page := filled(100).page()
	p := newPlaces(span{7, 5, 400})
	p.note(page, p.unknown([]string{"c50", "everywhere-else"}))
	read := map[uint64]bool{}
	for end := uint64(400); end >= 5; {
		start, last := p.next(end, 8)
		if last < 5 {
			break
		}
		if last-start >= 8 {
			t.Fatalf("a window from %d to %d", start, last)
		}
		for seq := start; seq <= last; seq++ {
			read[seq] = true
		}
		end = start - 1
	}
	covered := map[uint64]bool{}
	for _, seq := range page.seqs {
		covered[seq] = true
	}
	for seq := uint64(5); seq <= 400; seq++ {
		if want := !covered[seq] || seq == 10+3*50; read[seq] != want {
			t.Errorf("%d is read: %v, want %v", seq, read[seq], want)
		}
	}
	if again := p.unknown([]string{"c50"}); len(again) != 0 {
		t.Errorf("asked twice for %v", again)
	}
}

func FuzzDecodePage(f *testing.F) {
	f.Add(filled(3).encode())
	f.Add([]byte{})
	f.Add([]byte{1, 2, 1, 5, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := decodePage(raw)
		if err != nil {
			return
		}
		places := newPlaces(span{p.epoch, 1, 100})
		places.note(p, map[uint32]bool{0: true, 1: true})
		again, err := decodePage(p.encode())
		if err != nil || !bytes.Equal(again.rows, p.rows) || !cmp.Equal(again.seqs, p.seqs) {
			t.Errorf("read back as %v, %v", again, err)
		}
	})
}
