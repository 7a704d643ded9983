package bridge

import (
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// What the versions know where they differ. A value outside an open enum of
// 2.3.0 is treated like one that an older version does not know.

var (
	capabilities211 = values(ocpi.V211, "Capability")
	capabilities221 = values(ocpi.V221, "Capability")

	connectorTypes211 = values(ocpi.V211, "ConnectorType")
	connectorTypes221 = values(ocpi.V221, "ConnectorType")

	facilities211 = values(ocpi.V211, "Facility")
	facilities221 = values(ocpi.V221, "Facility")

	parkingTypes211        = values(ocpi.V211, "LocationType", "OTHER", "UNKNOWN")
	parkingTypes221        = values(ocpi.V221, "ParkingType")
	parkingRestrictions221 = values(ocpi.V221, "ParkingRestriction") // and 2.1.1
	closedToOthers         = map[string]bool{"EMPLOYEES": true, "TENANTS": true, "TAXIS": true}
	imageCategories        = values(ocpi.V211, "ImageCategory") // and 2.2.1
	environmentalImpacts   = values(ocpi.V211, "EnvironmentalImpactCategory")

	tokenTypes211 = values(ocpi.V211, "TokenType")
	tokenTypes221 = values(ocpi.V221, "TokenType")

	dimensions211 = values(ocpi.V211, "CdrDimensionType")
	dimensions221 = values(ocpi.V221, "CdrDimensionType")

	commandResponses211 = values(ocpi.V211, "CommandResponseType")
)

func values(v ocpi.Version, enum string, without ...string) map[string]bool {
	list, _ := ocpi.Values(v, enum)
	out := make(map[string]bool, len(list))
	for _, value := range list {
		out[value] = !slices.Contains(without, value)
	}
	return out
}
