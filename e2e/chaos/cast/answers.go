package cast

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// answerWithin is how long a sender waits: longer than the hub may.
const answerWithin = 15 * time.Second

// status is how a message was answered.
type status struct {
	http int
	code ocpi.StatusCode
}

// promised are the answers that a hub may give in trouble; no others.
var promised = map[string][]status{
	// A push to all: taken, or not to be stored now.
	"push": {{200, 1000}, {201, 1000}, {503, 3000}},
	// A message to one party: its answer, or why it did not answer.
	"direct": {{200, 1000}, {201, 1000}, {200, 4000}, {200, 4002}, {200, 4003}, {503, 3000}},
	"list":   {{200, 1000}, {503, 3000}},
}

// Answers counts how messages were answered. It is safe for concurrent use.
type Answers struct {
	mu       sync.Mutex
	counts   map[string]int
	offences []string
	total    int
	silent   int
	silence  error // why the last of those was not answered
}

func newAnswers() *Answers { return &Answers{counts: map[string]int{}} }

// maxOffences bounds how many answers that were not promised are told.
const maxOffences = 50

// note counts an answer and says whether the message was taken.
func (a *Answers) note(kind, what string, reply ocpitest.Reply, err error) (taken bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total++
	if err != nil && !errors.Is(err, ocpi.ErrNoEnvelope) {
		a.silent++
		a.silence = fmt.Errorf("%s at %s: %w", what, time.Now().Format(time.TimeOnly), err)
		a.counts[what+": no answer"]++
		return false
	}
	s := status{reply.Status, reply.Code()}
	a.counts[fmt.Sprintf("%s: %d/%d", what, s.http, s.code)]++
	if err != nil || !slices.Contains(promised[kind], s) {
		if len(a.offences) < maxOffences {
			a.offences = append(a.offences, fmt.Sprintf("%s was answered HTTP %d with %d, which nobody promised: %.200s", what, s.http, s.code, reply.Body))
		}
		return false
	}
	return reply.OK()
}

// Offences are the answers that were not promised.
func (a *Answers) Offences() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.offences)
}

// Silence is why the last message that got no answer got none.
func (a *Answers) Silence() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.silence
}

// Total is how many messages were sent; silent, how many of them got no answer
// at all.
func (a *Answers) Total() (total, silent int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.total, a.silent
}

// Lines are the counts, in order.
func (a *Answers) Lines() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(a.counts)) {
		out = append(out, fmt.Sprintf("%s %d", what, a.counts[what]))
	}
	return out
}

// Counts are how often each sort of message was answered how, for example
// "push locations: 200/1000".
func (a *Answers) Counts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.counts)
}

// Since is what Counts grew by.
func (a *Answers) Since(before map[string]int) map[string]int {
	out := a.Counts()
	for answer, n := range before {
		if out[answer] -= n; out[answer] == 0 {
			delete(out, answer)
		}
	}
	return out
}
