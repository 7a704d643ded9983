package ocpitest

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// answer is what a call is answered with.
type answer struct {
	status  int
	code    ocpi.StatusCode
	message string
	data    []byte
	header  http.Header
	garbage bool
}

func done(data []byte) answer {
	return answer{status: http.StatusOK, code: ocpi.StatusOK, data: data}
}

func refuse(status int, code ocpi.StatusCode, message string) answer {
	return answer{status: status, code: code, message: message}
}

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
}

// seconds writes a duration for Retry-After, rounded up.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// headers puts the message ids and, for functional modules of a version that has
// them, the routing headers turned round onto the answer.
func (p *Platform) headers(h http.Header, c *Call, f Fault) {
	if f.NoHeaders {
		return
	}
	id, correlation := c.RequestID(), c.CorrelationID()
	reply := c.Routing.Reply()
	if reply.From.IsZero() {
		reply.From, _ = p.Sole(c.Module, c.Interface) // else it stays unknown
	}
	if f.WrongHeaders {
		id, correlation = "wrong-"+id, "wrong-"+correlation
		reply = ocpi.Routing{To: ocpi.NewPartyID("XX", "NIL"), From: ocpi.NewPartyID("XX", "NOT")}
	}
	set(h, ocpi.HeaderRequestID, id)
	set(h, ocpi.HeaderCorrelationID, correlation)
	if c.Module.Functional() && c.Version != ocpi.V211 {
		setRouting(h, reply)
	}
}

// set sets a header that has a value.
func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

func setRouting(h http.Header, r ocpi.Routing) {
	set(h, ocpi.HeaderToCountry, r.To.Country)
	set(h, ocpi.HeaderToParty, r.To.ID)
	set(h, ocpi.HeaderFromCountry, r.From.Country)
	set(h, ocpi.HeaderFromParty, r.From.ID)
}

// write sends an answer in the habits of the platform.
func (p *Platform) write(w http.ResponseWriter, c Call, a answer) {
	maps.Copy(w.Header(), a.header)
	out := Written{Status: a.status, Header: w.Header()}
	if a.garbage {
		out.Header.Set("Content-Type", "text/html")
		out.Body = []byte("<html><body>Cannot do that</body></html>")
	} else {
		env := ocpi.NewEnvelope(a.code, a.message, p.opts.Now())
		env.Data = a.data
		out.Header.Set("Content-Type", "application/json")
		out.Body = env.Bytes()
	}
	for _, habit := range p.scripted.get().Habits {
		habit(c, &out)
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body) // the client may be gone
}
