package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// scribe writes objects as many different implementations do: members in any
// order, odd white space, escapes where none are needed, fields of its own.
type scribe struct{ *rand.Rand }

func (s scribe) object(members []string) string {
	for range s.IntN(6) {
		members = append(members, s.name()+s.blank()+":"+s.blank()+s.value(3))
	}
	s.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	for i, m := range members {
		members[i] = s.blank() + m + s.blank()
	}
	return s.blank() + "{" + strings.Join(members, ",") + "}" + s.blank()
}

func (s scribe) blank() string { return []string{"", "", "", " ", "\n\t", "\r\n  "}[s.IntN(6)] }

func (s scribe) name() string {
	return fmt.Sprintf(`"%s%d"`, []string{"x_", "\\u0041", "é", "\\ud83d\\ude00", "a\\/b"}[s.IntN(5)], s.Uint64())
}

func (s scribe) value(depth int) string {
	plain := []string{
		"1.10", "1e3", "-0", "-0.0", "1E-7", "0.1000", "12345678901234567890", "1e400", "null", "true", "[]", "{}",
		`"\u00e9"`, `"é"`, `"\/"`, `"/"`, `"\ud83d\ude00"`, `"😀"`, `"\u2028<&>\u003c"`, `""`, `"\t\"\\"`,
	}
	if n := s.IntN(len(plain) + 2); depth == 0 || n < len(plain) {
		return plain[n%len(plain)]
	}
	if s.IntN(2) == 0 {
		return "[" + s.value(depth-1) + s.blank() + "," + s.value(depth-1) + s.blank() + "]"
	}
	return "{" + s.name() + ":" + s.value(depth-1) + s.blank() + "}"
}

