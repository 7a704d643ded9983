package routing

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Verifier compares what a platform keeps of the client info with what the
// hub told it, and pushes again what differs (hub client info, GET on the
// Receiver interface; H-197). It is safe for concurrent use.
type Verifier struct {
	Registry Registry
	Caller   Caller
	Pusher   Pusher
	Now      func() time.Time
	Timeout  time.Duration // of each call
	Log      *slog.Logger
}

// Copy is what a platform keeps of the ClientInfo of a member.
type Copy struct {
	parties.Member
	// Held is the status in the copy; empty when there is none.
	Held   parties.Status
	Result CopyResult
	// Reason says why the copy is unreadable.
	Reason string
	// Pushed: it was sent again; Mended: after that the copy was right.
	Pushed, Mended bool
}

// CopyResult says how a copy compares with what the hub told.
type CopyResult string

// The results of a comparison.
const (
	CopySame       CopyResult = "same"
	CopyMissing    CopyResult = "missing"
	CopyDiffers    CopyResult = "differs"
	CopyOtherRole  CopyResult = "other_role" // the URL has no role: it keeps another one of the party
	CopyUnreadable CopyResult = "unreadable"
)

// verifyAtOnce bounds the parties that one platform is asked about at a time.
const verifyAtOnce = 8

// Verify asks a platform for its copy of every ClientInfo that it is told of,
// and pushes again what is missing or differs, unless only to report. Faults:
// NotFound, NotConnected, NoInterface.
func (v Verifier) Verify(ctx context.Context, platform string, onlyReport bool) ([]Copy, error) {
	dir := v.Registry.Directory()
	p, ok := dir.Platform(platform)
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no platform %q; platforms list shows those that are", platform)
	}
	if p.Status != parties.Connected {
		return nil, fault.New(fault.NotConnected, "platform %s is %s: nothing is sent to it now", platform, p.Status)
	}
	endpoint, ok := p.Endpoint(ocpi.HubClientInfo, ocpi.Receiver)
	if !ok {
		return nil, fault.New(fault.NoInterface, "platform %s does not offer the RECEIVER interface of hubclientinfo: it keeps no copy", platform)
	}
	var out []Copy
	for _, m := range dir.Visible(p, v.Now()) {
		out = append(out, Copy{Member: m})
	}
	v.each(out, func(copies []Copy) {
		one := visit{Verifier: v, platform: p, url: ocpi.JoinURL(endpoint, clientInfoPath(copies[0].Party))}
		one.verify(ctx, copies, onlyReport)
	})
	return out, ctx.Err()
}

// each runs verify for the copies of each party, some at a time. Those of one
// party stand side by side.
func (v Verifier) each(all []Copy, verify func([]Copy)) {
	var work sync.WaitGroup
	slots := make(chan struct{}, verifyAtOnce)
	for first := 0; first < len(all); {
		last := first + 1
		for last < len(all) && all[last].Party == all[first].Party {
			last++
		}
		copies := all[first:last]
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			verify(copies)
		})
		first = last
	}
	work.Wait()
}

// visit verifies one party's copies at one platform.
type visit struct {
	Verifier
	platform *parties.Platform
	url      string
}

func (v visit) verify(ctx context.Context, copies []Copy, onlyReport bool) {
	held, err := v.read(ctx)
	roles := rolesOf(copies)
	pushed := false
	for n := range copies {
		c := &copies[n]
		compare(c, roles, held, err)
		if c.Result != CopyMissing && c.Result != CopyDiffers {
			continue
		}
		v.Log.WarnContext(ctx, "a platform's copy of a client info is not what it was told",
			"platform_id", v.platform.ID, "party", c.String(), "status", c.Status, "copy", c.Held)
		c.Pushed = !onlyReport && v.Pusher.Resend(v.platform.ID, ClientInfoChange(c.Member))
		pushed = pushed || c.Pushed
	}
	if !pushed {
		return
	}
	v.Pusher.Introduced(ctx, v.platform.ID, copies[0].Party)
	held, err = v.read(ctx)
	for n := range copies {
		if c := &copies[n]; c.Pushed {
			again := Copy{Member: c.Member}
			compare(&again, roles, held, err)
			c.Mended = again.Result == CopySame || again.Result == CopyOtherRole
		}
	}
}

// heldInfo is a ClientInfo as a platform keeps it.
type heldInfo struct {
	role   ocpi.Role // empty when the platform left it out
	status parties.Status
}

// read gets the copy of a party: usually one, though the party may have more
// roles than that. None means that the platform does not know the party.
func (v visit) read(ctx context.Context) ([]heldInfo, error) {
	token, encoding, err := v.Registry.Token(v.platform)
	if err != nil {
		return nil, err
	}
	reply, err := v.Caller.Do(ctx, peer.Call{
		Method: http.MethodGet, URL: v.url, Authorization: ocpi.FormatAuthorization(token, encoding),
		RequestID: newRequestID(), CorrelationID: newRequestID(), Timeout: v.Timeout,
		Platform: v.platform.ID, Module: ocpi.HubClientInfo, Bare: v.platform.Bare(),
	})
	if err != nil {
		return nil, err
	}
	return parseCopy(reply)
}

// parseCopy reads an answer to GET. 404, and refusals in 2xxx, mean that there
// is no copy.
func parseCopy(reply peer.Reply) ([]heldInfo, error) {
	env, err := ocpi.ParseEnvelope(reply.Body)
	switch {
	case reply.Status == http.StatusNotFound:
		return nil, nil
	case reply.Status == http.StatusMethodNotAllowed:
		return nil, fault.New(fault.BadAnswer, "the platform does not let its copy be read (405)")
	case err != nil:
		return nil, fault.Wrap(fault.BadAnswer, err, "the platform answered no OCPI (HTTP %d)", reply.Status)
	case reply.Status < http.StatusMultipleChoices && env.StatusCode.ClientFault():
		return nil, nil
	case reply.Status >= http.StatusMultipleChoices || !env.StatusCode.Success():
		return nil, fault.New(fault.BadAnswer, "the platform answered HTTP %d, status_code %d", reply.Status, env.StatusCode)
	}
	return parseHeld(env.Data), nil
}

// parseHeld reads one ClientInfo, or a list of them: some keep every role of a
// party.
func parseHeld(data []byte) (held []heldInfo) {
	info := func(object []byte) {
		if strictjson.IsObject(object) {
			held = append(held, heldInfo{ocpi.Role(ocpi.FindString(object, "role")), parties.Status(ocpi.FindString(object, "status"))})
		}
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		for object := range ocpi.Elements(data) {
			info(object)
		}
		return held
	}
	info(data)
	return held
}

func rolesOf(copies []Copy) []ocpi.Role {
	var roles []ocpi.Role
	for _, c := range copies {
		roles = append(roles, c.Role)
	}
	return roles
}

// compare enters what a platform keeps of a party, which has these roles, into
// the copy of one of them. It is a pure function.
func compare(c *Copy, roles []ocpi.Role, held []heldInfo, err error) {
	if err != nil {
		c.Result, c.Reason = CopyUnreadable, err.Error()
		return
	}
	c.Result = CopyMissing
	for _, h := range held {
		switch {
		case h.role != c.Role && h.role != "":
			if c.Result == CopyMissing && slices.Contains(roles, h.role) {
				c.Result, c.Held = CopyOtherRole, h.status
			}
		case h.status == c.Status:
			c.Result, c.Held = CopySame, h.status
			return
		default:
			c.Result, c.Held = CopyDiffers, h.status
		}
	}
}
