package ocpi

import (
	"bytes"
	"time"
)

// forms are what the specification says of a value beside its type.
type forms struct {
	form     *form   // of a text
	limits   *limits // of a number
	decimals int     // of a number
}

type form struct {
	kind    FindingKind
	problem string
	fits    func(text []byte) bool
}

type limits struct {
	least, most float64
	problem     string
}

// formsOf looks up the forms of a field: by its class and name, by its name,
// by its type.
func formsOf(class, name, of string) forms {
	out := forms{decimals: 4, limits: fieldLimits[class+"."+name]}
	if d, ok := fieldDecimals[class+"."+name]; ok {
		out.decimals = d
	}
	for _, key := range []string{class + "." + name, name, of} {
		if f, ok := fieldForms[key]; ok {
			out.form = &f
			break
		}
	}
	return out
}

var fieldForms = map[string]form{
	"country_code": {BadCode, "is no ISO 3166 code of two letters", func(b []byte) bool { return len(b) == 2 && all(b, letter) }},
	"party_id":     {BadCode, "is no party id of three letters or digits", func(b []byte) bool { return len(b) >= 3 && all(b, letterOrDigit) }},
	"country":      {BadCode, "is no ISO 3166 code of three capitals", threeCapitals},
	"hub_party_id": {BadCode, "is no country code and party id such as NLHUB", isCountryAndParty},
	"currency":     {BadCode, "is no ISO 4217 code of three capitals", threeCapitals},
	"language":     {BadCode, "is no ISO 639-1 code of two small letters", func(b []byte) bool { return len(b) == 2 && all(b, smallLetter) }},
	"evse_id":      {BadEVSEID, "is no EVSE id such as DE*ABC*E1234", isEVSEID},
	"latitude":     {BadCoordinates, "is no latitude such as 51.047599, with 5 to 7 decimals", func(b []byte) bool { return isDegree(b, 2, 90) }},
	"longitude":    {BadCoordinates, "is no longitude such as 3.729944, with 5 to 7 decimals", func(b []byte) bool { return isDegree(b, 3, 180) }},
	"time_zone":    {BadForm, "is no name of the time zone database such as Europe/Oslo", isTimeZone},
	"start_time":   {BadForm, notHours, isHourMinute},
	"end_time":     {BadForm, notHours, isHourMinute},
	"start_date":   {BadForm, notDate, isDate},
	"end_date":     {BadForm, notDate, isDate},
	"URL":          {BadURL, "is no absolute http or https URL of at most 255 characters", isURL},

	"RegularHours.period_begin": {BadForm, notHours, isHourMinute},
	"RegularHours.period_end":   {BadForm, notHours, isHourMinute},
	"Credentials.token":         {BadCharacters, "holds characters outside ! to ~", func(b []byte) bool { return ValidToken(string(b)) }},
}

const (
	notHours = "is no time such as 13:30"
	notDate  = "is no date such as 2015-12-24"
)

var fieldLimits = map[string]*limits{
	"RegularHours.weekday":               {1, 7, "is no weekday from 1, Monday, to 7"},
	"EnergySource.percentage":            {0, 100, "is no percentage from 0 to 100"},
	"TaxAmount.percentage":               {0, 100, "is no percentage from 0 to 100"},
	"Connector.max_voltage":              {1, 2000, "is no voltage of a charging station"},
	"Connector.max_amperage":             {1, 5000, "is no amperage of a charging station"},
	"Connector.voltage":                  {1, 2000, "is no voltage of a charging station"},
	"Connector.amperage":                 {1, 5000, "is no amperage of a charging station"},
	"Connector.max_electric_power":       {1, 10e6, "is no power of a charging station in W"},
	"PriceComponent.step_size":           {0, 1e9, "must not be negative"},
	"PriceComponent.price":               {0, 1e9, "must not be negative"},
	"ChargingProfilePeriod.start_period": {0, 1e9, "must not be negative"},
	"ChargingProfile.duration":           {0, 1e9, "must not be negative"},
	"CommandResponse.timeout":            {0, 1e9, "must not be negative"},
	"Session.kwh":                        {0, 1e6, "is no energy of a session in kWh"},
}

// fieldDecimals are the fields that may have fewer decimals than the four of
// every number.
var fieldDecimals = map[string]int{"ChargingProfilePeriod.limit": 1, "ChargingProfile.min_charging_rate": 1}

func letter(b byte) bool        { return smallLetter(b) || capital(b) }
func smallLetter(b byte) bool   { return b >= 'a' && b <= 'z' }
func capital(b byte) bool       { return b >= 'A' && b <= 'Z' }
func digit(b byte) bool         { return b >= '0' && b <= '9' }
func letterOrDigit(b byte) bool { return letter(b) || digit(b) }

