package hub_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Bodies between parties of one version must arrive as they were sent, to the
// byte, on the ways direct and broadcast.

// road carries one body both ways and returns what arrived.
type road struct {
	t testing.TB
	c *ocpitest.Platform
	e *ocpitest.Platform
	n int
}

func newRoad(t testing.TB) *road {
	h := startHub(t, unlimited)
	return &road{t: t, c: join(t, h, of(ocpi.CPO, cpo)), e: join(t, h, of(ocpi.EMSP, emsp))}
}

// wantSame sends a location with this further member to the eMSP and to all.
func (r *road) wantSame(member string) {
	r.t.Helper()
	for _, to := range []ocpi.PartyID{emsp, hubParty} {
		r.n++
		id := fmt.Sprint("L", r.n)
		body := strings.Replace(location(cpo, id, t0), `"x-new":{"n":1.10}`, member, 1)
		reply := send(r.t, r.c, putLocation(to, cpo, id, body))
		if !reply.OK() {
			r.t.Fatalf("to %s: HTTP %d, %s", to, reply.Status, reply.Body)
		}
		got, err := r.e.WaitFor(patient(r.t), func(c ocpitest.Call) bool { return strings.HasSuffix(c.Path, "/"+id) })
		if err != nil || !bytes.Equal(got.Body, []byte(body)) {
			r.t.Errorf("to %s, %v:\nsent\n%.300s\narrived\n%.300s", to, err, body, got.Body)
		}
	}
	r.e.ForgetCalls()
}

func TestH076_H077_H081_BodiesArriveByteForByte(t *testing.T) {
	r := newRoad(t)
	for _, member := range []string{
		`"n":1.10,"m":1e3,"o":-0,"p":12345678901234567890,"q":1E-7,"r":0.1000`,
		`"s":"\u00e9\/\ud83d\ude00\t\"\\","é":"é😀","\u0041b":1`,
		"\"w\" :\n\t[ 1 ,\r\n 2 ] , \"v\":{ }",
		`"z":null,"a":[],"y":{"b":[[[{"deep":[true,false,null]}]]]}`,
		`"html":"<a href='x'>&amp;</a>","u":"\u2028\u003c"`,
		`"big":"` + strings.Repeat("x", 1<<20) + `"`,
	} {
		r.wantSame(member)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		r.wantSame(anyMembers(dice))
	}
}

// anyMembers writes members as a careless implementation might.
func anyMembers(dice *rand.Rand) string {
	var out []string
	for i := range 1 + dice.IntN(6) {
		out = append(out, fmt.Sprintf("%s\"m%d\"%s:%s%s", blank(dice), i, blank(dice), blank(dice), anyValue(dice, 3)))
	}
	return strings.Join(out, ",") + blank(dice)
}

func anyValue(dice *rand.Rand, depth int) string {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch dice.IntN(kinds) {
	case 0:
		return []string{"true", "false", "null"}[dice.IntN(3)]
	case 1:
		return fmt.Sprintf("%d.%0*d", dice.IntN(1000)-500, 1+dice.IntN(6), dice.IntN(10))
	case 2:
		return fmt.Sprintf("%de%d", 1+dice.IntN(9), dice.IntN(300)-150)
	case 3:
		return fmt.Sprintf("%d%019d", 1+dice.IntN(9), dice.Int64N(1e18))
	case 4:
		return `"` + []string{`\u00e9`, `é`, `\/`, `\n`, `\ud83d\ude00`, `😀`, ` `, `\\`, `\"`}[dice.IntN(9)] + `"`
	case 5:
		return "[" + blank(dice) + anyValue(dice, depth-1) + blank(dice) + "," + anyValue(dice, depth-1) + "]"
	}
	return "{" + blank(dice) + `"k":` + anyValue(dice, depth-1) + blank(dice) + "}"
}

func blank(dice *rand.Rand) string { return []string{"", "", " ", "\n", "\t", "\r\n "}[dice.IntN(6)] }

func FuzzBodiesArriveByteForByte(f *testing.F) {
	f.Add([]byte(`"n":1.10,"s":"\u00e9"`))
	f.Add([]byte("\"w\" :\n[ 1 , 2 ]"))
	r := newRoad(f)
	f.Fuzz(func(t *testing.T, member []byte) {
		body := strings.Replace(location(cpo, "L1", t0), `"x-new":{"n":1.10}`, string(member), 1)
		reply := send(t, r.c, putLocation(emsp, cpo, "L1", body))
		if strictjson.Check([]byte(body)) != nil {
			want(t, reply, 400, 2001)
			return
		}
		calls := r.e.Calls(ocpitest.Is(ocpi.Locations, "PUT"))
		r.e.ForgetCalls()
		if reply.OK() && (len(calls) != 1 || string(calls[0].Body) != body) {
			t.Errorf("sent %q, arrived %v", body, calls)
		}
	})
}

// unlimited keeps the rate limit out of a fuzz.
func unlimited(c *hub.Config) { c.Limits.RequestsPerSecond, c.Limits.Burst = 1e6, 1e6 }
