package fanout

import (
	"net/http"
	"net/url"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// asPut turns a change into the PUT of a part as it is now: the path of the
// smallest object that covers what changed. Without a body it is a DELETE.
func asPut(c Change, part catalog.Part, now Content) Change {
	c.Method, c.Version, c.Body, c.Part = http.MethodPut, now.Version, now.Body, part
	if now.Body == nil {
		c.Method = http.MethodDelete
	}
	if c.Key.Module == ocpi.Locations {
		c.Path = locationPath(c.Key, part)
	}
	if c.Key.Module == ocpi.Bookings {
		c.Path = bookingPath(c.Key, part)
	}
	return c
}

// partial says whether a change is of use only to a receiver that has the
// object: a PATCH, or a part of it.
func partial(c Change) bool { return c.Method == http.MethodPatch || c.Part != catalog.Part{} }

func locationPath(k catalog.Key, part catalog.Part) string {
	path := k.Owner.Country + "/" + k.Owner.ID + "/" + url.PathEscape(k.ID)
	if part.EVSE != "" {
		path += "/" + url.PathEscape(part.EVSE)
	}
	if part.Connector != "" {
		path += "/" + url.PathEscape(part.Connector)
	}
	return path
}

// bookingPath is the path of a booking location, or of a calendar of it.
func bookingPath(k catalog.Key, part catalog.Part) string {
	path := k.Owner.Country + "/" + k.Owner.ID + "/booking_locations/" + url.PathEscape(k.ID)
	if part.Calendar != "" {
		path += "/" + url.PathEscape(part.Calendar)
	}
	return path
}

// Renewal is the change that brings a receiver the newest state of a whole
// object, of which it may have missed changes. role is that of the owner.
func Renewal(k catalog.Key, role ocpi.Role) Change {
	c := Change{Key: k, Method: http.MethodPut, Role: role, Newest: true}
	c.Path, c.Query = pathOf(k)
	return c
}

// pathOf is the path of a whole object of which only the key is known.
func pathOf(k catalog.Key) (path, query string) {
	switch k.Module {
	case ocpi.HubClientInfo:
		return k.Owner.Country + "/" + k.Owner.ID, "" // whatever the role
	case ocpi.Bookings:
		return bookingPath(k, catalog.Part{}), ""
	case ocpi.Tokens:
	default:
		return locationPath(k, catalog.Part{}), ""
	}
	uid, kind := catalog.SplitTokenID(k.ID)
	k.ID = uid
	return locationPath(k, catalog.Part{}), "type=" + url.QueryEscape(kind)
}
