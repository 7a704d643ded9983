package routing

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// The sizes of a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// gather answers GET All via Hub from the catalog: the objects of every owner
// that the reader may see.
func (r *Router) gather(ctx context.Context, m *Message, from Speaker) (Answer, error) {
	asked, err := pageRequest(m)
	if err != nil {
		return Answer{}, err
	}
	dir, now := r.Registry.Directory(), r.Now()
	page, err := r.Catalog.List(ctx, catalog.Query{
		Module: m.Rule.Module, Reader: from.Party,
		Owners: func(owner ocpi.PartyID) bool {
			return dir.Lists(m.Sender, owner, now) && mayRead(dir, from, owner, m.Rule, now)
		},
		From: asked.From, To: asked.To,
		Cursor: asked.Cursor, Offset: asked.Offset, Limit: asked.Limit,
	})
	if errors.Is(err, catalog.ErrCursor) {
		return Answer{}, fault.New(fault.Invalid, "cursor is not from a Link of this hub: start the list anew")
	}
	if err != nil {
		return Answer{}, fault.Wrap(fault.Unavailable, err, "the hub cannot read its catalog now: try again")
	}
	objects, did, err := r.inVersion(ctx, page.Objects, m, from.Party)
	if err != nil {
		return Answer{}, err
	}
	answer := r.own(from.Party, list(objects))
	answer.Bridged = did
	answer.TotalCount, answer.Limit = strconv.Itoa(total(asked, page, len(objects))), strconv.Itoa(maxLimit)
	if m.Rule.Version == ocpi.V211 { // where it counts what is on the page (H-128)
		answer.Limit = strconv.Itoa(len(objects))
	}
	if page.Next != "" {
		answer.Link = r.nextPage(m, asked, page.Next)
	}
	return answer, nil
}

// total is how many objects a list has. What is withheld from the reader counts,
// but where all of the list is on one page: else all of it would have to be
// translated for each page.
func total(asked ocpi.PageRequest, page catalog.Page, shown int) int {
	if asked.Offset == 0 && asked.Cursor == "" && page.Next == "" {
		return shown
	}
	return page.Total
}

// mayRead says whether a party may have the objects of an owner: by its GET at
// the hub it asks the owner.
func mayRead(dir *parties.Directory, from Speaker, owner ocpi.PartyID, rule *ocpi.Rule, now time.Time) bool {
	for _, role := range []ocpi.Role{ocpi.CPO, ocpi.EMSP} { // invoices are of either
		if role.Plays(rule.Module, ocpi.Sender) && dir.Allows(parties.Exchange{
			From: parties.Claim{Role: from.Role, Party: from.Party}, To: parties.Claim{Role: role, Party: owner}, Module: rule.Module,
		}, now) {
			return true
		}
	}
	return false
}

func pageRequest(m *Message) (ocpi.PageRequest, error) {
	values, err := url.ParseQuery(m.Query)
	if err != nil {
		return ocpi.PageRequest{}, fault.Wrap(fault.Invalid, err, "the query cannot be read: percent-encode it")
	}
	asked, err := ocpi.ParsePageRequest(values)
	if err != nil {
		return ocpi.PageRequest{}, fault.New(fault.Invalid, "%s", err)
	}
	if m.Rule.Module == ocpi.Sessions && asked.From.IsZero() {
		return ocpi.PageRequest{}, fault.New(fault.Invalid, "date_from is required for a list of sessions")
	}
	switch {
	case asked.Limit == 0:
		asked.Limit = defaultLimit
	case asked.Limit > maxLimit:
		asked.Limit = maxLimit
	}
	return asked, nil
}

// nextPage writes the Link of the next page. offset and limit are for clients
// that read only these; the cursor is what the hub goes by.
func (r *Router) nextPage(m *Message, asked ocpi.PageRequest, cursor string) string {
	query := setParam(m.Query, "offset", strconv.Itoa(asked.Offset+asked.Limit))
	query = setParam(query, "limit", strconv.Itoa(asked.Limit))
	query = setParam(query, "cursor", cursor)
	return ocpi.FormatLinkNext(withQuery(ocpi.JoinURL(r.endpoint(m), m.Path), query))
}

// inVersion carries objects of the catalog into the version of their reader, who
// sent the message. What may not go there is left out.
func (r *Router) inVersion(ctx context.Context, objects []catalog.Object, m *Message, reader ocpi.PartyID) ([][]byte, []bridge.Crossing, error) {
	return carryEach(ctx, r.Interpreter, slices.Values(objects), func(o catalog.Object) (interpret.Talk, []byte) {
		talk := interpret.HeldTalk(o, m.Rule.Version, reader)
		talk.PlainTo = plain(m.Sender)
		return talk, o.Body
	})
}

// list writes objects as a JSON array, byte by byte.
func list(objects [][]byte) []byte {
	size := 2
	for _, o := range objects {
		size += len(o) + 1
	}
	out := append(make([]byte, 0, size), '[')
	for i, o := range objects {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, o...)
	}
	return append(out, ']')
}
