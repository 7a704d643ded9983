package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// picky is a table that takes no row of an object T2.
type picky struct{ catalog.Table }

func (p picky) Update(ctx context.Context, a catalog.About, change func(catalog.Rows) error) error {
	return p.Table.Update(ctx, a, func(r catalog.Rows) error { return change(pickyRows{r}) })
}

type pickyRows struct{ catalog.Rows }

var errPicky = errors.New("not this one")

func (r pickyRows) Put(key, value []byte) error {
	if bytes.Contains(bytes.ToUpper(key), []byte("T2")) {
		return errPicky
	}
	return r.Rows.Put(key, value)
}

func TestAChangeThatCannotBeMadeHarmsNoneThatCameWithIt(t *testing.T) {
	s := catalog.NewKeyed(picky{catalog.NewMemoryTable()})
	done := s.ApplyAll(t.Context(), []catalog.Change{sent("T1", `{"n":1}`), sent("T2", `{}`), sent("T1", `{"n":2}`), sent("T3", `{}`)})
	for i, want := range []catalog.Outcome{catalog.Created, "", catalog.Updated, catalog.Created} {
		if done[i].Outcome != want || (i == 1) != errors.Is(done[i].Err, errPicky) {
			t.Errorf("change %d: %q, %v", i, done[i].Outcome, done[i].Err)
		}
	}
	o, err := s.Get(t.Context(), sent("T1", "").Key, catalog.Part{})
	if err != nil || string(o.Body) != `{"n":2}` {
		t.Errorf("T1 is %s, %v", o.Body, err)
	}
}
