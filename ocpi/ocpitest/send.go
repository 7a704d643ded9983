package ocpitest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// send serves the SENDER interfaces of the functional modules.
func (p *Platform) send(in *incoming) answer {
	switch {
	case in.rule.List:
		return p.list(in)
	case in.Module == ocpi.Locations:
		return p.giveOwn(in)
	case in.Module == ocpi.Tokens:
		return p.authorize(in)
	case in.Module == ocpi.Sessions:
		return p.preferences()
	case in.Module == ocpi.ChargingProfiles: // PUT of an ActiveChargingProfile
		return p.keep(change{
			method: in.Method, key: Key{Module: in.Module, Owner: in.Routing.From, ID: in.segments[0]},
			to: p.addressee(in), from: in.Routing.From, body: in.Body,
		})
	}
	return notFound()
}

// list gives a page of what the platform offers: of one party, if the call is
// to one (transport and format, Pagination).
func (p *Platform) list(in *incoming) answer {
	asked, err := ocpi.ParsePageRequest(in.values)
	if err == nil && in.Module == ocpi.Sessions && asked.From.IsZero() {
		err = errNoDateFrom
	}
	if err != nil {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, err.Error())
	}
	habit := p.scripted.get().Paging
	if habit.Before != nil {
		habit.Before(in.Call)
	}
	return p.page(in, asked, p.own.all(in.Module, func(o Object) bool {
		at := o.LastUpdated()
		return (in.Routing.To.IsZero() || o.Owner == in.Routing.To) && (habit.IgnoreFilter ||
			!at.Before(asked.From) && (asked.To.IsZero() || at.Before(asked.To)))
	}))
}

// here returns the URL that was called.
func (p *Platform) here(in *incoming) string {
	return strings.TrimSuffix(p.url(""), p.basePath()+"/ocpi/") + in.Path
}

func raws(objects []Object) [][]byte {
	out := make([][]byte, len(objects))
	for i, o := range objects {
		out[i] = o.Raw
	}
	return out
}

// giveOwn gives one location, or a part of it.
func (p *Platform) giveOwn(in *incoming) answer {
	found := p.own.all(in.Module, func(o Object) bool {
		return strings.EqualFold(o.ID, in.segments[0]) && (in.Routing.To.IsZero() || o.Owner == in.Routing.To)
	})
	if len(found) == 0 {
		return notFound()
	}
	return part(found[0].Raw, in.segments[1:])
}

// authorize answers whether a driver may charge (tokens, POST). A token that
// the platform does not know is 404 with 2004.
func (p *Platform) authorize(in *incoming) answer {
	ask := Authorization{UID: in.segments[0], Type: in.values.Get("type"), To: in.Routing.To, From: in.Routing.From, Body: in.Body}
	setDefault(&ask.Type, "RFID")
	tokens := p.own.all(ocpi.Tokens, func(o Object) bool {
		return strings.EqualFold(o.ID, ask.UID) && strings.EqualFold(o.Type, ask.Type) &&
			(ask.To.IsZero() || o.Owner == ask.To)
	})
	if len(tokens) > 0 {
		ask.Token = tokens[0].Raw
	}
	verdict := p.scripted.get().authorize(ask)
	if verdict.Unknown {
		return refuse(http.StatusNotFound, ocpi.StatusUnknownToken, "unknown token")
	}
	if verdict.Code != 0 {
		return refuse(http.StatusOK, verdict.Code, verdict.Message)
	}
	return done(verdict.info(ask))
}

// preferences answers a driver's wishes for a session (sessions, PUT).
func (p *Platform) preferences() answer {
	result := p.scripted.get().Preferences
	setDefault(&result, "ACCEPTED")
	return done(ocpi.Quote(result))
}

// escape joins ids to a path.
func escape(ids ...string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = url.PathEscape(id)
	}
	return strings.Join(out, "/")
}
