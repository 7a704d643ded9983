package routing

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

func TestTheShelfOfTranslationsIsBounded(t *testing.T) {
	s := shelf{of: map[reading]bridge.Result{}}
	for n := range 1000 {
		s.put(reading{body: new(byte), size: 1 << 20, to: ocpi.V211}, bridge.Result{Body: make([]byte, n)})
	}
	sum := 0
	for of, r := range s.of {
		sum += weight(of, r)
	}
	if len(s.of) == 0 || len(s.of) != len(s.order) || sum != s.bytes || sum > shelvedBytes {
		t.Errorf("%d translations of %d bytes, by its own count %d in order and %d", len(s.of), sum, len(s.order), s.bytes)
	}
	if s.put(reading{body: new(byte), size: shelvedBytes, to: ocpi.V211}, bridge.Result{Body: []byte{1}}); s.bytes != sum {
		t.Error("a giant takes the place of all others")
	}
	for range 2 * shelved {
		s.put(reading{body: new(byte), size: 1, to: ocpi.V211}, bridge.Result{})
	}
	if len(s.of) != shelved {
		t.Errorf("%d small translations are kept", len(s.of))
	}
}
