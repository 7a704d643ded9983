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

// headers puts the message ids and, for functional modules, the routing
// headers turned round onto the answer.
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
	if c.Module.Functional() {
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

// write sends an answer.
func (p *Platform) write(w http.ResponseWriter, a answer) {
	maps.Copy(w.Header(), a.header)
	if a.garbage {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte("<html><body>Cannot do that</body></html>")) // the client may be gone
		return
	}
	env := ocpi.NewEnvelope(a.code, a.message, p.opts.Now())
	env.Data = a.data
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(env.Bytes()) // the client may be gone
}
