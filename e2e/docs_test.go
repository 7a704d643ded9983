package e2e

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var documents = []string{
	"../README.md",
	"../ARCHITECTURE.md",
	"../CONTRIBUTING.md",
	"../docs/runbook.md",
	"../docs/nats.md",
	"../docs/storage.md",
	"../docs/ocpi-readings.md",
	"../docs/alerts.md",
	"../docs/quality.md",
	"../docs/partners.md",
	"../docs/admin-api.md",
	"../docs/operate.md",
	"../docs/deploy.md",
	"../docs/connect-cpo.md",
	"../docs/connect-emsp.md",
}

// goFile matches a Go file, and the names in code marks that follow it up to
// the next file or the end of the sentence.
var (
	goFile   = regexp.MustCompile("`([a-z_0-9-]+/[a-z_/0-9]+\\.go)`((?: `[A-Za-z]+`,?| and| then)*)")
	name     = regexp.MustCompile("`([A-Za-z]+)`")
	link     = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	makeTask = regexp.MustCompile("`?make ([a-z-]+)`?")
)

func TestTheDocumentsNameFilesAndFunctionsThatAreThere(t *testing.T) {
	for _, doc := range documents {
		text := read(t, doc)
		for _, m := range goFile.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "_*") {
				continue
			}
			source, err := os.ReadFile(filepath.Join("..", m[1]))
			if err != nil {
				t.Errorf("%s names %s, which is not there", doc, m[1])
				continue
			}
			for _, f := range name.FindAllStringSubmatch(m[2], -1) {
				if !regexp.MustCompile(`func (\([^)]*\) )?` + f[1] + `\(`).Match(source) {
					t.Errorf("%s says that %s has %s, which it has not", doc, m[1], f[1])
				}
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			}
		}
		for _, m := range makeTask.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(read(t, "../Makefile"), "\n"+m[1]+":") {
				t.Errorf("%s names make %s, which is not there", doc, m[1])
			}
		}
	}
}

func TestWalkAIsCalledInTheOrderInWhichItIsTold(t *testing.T) {
	for _, step := range []struct{ file, caller, called string }{
		{"hub/front/front.go", "func (f *Front) ServeHTTP", "newRequest f.answer f.refusal req.write"},
		{"hub/front/front.go", "func (f *Front) answer", "f.authenticate f.match f.admit f.read rt.serve"},
		{"hub/front/routed.go", "func (f *Front) routed", "f.message f.Router.Route fromAnswer"},
		{"hub/front/routed.go", "func (f *Front) message", "ocpi.Match f.carries ocpi.MatchCustom f.routing"},
		{"routing/router.go", "func (r *Router) Route", "Address admit r.act r.Observe"},
		{"routing/direct.go", "func (r *Router) direct", "Permit r.carry r.forward r.keep"},
		{"routing/direct.go", "func (r *Router) forward", "r.outgoing r.call"},
		{"routing/direct.go", "func (r *Router) call", "r.exchange"},
		{"routing/direct.go", "func (r *Router) exchange", "r.Caller.Do Judge"},
		{"routing/broadcast.go", "func (r *Router) broadcast", "r.lanes.enter r.store r.Feed.Accept"},
		{"routing/unpublished.go", "func (r *Router) store", "r.keepPublished r.Catalog.Apply"},
	} {
		source := read(t, filepath.Join("..", step.file))
		_, body, found := strings.Cut(source, step.caller)
		if !found {
			t.Errorf("%s has no %s", step.file, step.caller)
			continue
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		for called := range strings.FieldsSeq(step.called) {
			i := strings.Index(body, called+"(")
			if i < 0 {
				t.Errorf("%s: %s does not call %s at its place", step.file, step.caller, called)
				break
			}
			body = body[i:]
		}
	}
}

// The rules that call a place AMBIGUOUS come from the list of facts beside the
// checkout.
func TestEveryOpenPlaceOfOCPIHasItsReading(t *testing.T) {
	rules, err := os.ReadFile("../../shared/ocpi/HUB-RULES.md")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("THE RULES OF A HUB ARE NOT BESIDE THE CHECKOUT: whether each open place has a reading was not compared")
	}
	_, index, _ := strings.Cut(string(rules), "## Index of AMBIGUOUS places")
	want := regexp.MustCompile(`(?m)^- (H-\d{3})`).FindAllStringSubmatch(index, -1)
	got := regexp.MustCompile(`(?m)^\| (H-\d{3})`).FindAllStringSubmatch(read(t, "../docs/ocpi-readings.md"), -1)
	if diff := cmp.Diff(numbers(want), numbers(got)); diff != "" || len(want) == 0 {
		t.Errorf("readings differ from the open places (-rules +readings):\n%s", diff)
	}
}

func TestEveryHabitOfPartnersIsWrittenDownAndTested(t *testing.T) {
	tested := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, name := range regexp.MustCompile(`func TestQ\d\d\w*|"Q\d\d `).FindAllString(read(t, path), -1) {
			for _, number := range regexp.MustCompile(`Q\d\d`).FindAllString(name, -1) {
				tested[number] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`(?m)^\| (Q\d\d) \|`).FindAllStringSubmatch(read(t, "../docs/partners.md"), -1)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(tested)), numbers(got)); diff != "" {
		t.Errorf("the document differs from the tests (-tests +docs/partners.md):\n%s", diff)
	}
}

func TestEachDecisionHasANumberOfItsOwn(t *testing.T) {
	files, err := filepath.Glob("../docs/adr/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	taken := map[string]string{}
	for _, file := range files {
		number, _, _ := strings.Cut(filepath.Base(file), "-")
		if other := taken[number]; other != "" {
			t.Errorf("%s and %s have the same number", other, file)
		}
		taken[number] = file
		if want := "# " + strings.TrimLeft(number, "0") + ". "; !strings.HasPrefix(read(t, file), want) {
			t.Errorf("%s does not begin with %q", file, want)
		}
	}
}

func numbers(rows [][]string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row[1])
	}
	slices.Sort(out)
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
