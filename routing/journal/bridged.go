package journal

import (
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Bridged is a translation between versions, as a record keeps it.
type Bridged struct {
	Class    bridge.Class
	From, To ocpi.Version
	// Withheld says why the object was not sent; "" when it was.
	Withheld bridge.Reason
	Findings []Finding
	// More is how many findings are not listed.
	More int
}

// Finding is what a translation changed at one field, in as many places.
type Finding struct {
	Reason  bridge.Reason
	Pointer string // the first place
	Times   int
}

const (
	// maxBridged bounds how many translations a record keeps.
	maxBridged = 4
	// maxFindings bounds how many different findings one keeps, maxPointer the
	// bytes of a place: it may name a field of the sender's own.
	maxFindings = 12
	maxPointer  = 100
)

// Crossings are translations as a record keeps them. Findings that differ only in
// the element of a list are one.
func Crossings(all []bridge.Crossing) []Bridged {
	if len(all) == 0 {
		return nil
	}
	out := make([]Bridged, 0, min(len(all), maxBridged))
	for _, c := range all[:min(len(all), maxBridged)] {
		b := Bridged{Class: c.Class, From: c.From, To: c.To, Withheld: c.Withheld}
		at := map[string]int{}
		for _, f := range c.Findings {
			b.add(f, at)
		}
		out = append(out, b)
	}
	return out
}

func (b *Bridged) add(f bridge.Finding, at map[string]int) {
	name := string(f.Reason) + anyElement(f.Pointer)
	i, known := at[name]
	switch {
	case known:
		b.Findings[i].Times++
	case len(b.Findings) == maxFindings:
		b.More++
	default:
		at[name] = len(b.Findings)
		place := strings.ToValidUTF8(f.Pointer[:min(len(f.Pointer), maxPointer)], "")
		b.Findings = append(b.Findings, Finding{f.Reason, place, 1})
	}
}

// anyElement is a pointer without the places in lists.
func anyElement(pointer string) string {
	parts := strings.Split(pointer, "/")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
