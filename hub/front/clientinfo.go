package front

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// maxClientInfos is the largest page of client infos.
const maxClientInfos = 1000

// clientInfo lists the other parties of the hub and their status (hub client
// info, GET).
func (f *Front) clientInfo(req *request) (reply, error) {
	values, err := url.ParseQuery(req.http.URL.RawQuery)
	if err != nil {
		return reply{}, fault.New(fault.Invalid, "the query cannot be read: percent-encode it")
	}
	asked, err := ocpi.ParsePageRequest(values)
	if err != nil {
		return reply{}, fault.New(fault.Invalid, "%s", err)
	}
	if asked.Limit == 0 || asked.Limit > maxClientInfos {
		asked.Limit = maxClientInfos
	}
	visible := within(f.Registry.Directory().Visible(req.login.Platform, f.Now()), asked)
	first := min(asked.Offset, len(visible))
	last := min(first+asked.Limit, len(visible))
	out := f.raw(clientInfos(visible[first:last]))
	out.header = http.Header{}
	out.header.Set(ocpi.HeaderTotalCount, strconv.Itoa(len(visible)))
	out.header.Set(ocpi.HeaderLimit, strconv.Itoa(maxClientInfos))
	if last < len(visible) {
		values.Set("offset", strconv.Itoa(last))
		values.Set("limit", strconv.Itoa(asked.Limit))
		own := ocpi.JoinURL(f.Self.VersionURL(req.version()), string(ocpi.HubClientInfo))
		out.header.Set("Link", ocpi.FormatLinkNext(own+"?"+values.Encode()))
	}
	return out, nil
}

// within keeps the members whose last_updated lies in the range asked for.
func within(members []parties.Member, asked ocpi.PageRequest) []parties.Member {
	var out []parties.Member
	for _, m := range members {
		if m.Updated.Before(asked.From) || !asked.To.IsZero() && !m.Updated.Before(asked.To) {
			continue
		}
		out = append(out, m)
	}
	return out
}

// clientInfos writes members as a JSON array of ClientInfo objects.
func clientInfos(members []parties.Member) []byte {
	out := []byte{'['}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.ClientInfo()...)
	}
	return append(out, ']')
}
