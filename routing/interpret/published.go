package interpret

import (
	"context"
	"errors"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Published finds a location as its readers of 2.1.1 have it: as it is, where it
// is published, else as it was when it was published last. ok is false when it
// never was, so that they have nothing of it.
func (i *Interpreter) Published(ctx context.Context, k catalog.Key) (o catalog.Object, ok bool, err error) {
	for _, k := range []catalog.Key{k, k.LastPublished()} {
		o, err := i.Catalog.Get(ctx, k, catalog.Part{})
		switch {
		case errors.Is(err, catalog.ErrUnknown):
		case err != nil:
			return o, false, unavailable(err)
		case o.Published():
			return o, true, nil
		}
	}
	return o, false, nil
}

// TakeAway carries a location that is withheld, for it is not published any more,
// to a reader of 2.1.1 who has it: as it was, with all EVSEs REMOVED. That it is
// withheld is among the findings. ok is false when there is nothing to be taken
// away. changed is the location as it is.
func (i *Interpreter) TakeAway(ctx context.Context, t Talk, was catalog.Object, changed []byte) (r bridge.Result, ok bool, err error) {
	body, gone, ok := bridge.TakenAway(was.Body, ocpi.FindString(changed, "last_updated"))
	if !ok {
		return r, false, nil
	}
	t.From, t.Partial = was.Version, false
	r, err = i.Carry(ctx, t, body)
	if err != nil || r.Withheld != nil {
		return r, false, err
	}
	hidden := bridge.Finding{Kind: bridge.Refused, Reason: bridge.NotPublished, Pointer: "/publish"}
	r.Findings = append(append([]bridge.Finding{hidden}, gone...), r.Findings...)
	return r, true, nil
}

// Hides says whether a translation was withheld from 2.1.1 because the location is
// not published.
func Hides(t Talk, r bridge.Result) bool {
	return t.Class == bridge.Location && t.To == ocpi.V211 && r.Withheld != nil && r.Withheld.Reason == bridge.NotPublished
}
