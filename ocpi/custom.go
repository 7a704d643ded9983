package ocpi

import (
	"net/http"
	"slices"
)

// customMethods are the methods of OCPI: what a custom module may use.
var customMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// MatchCustom makes the rule of a message on a custom module (version
// information endpoint, Custom Modules). Nobody knows its paths, objects and
// roles, so any path is as good as another; a GET may be a list, whose next page
// is found by its Link. With NoMethod, allow lists the methods of OCPI. A module
// that is not custom gives NoModule.
func MatchCustom(at Address, method, escapedPath string) (rule *Rule, allow []string, why Mismatch) {
	if !at.Module.Custom() || at.Interface != Sender && at.Interface != Receiver {
		return nil, nil, NoModule
	}
	if _, ok := splitPath(escapedPath); !ok {
		return nil, nil, NoPath
	}
	if !slices.Contains(customMethods, method) {
		return nil, customMethods, NoMethod
	}
	return &Rule{
		Version: at.Version, Module: at.Module, Interface: at.Interface, Method: method, List: method == http.MethodGet,
		Opaque: true,
	}, nil, Matched
}

// MatchOpaque makes the rule of a message on a path of bookings that the module
// table does not have. The texts of the extension contradict one another about
// paths, and its examples have others again, so that what one partner means by a
// path is for the other to understand (H-181). Other modules give NoModule.
func MatchOpaque(at Address, method, escapedPath string) (rule *Rule, why Mismatch) {
	if at.Module != Bookings || rules[at] == nil {
		return nil, NoModule
	}
	if _, ok := splitPath(escapedPath); !ok || !slices.Contains(customMethods, method) {
		return nil, NoPath
	}
	return &Rule{Version: at.Version, Module: at.Module, Interface: at.Interface, Method: method, Opaque: true}, Matched
}
