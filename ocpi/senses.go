package ocpi

import "math"

// senses ask of a class whether its values make sense together.
var senses = map[string]func(*sight){
	"Location":                    senseOfLocation,
	"EVSE":                        senseOfEVSE,
	"Connector":                   senseOfConnector,
	"GeoLocation":                 senseOfPoint,
	"AdditionalGeoLocation":       senseOfPoint,
	"Hours":                       senseOfHours,
	"RegularHours":                senseOfRegularHours,
	"ExceptionalPeriod":           senseOfPeriod,
	"StatusSchedule":              senseOfPeriod,
	"PublishTokenType":            senseOfPublishToken,
	"Tariff":                      senseOfTariff,
	"TariffElement":               senseOfElement,
	"TariffRestrictions":          senseOfRestrictions,
	"PriceComponent":              senseOfComponent,
	"Session":                     senseOfSession,
	"CDR":                         senseOfCDR,
	"CdrLocation":                 senseOfCDRLocation,
	"StartSession":                senseOfStart,
	"ActiveChargingProfileResult": senseOfProfileResult,
	"Credentials":                 senseOfCredentials,
	"Period":                      senseOfBooked,
	"Timeslot":                    senseOfBooked,
	"Calendar":                    senseOfCalendar,
}

func senseOfLocation(s *sight) {
	s.contradiction(s.is("publish", "true") && !isEmptyList(s.value("publish_allowed_to")), "publish_allowed_to", "may only be given when publish is false")
	senseOfCountry(s)
	s.unique("evses", "uid", "is the uid of another EVSE of this location too")
	s.unique("evses", "evse_id", "is the id of another EVSE of this location too")
	s.unique("parking_places", "id", "is the id of another parking place of this location too")
	s.parking()
}

// parking wants the parking places of EVSEs to be some of the location (2.3.0).
// A PATCH may leave them out.
func (s *sight) parking() {
	if !s.has("parking_places") {
		return
	}
	places := map[string]bool{}
	for _, place := range s.list("parking_places") {
		places[FindString(place, "id")] = true
	}
	for i, evse := range s.list("evses") {
		m, _ := Find(evse, "parking")
		for parking := range Elements(m.Value) {
			if id := FindString(parking, "parking_id"); id != "" && !places[id] {
				s.reportElement("evses", i, "parking", Contradiction, "names a place that is not in parking_places")
				break
			}
		}
	}
}

func senseOfEVSE(s *sight) {
	s.unique("connectors", "id", "is the id of another connector of this EVSE too")
}

func senseOfCDRLocation(s *sight) { senseOfCountry(s) }

// unique wants a field to differ between the elements of a list. Removed EVSEs
// may have left their ids to others.
func (s *sight) unique(list, field, problem string) {
	seen := map[string]bool{}
	for i, element := range s.list(list) {
		id := FindString(element, field)
		switch {
		case id == "" || FindString(element, "status") == "REMOVED":
		case seen[id]:
			s.reportElement(list, i, field, Contradiction, problem)
		default:
			seen[id] = true
		}
	}
}

func isEmptyList(value []byte) bool {
	for range Elements(value) {
		return false
	}
	return true
}

// northern are countries all of whose land lies north of 35 degrees and west of
// 35 degrees: coordinates outside of that were swapped.
var northern = map[string]bool{
	"AUT": true, "BEL": true, "BGR": true, "CHE": true, "CZE": true, "DEU": true, "DNK": true, "EST": true, "FIN": true,
	"GBR": true, "HRV": true, "HUN": true, "IRL": true, "ISL": true, "ITA": true, "LTU": true, "LUX": true, "LVA": true,
	"NLD": true, "NOR": true, "POL": true, "ROU": true, "SVK": true, "SVN": true, "SWE": true,
}

func senseOfCountry(s *sight) {
	point := s.value("coordinates")
	latitude, isLatitude := degrees(point, "latitude")
	longitude, isLongitude := degrees(point, "longitude")
	if isLatitude && isLongitude && northern[string(s.text("country"))] && latitude < 35 && longitude > 35 {
		s.report("coordinates", BadCoordinates, "look swapped: this is not where the country lies")
	}
}

