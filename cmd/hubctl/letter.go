package main

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// letter is what the operator sends to a partner (H-013).
type letter struct {
	VersionsURL, TokenA string
	// Parties are those that the partner may register; empty: any.
	Parties []*adminv1.PartyRole
	// Versions are those that the hub offers to the partner.
	Versions []string
	// As is the one party that the connection is for; empty: it is for all.
	As string
}

// Authorization is the header with token A.
func (l letter) Authorization() string { return ocpi.FormatAuthorization(l.TokenA, ocpi.TokenBase64) }

// May tells what the partner may register.
func (l letter) May() string { return roles(l.Parties, "any party that nobody else has registered") }

// Whom is the one party that the hub stands for.
func (l letter) Whom() string { return strings.ToUpper(l.As) }

// side is what one role has on its two interfaces.
type side struct {
	Role          string
	Offers, Takes string
}

// Sides tells the modules of each role: those of the partner, or else of the two
// that most have.
func (l letter) Sides() []side {
	var wanted []ocpi.Role
	for _, p := range l.Parties {
		if role := ocpi.Role(p.GetRole()); !slices.Contains(wanted, role) {
			wanted = append(wanted, role)
		}
	}
	if len(wanted) == 0 {
		wanted = []ocpi.Role{ocpi.CPO, ocpi.EMSP}
	}
	out := make([]side, len(wanted))
	for i, role := range wanted {
		out[i] = side{string(role), l.modulesFor(role, ocpi.Sender), l.modulesFor(role, ocpi.Receiver)}
	}
	return out
}

// Version is the highest of those that the partner can register in.
func (l letter) Version() ocpi.Version {
	highest := ocpi.Version("")
	for _, v := range l.Versions {
		if highest.Before(ocpi.Version(v)) {
			highest = ocpi.Version(v)
		}
	}
	return cmp.Or(highest, ocpi.V221)
}

// Choice tells which versions there are, where there are several.
func (l letter) Choice() string {
	if len(l.Versions) < 2 {
		return ""
	}
	return strings.Join(l.Versions, ", ")
}

// modulesFor lists the modules in which a role stands on one interface.
func (l letter) modulesFor(role ocpi.Role, i ocpi.Interface) string {
	var out []string
	for _, m := range ocpi.FunctionalModules(l.Version()) {
		if m != ocpi.HubClientInfo && role.Plays(m, i) {
			out = append(out, string(m))
		}
	}
	return strings.Join(out, ", ")
}

// Guides are the pages for the partner's developer.
func (l letter) Guides() []string {
	const docs = "https://github.com/ocpihub/ocpihub/blob/main/docs/"
	var out []string
	for _, s := range l.Sides() {
		page := docs + "connect-emsp.md"
		if ocpi.Role(s.Role).Operates() {
			page = docs + "connect-cpo.md"
		}
		if !slices.Contains(out, page) {
			out = append(out, page)
		}
	}
	return out
}

const letterText = `Send this to the partner, over a channel that others cannot read: the token is
shown only now.

------------------------------------------------------------------------
Your connection to the OCPI hub

  versions URL:         {{.VersionsURL}}
  CREDENTIALS_TOKEN_A:  {{.TokenA}}
  as a header:          Authorization: {{.Authorization}}

The header holds the token in Base64. To see that you reach the hub and that the
token is good (this does not use it up):

  curl -sS -H '{{print "Authorization: " .Authorization}}' '{{.VersionsURL}}'

Then register: get the versions, get the details of {{if .Choice}}the highest version that you have
({{.Choice}}){{else}}version {{.Version}}{{end}}, and POST your
credentials to the credentials endpoint that they name. While you wait, the hub
reads your versions with the token in your credentials. Its answer holds the token
that you use from then on. Token A serves once, and until you have registered; if
it gets lost, ask for another one, which ends it.

  you may register:     {{.May}}
{{- if .As}}
  the hub there is:     {{.Whom}}, and nobody else: what you send goes to this party
{{- end}}
{{- range .Sides}}
  as {{.Role}}
    you offer (SENDER):    {{.Offers}}
    you take (RECEIVER):   {{.Takes}}
{{- end}}

{{if .Version.Headers}}The hub has both interfaces of all of these. What you do not have you leave out of
your version details. As RECEIVER of hubclientinfo you are told who is connected.
{{- else}}Endpoints of OCPI {{.Version}} have no role, and messages no headers: the hub stands for
everybody on the other side. What you do not have you leave out of your version
details.
{{- end}}

Step by step, with a command line for each step:
{{- range .Guides}}
  {{.}}
{{- end}}
------------------------------------------------------------------------

When it is registered, hubctl platforms check ID says what there is to mend.
`

// print writes the letter.
func (l letter) print(w io.Writer) error {
	t, err := template.New("letter").Parse(letterText)
	if err != nil {
		return err
	}
	return t.Execute(w, l)
}
