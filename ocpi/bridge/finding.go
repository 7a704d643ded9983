package bridge

import "strings"

// Finding is one place where a translation changed what an object says.
type Finding struct {
	Kind   Kind
	Reason Reason // the row of Losses, why
	// Pointer is the place, by RFC 6901: of what was lost or narrowed in the
	// source, of what was made up in the result.
	Pointer string
}

// Kind is the sort of a finding, or what else a reason can say.
type Kind string

// The kinds of findings, and of what is no finding: an object that is withheld
// and a PATCH that becomes a PUT.
const (
	Lost     Kind = "lost"     // it is in the source, and not in the result
	Narrowed Kind = "narrowed" // the result says less, or is read another way
	Invented Kind = "invented" // it is in the result, and nothing in the source says it
	Refused  Kind = "withheld" // the object is not sent
	Whole    Kind = "as put"   // the PATCH is sent as a PUT of the merged object
)

// Reason says why; it is the key of a row of Losses and a closed set.
type Reason string

// Loss is a row of the table of everything that a bridge cannot carry.
type Loss struct {
	Reason Reason
	Kind   Kind
	Ways   Ways
	Class  string // of the object, as the specification names it
	Field  string // of the class
	Why    string // in words
	// AsIs says of what is narrowed that the value goes on as it stands, and
	// is only read another way.
	AsIs bool
	// Choices are the names, in the configuration, of the choices among
	// Surroundings that change what becomes of it.
	Choices []string
}

// Ways are the hops on which a loss occurs.
type Ways uint8

// The hops.
const (
	From211 Ways = 1 << iota // 2.1.1 to 2.2.1
	From221                  // 2.2.1 to 2.3.0
	To221                    // 2.3.0 to 2.2.1
	To211                    // 2.2.1 to 2.1.1

	anyWay = From211 | From221 | To221 | To211
)

// String writes the hops for people.
func (w Ways) String() string {
	if w == anyWay {
		return "all"
	}
	var out []string
	for _, hop := range []struct {
		way  Ways
		name string
	}{{From211, "2.1.1 to 2.2.1"}, {From221, "2.2.1 to 2.3.0"}, {To221, "2.3.0 to 2.2.1"}, {To211, "2.2.1 to 2.1.1"}} {
		if w&hop.way != 0 {
			out = append(out, hop.name)
		}
	}
	return strings.Join(out, ", ")
}

// Losses lists everything that a bridge can lose, narrow or make up, what it
// withholds, and which PATCHes become PUTs.
func Losses() []Loss { return append([]Loss(nil), losses...) }

var byReason = func() map[Reason]*Loss {
	out := make(map[Reason]*Loss, len(losses))
	for i := range losses {
		out[losses[i].Reason] = &losses[i]
	}
	return out
}()

// Kind is the kind of the reason's row.
func (r Reason) Kind() Kind {
	if row := byReason[r]; row != nil {
		return row.Kind
	}
	return ""
}

// Field is the class and the field that the reason is about.
func (r Reason) Field() string {
	row := byReason[r]
	switch {
	case row == nil:
		return ""
	case row.Field == "":
		return row.Class
	}
	return row.Class + ": " + row.Field
}

// Why is the reason in words.
func (r Reason) Why() string {
	if row := byReason[r]; row != nil {
		return row.Why
	}
	return string(r)
}
