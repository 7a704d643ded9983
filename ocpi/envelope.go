package ocpi

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Envelope is what every OCPI answer is wrapped in (transport and format,
// Response format). Data holds the bytes as they came.
type Envelope struct {
	Data          json.RawMessage `json:"data,omitempty"`
	StatusCode    StatusCode      `json:"status_code"`
	StatusMessage string          `json:"status_message,omitempty"`
	Timestamp     string          `json:"timestamp"`
}

// NewEnvelope returns an answer without data, stamped with now.
func NewEnvelope(code StatusCode, message string, now time.Time) Envelope {
	return Envelope{StatusCode: code, StatusMessage: message, Timestamp: FormatDateTime(now)}
}

// ErrNoEnvelope reports a body that is not an OCPI answer.
var ErrNoEnvelope = errors.New("the answer is not an OCPI envelope")

// ParseEnvelope reads an answer, whose bytes Data shares. A missing timestamp,
// data of any kind and a null status_message are tolerated; a body without an
// integer status_code is ErrNoEnvelope.
func ParseEnvelope(body []byte) (Envelope, error) {
	var out Envelope
	if !json.Valid(body) {
		return out, ErrNoEnvelope
	}
	coded := false
	for m := range rawMembers(body) {
		switch value := m.value(body); {
		case isName(m.name, "data"):
			out.Data = value
		case isName(m.name, "status_code"):
			code, err := strconv.Atoi(string(value))
			out.StatusCode, coded = StatusCode(code), err == nil
		case isName(m.name, "status_message"):
			out.StatusMessage = text(value)
		case isName(m.name, "timestamp"):
			out.Timestamp = text(value)
		}
	}
	if !coded {
		return Envelope{}, ErrNoEnvelope
	}
	return out, nil
}

// text reads a JSON string; of anything else it is empty.
func text(value []byte) string {
	s, _ := unquote(value)
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Bytes writes the envelope as JSON. Data, which must be valid JSON or empty,
// is copied byte by byte: no re-spelling of numbers or escapes.
func (e Envelope) Bytes() []byte {
	out := make([]byte, 0, len(e.Data)+len(e.StatusMessage)+len(e.Timestamp)+80)
	out = append(out, '{')
	if len(e.Data) > 0 {
		out = append(append(append(out, `"data":`...), e.Data...), ',')
	}
	out = strconv.AppendInt(append(out, `"status_code":`...), int64(e.StatusCode), 10)
	if e.StatusMessage != "" {
		out = append(append(out, `,"status_message":`...), quote(e.StatusMessage)...)
	}
	return append(append(append(out, `,"timestamp":`...), quote(e.Timestamp)...), '}')
}

// quote writes s as a JSON string; a Go string always can be.
func quote(s string) []byte {
	out, _ := json.Marshal(s)
	return out
}
