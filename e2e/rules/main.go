// Command rules prints which of the hub rules of OCPI (H-001 to H-222) a test
// of this repository proves. A test claims a rule by its number, in its name
// (func TestH058_...), in the name of a row, or in what an assertion says.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// last is the highest rule number.
const last = 222

func main() {
	proven, err := scan(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1)
	}
	report(proven)
}

var (
	// claims are the names of tests, and the texts in tests that tell what a
	// row of a table or an assertion proves.
	claims = regexp.MustCompile(`(?m)^func (?:Test|Fuzz)\w+|"[^"\n]*H-\d{3}[^"\n]*"`)
	number = regexp.MustCompile(`H-?(\d{3})`)
)

// scan collects the tests that name each rule.
func scan(root string) (map[int][]string, error) {
	proven := map[int][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isTest(path) {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, text := range claims.FindAllString(string(source), -1) {
			claim(proven, strings.Trim(strings.TrimPrefix(text, "func "), `"`), path)
		}
		return nil
	})
	return proven, err
}

// isTest says whether a file holds tests: one of the toolchain's, or of a suite
// that judges adapters.
func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") ||
		strings.HasSuffix(path, ".go") && strings.HasSuffix(filepath.Dir(path), "test") && !strings.HasSuffix(filepath.Dir(path), "ocpitest")
}

// claim notes the rules that one test's name holds.
func claim(proven map[int][]string, name, path string) {
	for _, n := range number.FindAllStringSubmatch(name, -1) {
		var rule int
		if _, err := fmt.Sscanf(n[1], "%d", &rule); err == nil && rule >= 1 && rule <= last {
			proven[rule] = append(proven[rule], path+": "+name)
		}
	}
}

func report(proven map[int][]string) {
	var missing []string
	for rule := 1; rule <= last; rule++ {
		tests := proven[rule]
		if len(tests) == 0 {
			missing = append(missing, fmt.Sprintf("H-%03d", rule))
			continue
		}
		fmt.Printf("H-%03d  %s\n", rule, tests[0])
		for _, more := range tests[1:] {
			fmt.Printf("       %s\n", more)
		}
	}
	fmt.Printf("\n%d of %d rules are named by a test.\n", last-len(missing), last)
	fmt.Printf("Not named: %s\n", strings.Join(missing, " "))
}
