package ocpi

import (
	"math/big"
	"time"
)

// The senses of what is paid for: tariffs, sessions, CDRs.

// dearest are prices that nobody means, by what is paid for: for a kWh, for an
// hour. They hold for the currencies of which one is worth about a euro.
var dearest = map[string]*big.Rat{"ENERGY": big.NewRat(3, 1), "TIME": big.NewRat(100, 1), "PARKING_TIME": big.NewRat(100, 1)}

var aboutAEuro = map[string]bool{"EUR": true, "USD": true, "GBP": true, "CHF": true}

func senseOfTariff(s *sight) {
	s.order("start_date_time", "end_date_time")
	least, hasLeast := s.amount("min_price")
	most, hasMost := s.amount("max_price")
	s.contradiction(hasLeast && hasMost && least.Cmp(most) > 0, "min_price", "is above max_price")
	if !aboutAEuro[string(s.text("currency"))] {
		return
	}
	for i, element := range s.list("elements") {
		prices, _ := Find(element, "price_components")
		for component := range Elements(prices.Value) {
			if isDear(component) {
				s.reportElement("elements", i, "price_components", Implausible, "hold a price that nobody pays for a kWh or an hour")
				break
			}
		}
	}
}

func isDear(component []byte) bool {
	m, ok := Find(component, "price")
	limit := dearest[FindString(component, "type")]
	if !ok || limit == nil {
		return false
	}
	price, ok := decimal(unquoted(m.Value))
	return ok && price.Cmp(limit) > 0
}

// senseOfElement: of several components of one type only the first can ever
// be used.
func senseOfElement(s *sight) {
	seen := map[string]bool{}
	for i, component := range s.list("price_components") {
		kind := FindString(component, "type")
		if seen[kind] && kind != "" {
			s.reportElement("price_components", i, "type", Contradiction, "occurs twice in one element")
		}
		seen[kind] = true
	}
}

func senseOfComponent(s *sight) {
	vat, ok := s.number("vat")
	if ok && vat > 0 && vat < 1 {
		s.report("vat", Implausible, "is a percentage: 21 means 21 %")
	}
	// A FLAT price has no steps; the specification's own examples say 0 there.
	if s.is("step_size", "0") && !s.is("type", `"FLAT"`) {
		s.report("step_size", OutOfRange, "must be 1 or more: it is what is counted in")
	}
}

func senseOfRestrictions(s *sight) {
	for _, of := range []string{"kwh", "current", "power", "duration"} {
		least, hasLeast := s.number("min_" + of)
		most, hasMost := s.number("max_" + of)
		s.contradiction(hasLeast && hasMost && least > most, "min_"+of, "is above max_"+of)
	}
	from, until := s.text("start_date"), s.text("end_date")
	s.contradiction(isDate(from) && isDate(until) && string(until) < string(from), "end_date", "is before start_date")
}

func senseOfSession(s *sight) {
	s.order("start_date_time", "end_date_time")
	s.order("start_datetime", "end_datetime")
	s.periods()
}

func senseOfCDR(s *sight) {
	s.order("start_date_time", "end_date_time")
	s.order("start_date_time", "stop_date_time")
	s.periods()
	s.contradiction(s.is("credit", "true") && !s.has("credit_reference_id"), "credit_reference_id", "is needed when credit is true")
	begin, begins := s.begin()
	end, ends := s.end()
	hours, timed := s.number("total_time")
	if took := end.Sub(begin); begins && ends && timed && took >= 0 && !within(hours, took.Hours()) {
		s.report("total_time", Implausible, "is longer than from start to end: it is in hours")
	}
	parked, parks := s.number("total_parking_time")
	s.contradiction(timed && parks && !within(parked, hours), "total_parking_time", "is longer than total_time")
	s.sessionOnly()
}

// periods wants every charging period to begin between start and end.
func (s *sight) periods() {
	begin, begins := s.begin()
	end, ends := s.end()
	var last time.Time
	for i, period := range s.list("charging_periods") {
		at, ok := momentOf(period, "start_date_time")
		switch {
		case !ok:
			continue
		case begins && at.Before(begin):
			s.reportElement("charging_periods", i, "start_date_time", Contradiction, "is before the start of all")
		case ends && at.After(end):
			s.reportElement("charging_periods", i, "start_date_time", Contradiction, "is after the end of all")
		case at.Before(last):
			s.reportElement("charging_periods", i, "start_date_time", Contradiction, "is before that of the period before")
		}
		last = at
	}
}

// onlyInSessions are the dimensions that a CDR may not have (cdrs,
// CdrDimensionType).
var onlyInSessions = map[string]bool{
	"CURRENT": true, "ENERGY_EXPORT": true, "ENERGY_IMPORT": true, "POWER": true, "STATE_OF_CHARGE": true,
}

func (s *sight) sessionOnly() {
	for i, period := range s.list("charging_periods") {
		dimensions, _ := Find(period, "dimensions")
		for dimension := range Elements(dimensions.Value) {
			if onlyInSessions[FindString(dimension, "type")] {
				s.reportElement("charging_periods", i, "dimensions", Contradiction, "hold a type that only sessions may have")
				break
			}
		}
	}
}
