package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Exchange is one call to a platform and what came of it: what judgements are
// made of.
type Exchange struct {
	URL                      string
	Module                   ocpi.ModuleID
	Routing                  ocpi.Routing // as it was sent
	RequestID, CorrelationID string       // as they were sent; none in 2.1.1
	Asked, Came              time.Time    // by the hub's clock
	Reply                    peer.Reply
	Err                      error // a fault, when no answer came
}

// form is what an answer is wrapped in.
type form int

const (
	nothing   form = iota // no answer, or no JSON
	bare                  // JSON without an envelope
	noStatus              // an envelope without a status_code that can be read
	enveloped             // as it should be
)

// answer is an answer as far as it can be understood: judgements of its data do
// not repeat what is wrong with its envelope.
type answer struct {
	form      form
	code      ocpi.StatusCode
	message   string
	timestamp string
	data      []byte
}

// answer reads what came.
func (x *Exchange) answer() answer {
	body := x.Reply.Body
	if x.Err != nil || !json.Valid(body) {
		return answer{}
	}
	if env, err := ocpi.ParseEnvelope(body); err == nil {
		return answer{enveloped, env.StatusCode, env.StatusMessage, env.Timestamp, env.Data}
	}
	data, hasData := ocpi.Find(body, "data")
	_, hasTime := ocpi.Find(body, "timestamp")
	if object := bytes.TrimSpace(body); object[0] == '{' && (hasData || hasTime) {
		return answer{form: noStatus, timestamp: ocpi.FindString(body, "timestamp"), data: data.Value}
	}
	return answer{form: bare, data: body}
}

// refusal says why an exchange brought no data, or "".
func (x *Exchange) refusal() string {
	a := x.answer()
	switch {
	case x.Err != nil:
		return told(x.Err)
	case x.Reply.Status == http.StatusUnauthorized, x.Reply.Status == http.StatusForbidden:
		return "the hub's token is refused: HTTP " + statusText(x.Reply.Status)
	case x.Reply.Status < 200 || x.Reply.Status > 299:
		return "HTTP " + statusText(x.Reply.Status) + excerpt(x.Reply.Body)
	case a.form == nothing:
		return "the answer is no JSON" + excerpt(x.Reply.Body)
	case a.form == enveloped && !a.code.Success():
		return "status_code " + number(int(a.code)) + quoted(a.message)
	}
	return ""
}

// header returns a header of the answer.
func (x *Exchange) header(name string) string {
	if x.Reply.Details == nil {
		return ""
	}
	return x.Reply.Details.Header.Get(name)
}

// came says whether there was any answer.
func (x *Exchange) came() bool { return x.Err == nil && x.Reply.Status != 0 }

// succeeded says whether the answer has a status of success in HTTP.
func (x *Exchange) succeeded() bool {
	return x.came() && x.Reply.Status >= 200 && x.Reply.Status <= 299
}

// told is what may be told of a failure.
func told(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return "the call failed"
}

func statusText(status int) string {
	return strings.TrimSpace(number(status) + " " + http.StatusText(status))
}

// excerptLength bounds what is told of a body, in characters.
const excerptLength = 60

// excerpt is the beginning of a body that is not understood, masked.
func excerpt(body []byte) string {
	return quoted(string(body[:min(len(body), 8*excerptLength)]))
}

// quoted adds a text of the partner, masked and cut.
func quoted(text string) string {
	text = strings.Join(strings.FieldsFunc(mask(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	}), " ")
	if text == "" {
		return ""
	}
	if runes := []rune(text); len(runes) > excerptLength {
		text = string(runes[:excerptLength]) + " ..."
	}
	return `, "` + text + `"`
}

// secretive matches what may be a token, a uid or a contract id: long words, and
// shorter ones with a digit.
var secretive = regexp.MustCompile(`[A-Za-z0-9+/=_*.~-]{20,}|[A-Za-z0-9+/=_*~-]*[0-9][A-Za-z0-9+/=_*~-]*`)

// mask hides what may be secret. Short numbers, such as HTTP statuses, stay.
func mask(text string) string {
	return secretive.ReplaceAllStringFunc(text, func(word string) string {
		if len(word) < 5 {
			return word
		}
		return ocpi.Masked
	})
}
