package ocpi

import (
	"encoding/json"
	"errors"
	"strconv"
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

// ParseEnvelope reads an answer. A missing timestamp, data of any kind and a
// null status_message are tolerated; a body without an integer status_code is
// ErrNoEnvelope.
func ParseEnvelope(body []byte) (Envelope, error) {
	var e struct {
		Envelope
		StatusCode    *StatusCode `json:"status_code"`
		StatusMessage any         `json:"status_message"`
		Timestamp     any         `json:"timestamp"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.StatusCode == nil {
		return Envelope{}, ErrNoEnvelope
	}
	out := Envelope{Data: e.Data, StatusCode: *e.StatusCode}
	out.StatusMessage, _ = e.StatusMessage.(string)
	out.Timestamp, _ = e.Timestamp.(string)
	return out, nil
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
