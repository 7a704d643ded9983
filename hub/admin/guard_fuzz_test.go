package admin

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
)

// FuzzOnlyTheTokenItselfOpens sends authorizations that are not quite right.
func FuzzOnlyTheTokenItselfOpens(f *testing.F) {
	const root = "the-root-token"
	for _, header := range []string{"Bearer " + root, "bearer   " + root + " ", "", "Bearer", "Basic " + root, "Bearer " + root + "\x00", "Bearer " + root + ", Bearer x"} {
		f.Add(header)
	}
	gate, err := access.Open(f.Context(), access.Options{Store: access.NewMemory(), Root: root, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	door := &guard{gate: gate}
	f.Fuzz(func(t *testing.T, header string) {
		caller, err := door.identify([]string{header})
		scheme, rest, _ := strings.Cut(header, " ")
		right := strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(rest) == root
		if right != (err == nil) || right != (caller.Role == access.Admin) {
			t.Errorf("%q: %+v, %v", header, caller, err)
		}
		if err != nil && (!fault.Is(err, fault.Unauthorized) || strings.Contains(err.Error(), root)) {
			t.Errorf("%q is refused with %v", header, err)
		}
		if _, err := readTokenName(header); err == nil && strings.ContainsAny(header, " ()\x00\n") {
			t.Errorf("%q is taken as a name", header)
		}
	})
}
