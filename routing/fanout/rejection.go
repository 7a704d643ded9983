package fanout

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Rejection is a delivery that a receiver did not want: the last one of its
// object, or of that part of it, to that party.
type Rejection struct {
	// ID is the hub's own name for it.
	ID       string
	Platform string
	Time     time.Time // of the last attempt
	To       ocpi.PartyID
	// Change is what was sent, without its body. Its Key, Path and Query may name
	// a driver's token: they are for the hub alone.
	Change     Change
	Reason     Reason
	HTTPStatus int
	Status     ocpi.StatusCode
	// Message is what the receiver said, what could name a driver masked.
	Message string
	// Attempts is how often the object was sent in vain.
	Attempts int
}

// Object is the path of what was rejected as it may be shown.
func (r Rejection) Object() string {
	return ocpi.MaskPath(r.Change.Key.Module, ocpi.Receiver, r.Change.Path)
}

// same says whether two rejections are about the same.
func (r Rejection) same(other Rejection) bool {
	return r.To == other.To && samePart(r.Change, other.Change)
}

func samePart(a, b Change) bool {
	return foldKey(a.Key) == foldKey(b.Key) &&
		strings.EqualFold(a.Part.EVSE, b.Part.EVSE) && strings.EqualFold(a.Part.Connector, b.Part.Connector) &&
		strings.EqualFold(a.Part.Calendar, b.Part.Calendar)
}

// healedBy says whether the object is at the receiver now that it has taken a
// change: all of it, or a part that covers it. A PATCH brings some members only.
func (r Rejection) healedBy(to ocpi.PartyID, taken Change) bool {
	if taken.Method == http.MethodPatch || r.To != to || foldKey(r.Change.Key) != foldKey(taken.Key) {
		return false
	}
	part := r.Change.Part
	if taken.Part.Calendar != "" {
		return strings.EqualFold(taken.Part.Calendar, part.Calendar)
	}
	return taken.Part.EVSE == "" || strings.EqualFold(taken.Part.EVSE, part.EVSE) &&
		(taken.Part.Connector == "" || strings.EqualFold(taken.Part.Connector, part.Connector))
}

// ref names the rejection.
func (r Rejection) ref() RejectionRef { return RejectionRef{r.Platform, r.ID} }

// reject makes the record of an attempt that was rejected.
func (o *outlet) reject(a Attempt, c Change, message string) Rejection {
	id := make([]byte, 6)
	_, _ = rand.Read(id) // it never fails
	r := Rejection{
		ID: hex.EncodeToString(id), Platform: o.platform, Time: o.engine.Now(), To: a.To, Change: c,
		Reason: a.Verdict.Reason, HTTPStatus: a.HTTPStatus, Status: a.Status, Attempts: a.Number,
		Message: tame(message, o.secrets(c)),
	}
	r.Change.Body = nil
	return r
}

// secrets are what a receiver may repeat of a token in its answer.
func (o *outlet) secrets(c Change) []string {
	if c.Key.Module != ocpi.Tokens {
		return nil
	}
	uid, _ := catalog.SplitTokenID(c.Key.ID)
	out := []string{uid}
	bodies := [][]byte{c.Body}
	if now, err := o.engine.States.Newest(o.ctx, o.platform, c.Key, c.Part); err == nil {
		bodies = append(bodies, now.Body)
	}
	for _, body := range bodies {
		for _, member := range []string{"uid", "contract_id", "visual_number", "group_id"} {
			out = append(out, ocpi.FindString(body, member))
		}
	}
	return out
}

// maxMessage bounds what is kept of a receiver's words, in characters.
const maxMessage = 255

// tame masks secrets in the words of a stranger, and makes one short line of
// them.
func tame(message string, secrets []string) string {
	for _, secret := range secrets {
		message = mask(message, secret)
	}
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, "\uFFFD"))
	if runes := []rune(line); len(runes) > maxMessage {
		line = string(runes[:maxMessage])
	}
	return line
}

// mask replaces a secret wherever it stands, in capitals or not.
func mask(text, secret string) string {
	if secret == "" {
		return text
	}
	var out strings.Builder
	for {
		at := indexFold(text, secret)
		if at < 0 {
			return out.String() + text
		}
		out.WriteString(text[:at] + ocpi.Masked)
		text = text[at+len(secret):]
	}
}

func indexFold(text, part string) int {
	for i := 0; i+len(part) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// RejectionQuery selects rejections; what is zero selects all.
type RejectionQuery struct {
	Platform string
	ID       string
	Module   ocpi.ModuleID
	Since    time.Time
}

func (q RejectionQuery) fits(r Rejection) bool {
	return (q.ID == "" || q.ID == r.ID) && (q.Module == "" || q.Module == r.Change.Key.Module) && !r.Time.Before(q.Since)
}

// newestFirst sorts rejections.
func newestFirst(list []Rejection) []Rejection {
	slices.SortStableFunc(list, func(a, b Rejection) int { return b.Time.Compare(a.Time) })
	return list
}
