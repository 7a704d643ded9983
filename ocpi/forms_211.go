package ocpi

import "bytes"

// forms211 are the forms of texts that 2.1.1 has otherwise.
var forms211 = map[string]form{
	"latitude":  {BadCoordinates, "is no latitude such as 51.047599, with 6 decimals", func(b []byte) bool { return isShortDegree(b, 2, 90) }},
	"longitude": {BadCoordinates, "is no longitude such as 3.729944, with 6 decimals", func(b []byte) bool { return isShortDegree(b, 3, 180) }},
	"evse_id":   {BadEVSEID, "is no EVSE id such as DE*ABC*E1234", isDashedEVSEID},
}

// isShortDegree wants 6 decimals, no more and no less.
func isShortDegree(b []byte, whole int, most float64) bool {
	_, decimals, _ := bytes.Cut(b, []byte("."))
	return len(decimals) == 6 && isDegree(b, whole, most)
}

// isDashedEVSEID: the examples of 2.1.1 write dashes where stars belong.
func isDashedEVSEID(b []byte) bool { return isEVSEID(bytes.ReplaceAll(b, []byte("-"), []byte("*"))) }