func degrees(point []byte, field string) (float64, bool) {
	m, ok := Find(point, field)
	if !ok {
		return 0, false
	}
	return float(unquoted(m.Value))
}

func senseOfPoint(s *sight) {
	latitude, isLatitude := s.number("latitude")
	longitude, isLongitude := s.number("longitude")
	if isLatitude && isLongitude && latitude == 0 && longitude == 0 {
		s.report("latitude", BadCoordinates, "and longitude are 0: that is in the sea")
	}
}

// acMost is above what any AC connector gives, in W.
const acMost = 50_000

func senseOfConnector(s *sight) {
	power, known := s.number("max_electric_power")
	volt, hasVolt := s.number("max_voltage")
	ampere, hasAmpere := s.number("max_amperage")
	if !known {
		return
	}
	// Some give the voltage between phase and neutral: three times that at most.
	if hasVolt && hasAmpere && power > 1.1*3*volt*ampere {
		s.report("max_electric_power", Implausible, "is more than max_voltage and max_amperage give: it is in W")
		return
	}
	if kind := s.text("power_type"); len(kind) > 2 && string(kind[:2]) == "AC" && power > acMost {
		s.report("max_electric_power", Implausible, "is more than any AC connector gives: it is in W")
	}
}

func senseOfHours(s *sight) {
	regular := !isEmptyList(s.value("regular_hours"))
	s.contradiction(s.is("twentyfourseven", "true") && regular, "regular_hours", "may only be given when twentyfourseven is false")
	s.contradiction(s.is("twentyfourseven", "false") && !regular && isEmptyList(s.value("exceptional_openings")),
		"regular_hours", "are needed when twentyfourseven is false")
}

func senseOfRegularHours(s *sight) {
	begin, end := s.text("period_begin"), s.text("period_end")
	fit := isHourMinute(begin) && isHourMinute(end) && string(end) != "00:00"
	s.contradiction(fit && string(end) <= string(begin), "period_end", "must be later than period_begin")
}

func senseOfPeriod(s *sight) { s.order("period_begin", "period_end") }

// order wants one DateTime not to be before another.
func (s *sight) order(from, until string) {
	begin, begins := s.time(from)
	end, ends := s.time(until)
	s.contradiction(begins && ends && end.Before(begin), until, "is before "+from)
}

func senseOfBooked(s *sight) { s.order("start_date_time", "end_date_time") }

func senseOfCalendar(s *sight) { s.order("begin_from", "end_before") }

func senseOfPublishToken(s *sight) {
	s.contradiction(!s.has("uid") && !s.has("visual_number") && !s.has("group_id"), "uid", "or visual_number or group_id is needed")
	s.contradiction(s.has("uid") && !s.has("type"), "type", "is needed with uid")
	s.contradiction(s.has("visual_number") && !s.has("issuer"), "issuer", "is needed with visual_number")
}

func senseOfStart(s *sight) {
	s.contradiction(s.has("connector_id") && !s.has("evse_uid"), "evse_uid", "is needed with connector_id")
}

func senseOfProfileResult(s *sight) {
	s.contradiction(s.is("result", `"ACCEPTED"`) && !s.has("profile"), "profile", "is needed when result is ACCEPTED")
}

func senseOfCredentials(s *sight) {
	seen := map[string]bool{}
	for i, role := range s.list("roles") {
		key := FindString(role, "role") + " " + NewPartyID(FindString(role, "country_code"), FindString(role, "party_id")).String()
		if seen[key] {
			s.reportElement("roles", i, "party_id", Contradiction, "is given twice in the same role")
		}
		seen[key] = true
	}
}

// within says whether a measure is at most another, with a margin for
// rounding.
func within(part, whole float64) bool { return part <= math.Max(whole*1.05, whole+0.05) }
