package ocpitest

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Written is an answer as it goes out.
type Written struct {
	Status int
	Header http.Header
	Body   []byte
}

// Habit is a way of writing answers that implementations in the field have: it
// edits the answer to a call.
type Habit func(Call, *Written)

// envelope reads the answer; ok is false for one that has none.
func (w *Written) envelope() (env ocpi.Envelope, ok bool) {
	env, err := ocpi.ParseEnvelope(w.Body)
	return env, err == nil
}

// succeeded says whether the answer is a success of this method.
func (w *Written) succeeded() (env ocpi.Envelope, ok bool) {
	env, ok = w.envelope()
	return env, ok && env.StatusCode.Success() && w.Status < http.StatusMultipleChoices
}

// LowerCase writes country codes, party ids and object ids in lower case.
func LowerCase(_ Call, w *Written) {
	w.Body = ids.ReplaceAllFunc(w.Body, func(pair []byte) []byte {
		colon := bytes.IndexByte(pair, ':')
		return slices.Concat(pair[:colon], bytes.ToLower(pair[colon:]))
	})
	for _, name := range []string{ocpi.HeaderToCountry, ocpi.HeaderToParty, ocpi.HeaderFromCountry, ocpi.HeaderFromParty} {
		if value := w.Header.Get(name); value != "" {
			w.Header.Set(name, string(bytes.ToLower([]byte(value))))
		}
	}
}

var ids = regexp.MustCompile(`"(country_code|party_id|id|uid)":"[^"]*"`)

// BareVersions gives the version list and the version details without an
// envelope.
func BareVersions(c Call, w *Written) {
	if env, ok := w.succeeded(); ok && c.Module == ocpi.Versions {
		w.Body = env.Data
	}
}

// BareEndpoints gives version details that are the list of endpoints alone,
// without the role of each.
func BareEndpoints(c Call, w *Written) {
	env, ok := w.succeeded()
	list, isDetails := ocpi.Find(env.Data, "endpoints")
	if !ok || !isDetails || c.Module != ocpi.Versions {
		return
	}
	env.Data = role.ReplaceAll(list.Value, nil)
	w.Body = env.Bytes()
}

var role = regexp.MustCompile(`"role":"[^"]*",`)

// EchoCredentials answers a registration with the credentials that came.
func EchoCredentials(c Call, w *Written) {
	if env, ok := w.succeeded(); ok && c.Module == ocpi.Credentials && len(c.Body) > 0 {
		env.Data = c.Body
		w.Body = env.Bytes()
	}
}

// EchoObjects answers a push with the object that was pushed.
func EchoObjects(c Call, w *Written) {
	if env, ok := w.succeeded(); ok && c.Module.Functional() && c.Method != http.MethodGet && len(c.Body) > 0 {
		env.Data = c.Body
		w.Body = env.Bytes()
	}
}

// PushData answers each push with this data, for example null.
func PushData(data string) Habit {
	return func(c Call, w *Written) {
		if env, ok := w.envelope(); ok && c.Module.Functional() && (c.Method == http.MethodPut || c.Method == http.MethodPatch) {
			env.Data = []byte(data)
			w.Body = env.Bytes()
		}
	}
}

// Timestamp writes this timestamp into every envelope.
func Timestamp(text string) Habit {
	return func(_ Call, w *Written) {
		if env, ok := w.envelope(); ok {
			env.Timestamp = text
			w.Body = env.Bytes()
		}
	}
}

// Instead answers the calls that fit with something that may be no OCPI.
func Instead(fits func(Call) bool, status int, contentType, body string) Habit {
	return func(c Call, w *Written) {
		if fits(c) {
			w.Status, w.Body = status, []byte(body)
			w.Header.Set("Content-Type", contentType)
		}
	}
}

// WithoutHeaders leaves message ids and routing headers out of every answer.
func WithoutHeaders(_ Call, w *Written) {
	for _, name := range []string{
		ocpi.HeaderRequestID, ocpi.HeaderCorrelationID,
		ocpi.HeaderToCountry, ocpi.HeaderToParty, ocpi.HeaderFromCountry, ocpi.HeaderFromParty,
	} {
		w.Header.Del(name)
	}
}

// HangUp closes the connection after each answer.
func HangUp(_ Call, w *Written) { w.Header.Set("Connection", "close") }
