package ocpitest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Flaw is something that a platform does wrong all the time, as if it had been
// built so. A Fault goes wrong call by call; a Flaw is what the partner's
// developer has to mend. Flaws can be put together where they do not
// contradict each other.
type Flaw struct {
	// Name is how the flaw is ordered, for example relative-link.
	Name string
	// Does says in one line what is wrong.
	Does string

	options func(*Options) // before the platform starts
	script  func(*Script)  // once it is registered
	fault   *Fault         // once it is registered
}

// Flaws lists every flaw.
func Flaws() []Flaw {
	return slices.Concat(listFlaws(), answerFlaws(), objectFlaws(), connectionFlaws())
}

// ParseFlaw finds a flaw by its name.
func ParseFlaw(name string) (Flaw, error) {
	for _, f := range Flaws() {
		if f.Name == name {
			return f, nil
		}
	}
	return Flaw{}, fmt.Errorf("there is no flaw %q", name)
}

// Configure puts flaws into the options of a platform that is yet to start.
func (o *Options) Configure(flaws ...Flaw) {
	for _, f := range flaws {
		if f.options != nil {
			f.options(o)
		}
	}
}

// Suffer makes a platform have flaws from now on, beside those of its options.
func (p *Platform) Suffer(flaws ...Flaw) {
	script := p.scripted.get()
	for _, f := range flaws {
		if f.script != nil {
			f.script(&script)
		}
		if f.fault != nil {
			p.Fail(*f.fault)
		}
	}
	p.Follow(script)
}

// listFlaws are what goes wrong with lists.
func listFlaws() []Flaw {
	return []Flaw{
		{Name: "wrong-total-count", Does: "X-Total-Count counts seven objects too many", script: adding(miscount)},
		{Name: "no-counts", Does: "lists have neither X-Total-Count nor X-Limit", script: paging(func(p *Paging) { p.NoCounts = true })},
		{Name: "ignores-limit", Does: "a page holds more objects than were asked for", script: paging(func(p *Paging) { p.IgnoreLimit = true })},
		{Name: "repeats-page", Does: "the next page is the first one again", script: paging(func(p *Paging) { p.IgnoreOffset = true })},
		{Name: "relative-link", Does: "the Link to the next page is relative", script: paging(func(p *Paging) { p.RelativeLink = true })},
		{Name: "foreign-link", Does: "the Link to the next page names another host", script: paging(func(p *Paging) {
			p.LinkBase = "https://backend.internal.example/ocpi/list"
		})},
		{Name: "no-link", Does: "pages do not link to the next one", script: paging(func(p *Paging) { p.NoLink = true })},
		{Name: "ignores-filter", Does: "date_from and date_to change nothing", script: paging(func(p *Paging) { p.IgnoreFilter = true })},
	}
}

// connectionFlaws are what goes wrong before there is an answer: credentials,
// endpoints, TLS.
func connectionFlaws() []Flaw {
	return []Flaw{
		{Name: "plain-token-only", Does: "only tokens that are not in Base64 are understood", options: plainTokens},
		{Name: "accepts-any-token", Does: "every credentials token opens every door", options: func(o *Options) { o.AnyToken = true }},
		{Name: "module-missing", Does: "locations (CPO) or tokens (eMSP) have no Sender interface", options: editing(withoutMain)},
		{Name: "duplicate-endpoint", Does: "an endpoint is listed twice, with two URLs", options: editing(doubled)},
		{Name: "expires-soon", Does: "TLS with a certificate that is good for three more days", options: func(o *Options) {
			o.Certificate = &CertificateOrder{From: time.Now().Add(-87 * day), Until: time.Now().Add(3 * day)}
		}},
		{Name: "slow-answers", Does: "answers take two and a half seconds", fault: &Fault{Method: "GET", Delay: 2500 * time.Millisecond}},
	}
}

const day = 24 * time.Hour

// adding makes a flaw of a habit.
func adding(h Habit) func(*Script) {
	return func(s *Script) { s.Habits = append(slices.Clip(s.Habits), h) }
}

// paging makes a flaw of a habit of lists.
func paging(edit func(*Paging)) func(*Script) {
	return func(s *Script) { edit(&s.Paging) }
}

// FlawNames lists the names of all flaws, in one line.
func FlawNames() string {
	var names []string
	for _, f := range Flaws() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