// spelled writes a string, some of its letters as escapes.
func (s scribe) spelled(text string) string {
	var out strings.Builder
	for _, r := range text {
		if s.IntN(8) == 0 {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return `"` + out.String() + `"`
}

func (s scribe) member(name, text string) string { return s.spelled(name) + ":" + s.spelled(text) }

func (s scribe) owned(owner ocpi.PartyID, id string) []string {
	return []string{
		s.member("country_code", owner.Country), s.member("party_id", owner.ID), s.member("id", id),
		s.member("last_updated", "2026-01-01T00:00:00Z"),
	}
}

func (s scribe) location(owner ocpi.PartyID, id string, more ...string) string {
	return s.object(append(append(s.owned(owner, id),
		`"publish":true`, s.member("address", "Dam 1"), s.member("city", "Amsterdam"), s.member("country", "NLD"),
		`"coordinates":`+s.object([]string{s.member("latitude", "52.370216"), s.member("longitude", "4.895168")}),
		s.member("time_zone", "Europe/Amsterdam")), more...))
}

func (s scribe) session(owner ocpi.PartyID, id string, driver ocpi.PartyID, more ...string) string {
	token := s.object([]string{
		s.member("country_code", driver.Country), s.member("party_id", driver.ID), s.member("uid", "U1"),
		s.member("type", "RFID"), s.member("contract_id", "C1"),
	})
	return s.object(append(append(s.owned(owner, id),
		s.member("start_date_time", "2026-01-01T10:00:00Z"), `"kwh":1.50`, `"cdr_token" : `+token, s.member("auth_method", "WHITELIST"),
		s.member("location_id", "L1"), s.member("evse_uid", "1"), s.member("connector_id", "1"), s.member("currency", "EUR"),
		s.member("status", "ACTIVE")), more...))
}

// bytesRoad is a CPO, a hub and an eMSP.
type bytesRoad struct{ cpo, emsp *ocpitest.Platform }

func newBytesRoad(t *testing.T) bytesRoad {
	t.Helper()
	h := startHub(t)
	return bytesRoad{cpo: h.join(platformOf(ocpi.CPO, "DE*ABC")), emsp: h.join(platformOf(ocpi.EMSP, "NL*TNM"))}
}

// wantSame sends a body and compares what arrives.
func (r bytesRoad) wantSame(t *testing.T, m ocpi.ModuleID, to ocpi.PartyID, id, body string) {
	t.Helper()
	req := put(m, "DE/ABC/"+id, body)
	req.To, req.CorrelationID = to, fmt.Sprint("to ", to, " ", id)
	reply, err := r.cpo.Do(t.Context(), req)
	if err != nil || !reply.OK() {
		t.Fatalf("%s to %s: %v, %v\n%.500s", m, to, err, reply.Err(), body)
	}
	holds(t, r.emsp, "the body arrives", func() bool {
		return len(r.emsp.Calls(func(c ocpitest.Call) bool { return c.CorrelationID() == req.CorrelationID })) > 0
	})
	got := r.emsp.Calls(func(c ocpitest.Call) bool { return c.CorrelationID() == req.CorrelationID })[0]
	if string(got.Body) != body {
		t.Errorf("%s to %s:\nsent\n%.500q\narrived\n%.500q", m, to, body, got.Body)
	}
}

func TestH076_H081_WhateverItsSpellingABodyArrivesByteForByte(t *testing.T) {
	t.Parallel()
	r := newBytesRoad(t)
	const seed = 7
	for n := range 120 {
		s := scribe{rand.New(rand.NewPCG(seed, uint64(n)))}
		var more []string
		if n%40 == 0 {
			more = append(more, `"big":"`+strings.Repeat("é\\u00e9", 1<<17)+`"`) // 1 MiB
		}
		for i, to := range []ocpi.PartyID{tnm, hubParty} {
			id := fmt.Sprint("L", n, "-", i)
			r.wantSame(t, ocpi.Locations, to, id, s.location(abc, id, more...))
		}
		for i, to := range []ocpi.PartyID{tnm, {}} {
			id := fmt.Sprint("S", n, "-", i)
			r.wantSame(t, ocpi.Sessions, to, id, s.session(abc, id, tnm, more...))
		}
		r.emsp.ForgetCalls()
	}
}

func TestABodyThatReadersMayUnderstandDifferentlyIs400AndGoesNoFurther(t *testing.T) {
	t.Parallel()
	r := newBytesRoad(t)
	good := locationWith(abc, "L1", 1)
	with := func(member string) string { return strings.Replace(good, `"city":`, member+`,"city":`, 1) }
	for name, body := range map[string]string{
		"a name twice":                          with(`"publish":true`),
		"a name twice, once escaped":            with(`"publis\u0068":true`),
		"a name twice deep inside":              with(`"x":[{"a":{"b":1,"c":2,"b":3}}]`),
		"bytes that are not UTF-8":              with("\"x\":\"\xff\""),
		"an encoded surrogate":                  with("\"x\":\"\xed\xa0\x80\""),
		"an overlong slash":                     with("\"x\":\"\xc0\xaf\""),
		"half a surrogate pair":                 with(`"x":"\ud83d"`),
		"H-051 a trailing comma":                good[:len(good)-1] + ",}",
		"H-051 two values":                      good + "{}",
		"H-051 a leading zero":                  with(`"x":01`),
		"H-051 a bare control character":        with("\"x\":\"\x01\""),
		"H-051 nothing that ends":               good[:len(good)-1],
		"H-051 not a number":                    with(`"x":NaN`),
		"H-051 single quotes instead of double": with(`'x':1`),
	} {
		for _, to := range []ocpi.PartyID{tnm, hubParty, {}} {
			req := put(ocpi.Locations, "DE/ABC/L1", body)
			req.To = to
			reply, err := r.cpo.Do(t.Context(), req)
			if err != nil || reply.Status != 400 || reply.Code() != 2001 {
				t.Errorf("%s, to %s: %v, HTTP %d with %d", name, to, err, reply.Status, reply.Code())
			}
		}
	}
	r.wantSame(t, ocpi.Locations, hubParty, "L1", good) // behind which nothing can still be on its way
	if calls := r.emsp.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) != 1 || !bytes.Equal(calls[0].Body, []byte(good)) {
		t.Errorf("something was forwarded: %v", calls)
	}
}
