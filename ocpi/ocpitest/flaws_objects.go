package ocpitest

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// objectFlaws are what goes wrong with the objects of lists.
func objectFlaws() []Flaw {
	return []Flaw{
		{Name: "invalid-objects", Does: "objects lack a field that is required", script: spoiling(incomplete)},
		{Name: "future-last-updated", Does: "last_updated lies a day ahead", script: spoiling(tomorrow)},
		{Name: "wrong-party-in-objects", Does: "objects name an owner that is no party of the platform", script: spoiling(foreign)},
	}
}

// spoiling makes a flaw of what is done to each object of a page.
func spoiling(spoil func(Call, []byte) []byte) func(*Script) {
	return func(s *Script) {
		before := s.Paging.Edit
		s.Paging.Edit = func(c Call, page [][]byte) [][]byte {
			if before != nil {
				page = before(c, page)
			}
			out := make([][]byte, len(page))
			for i, object := range page {
				out[i] = spoil(c, object)
			}
			return out
		}
	}
}

// incomplete takes a required field away.
func incomplete(c Call, object []byte) []byte {
	field, ok := map[ocpi.ModuleID]string{
		ocpi.Locations: "address", ocpi.Tokens: "issuer", ocpi.Tariffs: "elements",
		ocpi.Sessions: "kwh", ocpi.CDRs: "total_cost",
	}[c.Module]
	if !ok {
		return object
	}
	return ocpi.SetMember(object, field, []byte("null"))
}

func tomorrow(_ Call, object []byte) []byte {
	return ocpi.SetMember(object, "last_updated", ocpi.Quote(ocpi.FormatDateTime(time.Now().Add(day))))
}

func foreign(_ Call, object []byte) []byte {
	object = ocpi.SetMember(object, "country_code", ocpi.Quote("XX"))
	return ocpi.SetMember(object, "party_id", ocpi.Quote("NIL"))
}

// plainTokens writes and reads tokens as they are.
func plainTokens(o *Options) { o.TokenEncoding, o.StrictEncoding = ocpi.TokenRaw, true }

// editing makes a flaw of what is done to the endpoints of the version details.
func editing(edit func([]ocpi.Endpoint) []ocpi.Endpoint) func(*Options) {
	return func(o *Options) {
		before := o.Endpoints
		o.Endpoints = func(list []ocpi.Endpoint) []ocpi.Endpoint {
			if before != nil {
				list = before(list)
			}
			return edit(list)
		}
	}
}

// withoutMain drops the list by which a platform is found: locations, or tokens
// where there are none.
func withoutMain(list []ocpi.Endpoint) []ocpi.Endpoint {
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tokens} {
		is := func(e ocpi.Endpoint) bool { return e.Module == m && e.Interface == ocpi.Sender }
		if slices.ContainsFunc(list, is) {
			return slices.DeleteFunc(slices.Clone(list), is)
		}
	}
	return list
}

// doubled lists the last endpoint once more, under another URL.
func doubled(list []ocpi.Endpoint) []ocpi.Endpoint {
	last := list[len(list)-1]
	last.URL += "/v2"
	return append(slices.Clone(list), last)
}
