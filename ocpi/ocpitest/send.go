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
	case in.Module == ocpi.Payments:
		return p.sendPayment(in)
	case in.Module == ocpi.Bookings && in.Method == http.MethodPost:
		return p.book(in)
	case in.Module == ocpi.Bookings:
		return p.giveOwn(in, in.segments[0], in.segments[1:])
	case in.Module == ocpi.Locations:
		return p.giveOwn(in, "", in.segments)
	case in.Module == ocpi.Tokens:
		return p.authorize(in)
	case in.Module == ocpi.Sessions:
		return p.preferences()
	case in.Module == ocpi.ChargingProfiles: // PUT of an ActiveChargingProfile
		return p.keep(p.changeBy(in, Key{Module: in.Module, Owner: in.way.From, ID: in.segments[0]}))
	}
	return notFound()
}

// list gives a page of what the platform offers in the version: of one party, if
// the call is to one (transport and format, Pagination).
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
	kind := strings.Join(in.segments, "")
	return p.page(in, asked, p.own.all(in.Module, func(o Object) bool {
		at := o.LastUpdated()
		return p.isAsked(in, o, kind) && (habit.IgnoreFilter ||
			!at.Before(asked.From) && (asked.To.IsZero() || at.Before(asked.To)))
	}))
}

// isAsked says whether a call may ask for an object: one of its version, its part
// of the module and its addressee. Nobody owns what belongs to payments.
func (p *Platform) isAsked(in *incoming, o Object, kind string) bool {
	return o.Version == in.Version && (o.Module == ocpi.Tokens || o.Type == kind) &&
		(in.way.To.IsZero() || o.Owner.IsZero() || o.Owner == in.way.To)
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

// giveOwn gives one object that the platform offers, or a part of it.
func (p *Platform) giveOwn(in *incoming, kind string, ids []string) answer {
	found := p.own.all(in.Module, func(o Object) bool {
		return strings.EqualFold(o.ID, ids[0]) && p.isAsked(in, o, kind)
	})
	if len(found) == 0 {
		return notFound()
	}
	return part(found[0], ids[1:])
}

// authorize answers whether a driver may charge (tokens, POST). A token that
// the platform does not know is 404 with 2004.
func (p *Platform) authorize(in *incoming) answer {
	ask := Authorization{
		Version: in.Version, UID: in.segments[0], Type: in.values.Get("type"), To: in.way.To, From: in.way.From, Body: in.Body,
	}
	if in.Version != ocpi.V211 {
		setDefault(&ask.Type, "RFID")
	}
	tokens := p.own.all(ocpi.Tokens, func(o Object) bool {
		return o.Version == in.Version && strings.EqualFold(o.ID, ask.UID) &&
			(ask.Type == "" || strings.EqualFold(ocpi.FindString(o.Raw, "type"), ask.Type)) &&
			(ask.To.IsZero() || o.Owner == ask.To)
	})
	if len(tokens) > 0 {
		ask.Token = tokens[0].Raw
	}
	verdict := p.scripted.get().authorize(ask)
	if verdict.Unknown {
		return refuse(http.StatusNotFound, unknownToken(in.Version), "unknown token")
	}
	if verdict.Code != 0 {
		return refuse(http.StatusOK, verdict.Code, verdict.Message)
	}
	return done(verdict.info(ask))
}

// unknownToken is the status_code for a token that nobody knows. 2.1.1 has none.
func unknownToken(v ocpi.Version) ocpi.StatusCode {
	if v == ocpi.V211 {
		return ocpi.StatusClientError
	}
	return ocpi.StatusUnknownToken
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