func all(text []byte, fits func(byte) bool) bool {
	for _, b := range text {
		if !fits(b) {
			return false
		}
	}
	return true
}

func threeCapitals(b []byte) bool { return len(b) == 3 && all(b, capital) }

func isCountryAndParty(b []byte) bool {
	return len(b) >= 5 && all(b[:2], letter) && all(b, letterOrDigit)
}

// isEVSEID: country, operator, E and up to 31 more, with or without the stars;
// or #NA where nothing was charged (H-151).
func isEVSEID(b []byte) bool {
	if string(b) == "#NA" {
		return true
	}
	country, rest := cutN(b, 2)
	operator, rest := cutN(bytes.TrimPrefix(rest, []byte("*")), 3)
	mark, rest := cutN(bytes.TrimPrefix(rest, []byte("*")), 1)
	return len(country) == 2 && all(country, letter) && len(operator) == 3 && all(operator, letterOrDigit) &&
		(string(mark) == "E" || string(mark) == "e") && len(rest) > 0 && len(rest) <= 31 &&
		all(rest, func(c byte) bool { return letterOrDigit(c) || c == '*' })
}

func cutN(b []byte, n int) (head, tail []byte) {
	n = min(n, len(b))
	return b[:n], b[n:]
}

// isDegree: -?[0-9]{1,whole}\.[0-9]{5,7}, and on the globe.
func isDegree(b []byte, whole int, most float64) bool {
	b = bytes.TrimPrefix(b, []byte("-"))
	before, after, _ := bytes.Cut(b, []byte("."))
	if len(before) < 1 || len(before) > whole || len(after) < 5 || len(after) > 7 || !all(before, digit) || !all(after, digit) {
		return false
	}
	degrees, ok := float(b)
	return ok && degrees <= most
}

func isTimeZone(b []byte) bool {
	area, place, found := bytes.Cut(b, []byte("/"))
	if !found {
		return string(b) == "UTC" || string(b) == "GMT"
	}
	return len(area) > 0 && len(place) > 0 && all(area, letter) && all(place, func(c byte) bool {
		return letterOrDigit(c) || c == '/' || c == '_' || c == '-' || c == '+'
	})
}

func isURL(b []byte) bool {
	scheme, rest, found := bytes.Cut(b, []byte("://"))
	return found && len(b) <= 255 && (bytes.EqualFold(scheme, []byte("https")) || bytes.EqualFold(scheme, []byte("http"))) &&
		len(rest) > 0 && rest[0] != '/' && bytes.IndexByte(b, ' ') < 0
}

func isHourMinute(b []byte) bool {
	return len(b) == 5 && b[2] == ':' && inRange(b[:2], 0, 23) && inRange(b[3:], 0, 59)
}

func isDate(b []byte) bool {
	return len(b) == 10 && b[4] == '-' && b[7] == '-' && inRange(b[:4], 1000, 2999) && inRange(b[5:7], 1, 12) && inRange(b[8:], 1, 31)
}

// strictDateTime reads a DateTime spelled as the specification has it, in 25
// characters at most. The one literal of the specification that breaks its own
// rule, in the chapter on CDRs, passes (H-202).
func strictDateTime(b []byte) (time.Time, bool) {
	const bare = len("2015-06-29T20:39:09")
	switch {
	case string(b) == "1970-1-1T00:00:00Z":
		return time.Unix(0, 0), true
	case len(b) < bare, len(b) > 25, b[10] != 'T', !isDate(b[:10]), !isClock(b[11:bare]), !isSecondsEnd(b[bare:]):
		return time.Time{}, false
	}
	day := whole(b[8:10])
	t := time.Date(whole(b[:4]), time.Month(whole(b[5:7])), day, whole(b[11:13]), whole(b[14:16]), whole(b[17:19]), 0, time.UTC)
	return t, t.Day() == day // else there is no 31st of that month
}

func isClock(b []byte) bool { return isHourMinute(b[:5]) && b[5] == ':' && inRange(b[6:], 0, 59) }

// isSecondsEnd: a fraction or none, a Z or none.
func isSecondsEnd(b []byte) bool {
	fraction, found := bytes.CutPrefix(bytes.TrimSuffix(b, []byte("Z")), []byte("."))
	return len(fraction) == 0 && !found || len(fraction) > 0 && found && all(fraction, digit)
}

func inRange(digits []byte, least, most int) bool {
	n := whole(digits)
	return all(digits, digit) && n >= least && n <= most
}

// whole reads a few digits.
func whole(digits []byte) (n int) {
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}
