// Package watch notices silence and trouble: it learns the usual rhythm of
// every party in every module, looks at shares of failure, backlogs, expiry,
// clocks and mass changes, and keeps the alerts that come of it. It lies beside
// the way of a message, never on it: what is told to it is handed over and
// returns at once, and what there is no room for is dropped and counted.
//
// The detectors are pure: they get the time and what was seen, and give
// judgements. The ledger turns judgements into alerts that do not flap.
// docs/alerts.md explains the statistics.
package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Kind is what an alert is about.
type Kind string

// The kinds of alerts. docs/alerts.md and docs/runbook.md tell of each.
const (
	Silence      Kind = "silence"            // a party that usually sends does not
	Refusals     Kind = "refused_messages"   // messages of a party are refused
	Failures     Kind = "failing_calls"      // calls to a platform fail
	Backlog      Kind = "backlog"            // deliveries to a platform pile up
	Certificates Kind = "certificate_expiry" // a certificate ends soon
	TokenExpiry  Kind = "token_expiry"       //nolint:gosec // the name of a kind, no credential: a token of the admin API ends soon
	Unused       Kind = "unused_invitation"  // an invitation was never used
	Skew         Kind = "clock_skew"         // the clock of a platform is off
	MassChange   Kind = "mass_change"        // a party takes most of its objects away
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Silence, Refusals, Failures, Backlog, Certificates, TokenExpiry, Unused, Skew, MassChange}
}

// Do says what an operator does about an alert of a kind.
func (k Kind) Do() string {
	switch k {
	case Silence:
		return "ask the party whether its system runs; hubctl alerts rhythm shows what is usual"
	case Refusals:
		return "hubctl traffic --party shows what was refused and why: tell the partner"
	case Failures:
		return "hubctl traffic shows what the platform answered; hubctl platforms show has its URLs"
	case Backlog:
		return "hubctl deliveries shows what waits; the platform is slow or fails"
	case Certificates:
		return "have the certificate renewed, the hub's own with a restart"
	case TokenExpiry:
		return "make a new token with hubctl tokens create, then revoke this one"
	case Unused:
		return "ask the partner, or hubctl platforms remove"
	case Skew:
		return "have the partner set its clock by NTP; newest states are told by last_updated"
	case MassChange:
		return "ask the party whether it meant to; hubctl platforms suspend stops more of it"
	}
	return ""
}

// Runbook is the entry for a kind in the hub's documents.
func (k Kind) Runbook() string {
	return "docs/runbook.md#alert-" + strings.ReplaceAll(string(k), "_", "-")
}

// Severity is how urgent an alert is.
type Severity string

// The severities.
const (
	Warning  Severity = "warning"  // look at it in working hours
	Critical Severity = "critical" // look at it now
)

// Severities lists every severity.
func Severities() []Severity { return []Severity{Warning, Critical} }

// Subject is what an alert is about. Fields that do not apply are empty.
type Subject struct {
	Platform string
	Party    ocpi.PartyID
	Module   ocpi.ModuleID
	Name     string // of a token, a host, or what was changed
}

// State is whether an alert still holds.
type State string

// The states.
const (
	Firing   State = "firing"
	Resolved State = "resolved"
)

// Alert is trouble that was noticed.
type Alert struct {
	ID       string // the same whenever this kind of trouble has this subject
	Kind     Kind
	Severity Severity
	Subject  Subject
	State    State
	Since    time.Time
	Ended    time.Time // when resolved
	// Value and Threshold are in words: what was seen, and from when on it is an
	// alert.
	Value, Threshold string
	// Acknowledged: the operator knows; the webhook is not told. It ends at
	// Until, unless that is zero, and with the alert.
	Acknowledged bool
	Until        time.Time
	// Told is the state that the webhook was told last; empty: nothing yet.
	Told State
	// Good is since when the trouble is over, while it is not resolved yet.
	Good time.Time
}

// Quiet says whether the operator has acknowledged the alert.
func (a *Alert) Quiet(now time.Time) bool {
	return a.Acknowledged && (a.Until.IsZero() || now.Before(a.Until))
}

// Judgement is what a detector thinks of one subject now. A subject of which it
// cannot tell has none: its alert stays as it is.
type Judgement struct {
	Kind             Kind
	Severity         Severity
	Subject          Subject
	Bad              bool
	Value, Threshold string
}

// Query selects alerts; a zero field selects all.
type Query struct {
	Party ocpi.PartyID
	Kind  Kind
	All   bool // also those that are resolved
}

func (q Query) selects(a *Alert) bool {
	return (q.All || a.State == Firing) && (q.Kind == "" || q.Kind == a.Kind) && (q.Party.IsZero() || q.Party == a.Subject.Party)
}

// idOf names an alert by what it is about, so that it keeps its name over
// restarts and when it comes back.
func idOf(k Kind, s Subject) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(k), s.Platform, written(s.Party), string(s.Module), s.Name}, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// written is a party as CC*PID; empty when there is none.
func written(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}
