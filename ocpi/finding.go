package ocpi

// Finding is one place where an object breaks the specification, or makes no
// sense. It holds no value.
type Finding struct {
	Kind    FindingKind
	Pointer string // RFC 6901, "" for the object itself
	// Field is the pointer without positions in lists, dotted:
	// evses.connectors.standard; "" for the object itself.
	Field   string
	Problem string // reads on after the pointer: "is required"
}

// FindingKind is the sort of a finding: a closed set, see FindingKinds.
type FindingKind string

// The structural kinds, which CheckObject looks for.
const (
	Missing   FindingKind = "missing"    // a required field is absent or null
	Empty     FindingKind = "empty"      // a list or a text that needs content has none
	WrongType FindingKind = "wrong_type" // another JSON type than that of the field
)

// The soft kinds, which only Review looks for: none of them stops a message
// (H-207).
const (
	NumberAsString  FindingKind = "number_as_string" // a number within quotes (H-208)
	TooLong         FindingKind = "too_long"         // more characters or digits than the table has (H-206)
	TooPrecise      FindingKind = "too_precise"      // more decimals than the number may have
	BadCharacters   FindingKind = "bad_characters"   // outside printable ASCII in a CiString, or control characters
	BadForm         FindingKind = "bad_form"         // not of the pattern: hours, dates, time zone
	BadDateTime     FindingKind = "bad_date_time"    // another spelling of DateTime, or no such moment
	BadURL          FindingKind = "bad_url"          // no absolute http or https URL
	BadCode         FindingKind = "bad_code"         // not of the form of a country, currency or language code, or party id
	BadEVSEID       FindingKind = "bad_evse_id"      // not of the form of an EVSE id
	BadCoordinates  FindingKind = "bad_coordinates"  // wrong form, outside the globe, 0,0 or swapped
	UnknownValue    FindingKind = "unknown_value"    // not in the enum (H-079)
	MisspelledField FindingKind = "misspelled_field" // unknown, but nearly a field that is absent
	InFuture        FindingKind = "in_future"        // last_updated lies ahead
	WentBack        FindingKind = "went_back"        // last_updated is older than what the hub holds
	OutOfRange      FindingKind = "out_of_range"     // a number outside what the field can mean
	Implausible     FindingKind = "implausible"      // possible, but hardly meant
	Contradiction   FindingKind = "contradiction"    // two fields that cannot both be right
)

// FindingKinds lists every kind.
func FindingKinds() []FindingKind {
	return []FindingKind{
		Missing, Empty, WrongType,
		NumberAsString, TooLong, TooPrecise, BadCharacters, BadForm, BadDateTime, BadURL, BadCode, BadEVSEID,
		BadCoordinates, UnknownValue, MisspelledField, InFuture, WentBack, OutOfRange, Implausible, Contradiction,
	}
}

// maxFindings bounds the work on a hopeless body.
const maxFindings = 100

const (
	isRequired    = "is required"
	nullRequired  = "is required and may not be null"
	needsElement  = "needs at least one element"
	mustBeList    = "must be a list"
	mustBeObject  = "must be an object"
	mustBeString  = "must be a string"
	mustBeNumber  = "must be a number"
	mustBeInteger = "must be a whole number"
	mustBeBool    = "must be true or false"
)
