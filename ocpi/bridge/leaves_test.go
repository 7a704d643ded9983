package bridge_test

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// The second oracle looks at one way only: whatever the source says must be said
// somewhere in the result, and the other way round, or a finding tells of it.
// It sees what a way back would make good again.

// leaves are the values of a tree that hold no others, by their pointers.
func leaves(v any, pointer string, out map[string]any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			leaves(inner, pointer+"/"+escape(name), out)
		}
	case []any:
		for i, inner := range v {
			leaves(inner, pointer+"/"+strconv.Itoa(i), out)
		}
	default:
		if v != nil {
			out[pointer] = v
		}
	}
	return out
}

func unsaid(source, result []byte, findings []bridge.Finding) (faults []string) {
	before, after := leaves(decode(source), "", map[string]any{}), leaves(decode(result), "", map[string]any{})
	said, heard := sayings(before), sayings(after)
	for pointer, v := range before {
		if !heard[meaning(v)] && !told(findings, pointer, bridge.Lost, bridge.Narrowed) && !silently(pointer, v) && !summed(pointer) {
			faults = append(faults, "not in the result, and not reported: "+pointer)
		}
	}
	for pointer, v := range after {
		if !said[meaning(v)] && !told(findings, pointer, bridge.Invented) && !reworded(findings, pointer) && !summed(pointer) && !owner(pointer) {
			faults = append(faults, "not in the source, and not reported: "+pointer)
		}
	}
	slices.Sort(faults)
	return faults
}

// sayings are the values of a tree as what they mean: a number within quotes is
// one, moments and coordinates are what they are however spelled.
func sayings(leaves map[string]any) map[string]bool {
	out := map[string]bool{}
	for _, v := range leaves {
		out[meaning(v)] = true
	}
	return out
}

func meaning(v any) string {
	text := fmt.Sprint(v)
	if n, ok := new(big.Rat).SetString(text); ok && len(text) < 30 {
		return n.String()
	}
	if _, isText := v.(string); isText {
		if at, err := ocpi.ParseDateTime(text); err == nil {
			return at.String()
		}
	}
	return text
}

// told says whether a finding is about a place or what is around it.
func told(findings []bridge.Finding, pointer string, kinds ...bridge.Kind) bool {
	return slices.ContainsFunc(findings, func(f bridge.Finding) bool {
		return slices.Contains(kinds, f.Kind) && (pointer == f.Pointer || strings.HasPrefix(pointer, f.Pointer+"/"))
	})
}

// reworded says whether a field of this name was narrowed: its value is another.
func reworded(findings []bridge.Finding, pointer string) bool {
	names := map[string]string{
		"type": "parking_type", "incl_vat": "taxes", "power_type": "connector_power_type",
		"stop_date_time": "end_date_time", "start_datetime": "start_date_time", "end_datetime": "end_date_time",
	}
	field := last(pointer)
	return slices.ContainsFunc(findings, func(f bridge.Finding) bool {
		return f.Kind == bridge.Narrowed && (last(f.Pointer) == field || last(f.Pointer) == names[field] || inList(f.Pointer, pointer))
	}) || field == "twentyfourseven"
}

// inList says whether both are elements of lists of the same name.
func inList(a, b string) bool {
	_, err := strconv.Atoi(last(a))
	return err == nil && last(strings.TrimSuffix(a, "/"+last(a))) == last(strings.TrimSuffix(b, "/"+last(b)))
}

func last(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// silently says whether a value goes without a word, because the other version
// means it.
func silently(pointer string, v any) bool {
	switch last(pointer) {
	case "publish", "publish_allowed_to":
		return v == true
	case "twentyfourseven":
		return v == false
	case "type":
		return v == "UNKNOWN"
	case "tax_included":
		return v == "NO"
	case "name":
		return v == bridge.VAT
	}
	return owner(pointer)
}

func owner(pointer string) bool {
	return last(pointer) == "country_code" || last(pointer) == "party_id"
}

// summed says whether a place holds an amount that is computed.
func summed(pointer string) bool {
	return last(pointer) == "incl_vat" || strings.Contains(pointer, "/taxes/") && last(pointer) == "amount"
}
