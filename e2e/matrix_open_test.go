package e2e

import (
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// open checks what finds its receiver by its content.
func (s *ball) open() {
	s.t.Helper()
	var first, second, third []cell
	for _, from := range matrix {
		for _, to := range matrix {
			if from == to {
				continue
			}
			if from.on(operator) && to.on(server) {
				first = append(first, s.fromOperator(from, to)...)
			}
			if from.on(server) && to.on(operator) {
				begun, later, last := s.fromServer(from, to)
				first, second, third = append(first, begun), append(second, later...), append(third, last...)
			}
		}
		if from.on(operator) {
			first = append(first, s.nobodysToken(from))
		}
	}
	s.run(first)
	s.run(second)
	s.run(third)
}

// fromOperator are the messages that one who runs charge points sends without
// naming the receiver.
func (s *ball) fromOperator(from, to guest) []cell {
	id, pair := "O-"+from.id.ID+"-"+to.id.ID, fmt.Sprintf(" from %s for %s (%s)", from.id, to.id, s.dealOf(from, to))
	write := func(name string, m ocpi.ModuleID, method string, text func(*ocpitest.Request, guest, guest, string)) cell {
		req := ocpitest.Request{Module: m, Interface: ocpi.Receiver, Method: method}
		text(&req, from, to, id)
		return cell{name: "open, " + name + pair, by: from, req: req}.want(s.table, operator, to)
	}
	out := []cell{
		write("a session", ocpi.Sessions, "PUT", writeSession),
		write("a CDR", ocpi.CDRs, "POST", writeCDR),
	}
	if !broadcasts(to.role, ocpi.Tokens) {
		return out
	}
	ask := cell{name: "open, an authorisation" + pair, by: from, req: ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: tokenOfGuest(to) + "/authorize",
	}}.want(s.table, operator, to)
	if ask.code != 1000 { // to this sender it is nobody's token
		ask.code, ask.receivers = 2004, s.askable(from)
	}
	return append(out, ask)
}

// nobodysToken is an authorisation about which everybody must be asked.
func (s *ball) nobodysToken(from guest) cell {
	return cell{
		name: "open, an authorisation of nobody's token from " + from.id.String(), by: from, code: 2004, receivers: s.askable(from),
		req: ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "NOBODYS/authorize"},
	}
}

func (s *ball) askable(from guest) (out []ocpi.PartyID) {
	for _, g := range everybody {
		if g.id != from.id && s.table.allows(from, operator, g, ocpi.Tokens) {
			out = append(out, g.id)
		}
	}
	return out
}

// fromServer are the messages that one who serves drivers sends without naming
// the receiver: about a location, then about the session that to has put, and
// what to answers then.
func (s *ball) fromServer(from, to guest) (start cell, about, answers []cell) {
	session := "O-" + to.id.ID + "-" + from.id.ID
	pair := fmt.Sprintf(" from %s for %s (%s)", from.id, to.id, s.dealOf(from, to))
	started := s.table.allows(to, operator, from, ocpi.Sessions)
	write := func(name string, l letter, known bool) cell {
		c := cell{name: "open, " + name + pair, by: from}
		c.req, c.later = l.request(s.at[from.home], from, to, session)
		c.req.To = ocpi.PartyID{}
		if c = c.want(s.table, server, to); !known {
			c.code, c.receivers = 4001, nil
		}
		return c
	}
	order := func(name, body string) letter {
		return letter{module: ocpi.Commands, of: ocpi.Receiver, method: "POST", write: func(req *ocpitest.Request, _, _ guest, _ string) {
			req.Path, req.Body = name, []byte(body)
		}}
	}
	start = write("START_SESSION", order("START_SESSION", `{"location_id":"all-`+to.id.ID+`","token":{}}`), true)
	about = []cell{
		write("STOP_SESSION", order("STOP_SESSION", `{"session_id":"`+session+`"}`), started),
		write("preferences", letter{module: ocpi.Sessions, of: ocpi.Sender, method: "PUT", write: writePreferences}, started),
		write("a profile", letter{module: ocpi.ChargingProfiles, of: ocpi.Receiver, method: "PUT", write: writeProfile}, started),
	}
	profile := about[2].code == 1000
	active := cell{name: "open, an active profile" + pair, by: to, req: ocpitest.Request{Module: ocpi.ChargingProfiles, Interface: ocpi.Sender, Method: "PUT"}}
	writeActiveProfile(&active.req, to, from, session)
	if active = active.want(s.table, operator, from); !profile {
		active.code, active.receivers = 4001, nil
	}
	return start, about, []cell{active}
}
