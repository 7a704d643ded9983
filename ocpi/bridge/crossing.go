package bridge

import "github.com/ocpihub/ocpihub/ocpi"

// Crossing is the translation of one object, as it is told to those who watch
// what is lost on the way.
type Crossing struct {
	Class    Class
	From, To ocpi.Version
	Findings []Finding
	// Withheld says why the object was not sent; "" when it was.
	Withheld Reason
}

// Crossing tells of a translation of an object of a class.
func (r Result) Crossing(class Class, from, to ocpi.Version) Crossing {
	c := Crossing{Class: class, From: from, To: to, Findings: r.Findings}
	if r.Withheld != nil {
		c.Withheld = r.Withheld.Reason
	}
	return c
}
