package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	// claims are the names of tests, and the texts in tests that tell what a
	// row of a table or an assertion proves.
	claims = regexp.MustCompile(`(?m)^func (?:Test|Fuzz)\w+|"[^"\n]*H-\d{3}[^"\n]*"`)
	number = regexp.MustCompile(`H-?(\d{3})`)
)

// suiteDir holds the conformance suite, whose results are shown beside.
const suiteDir = "e2e/conformance"

// scan collects the other tests that name each rule.
func scan(root string) (map[string][]string, error) {
	claimed := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == filepath.FromSlash(suiteDir) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !isTest(path) {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, text := range claims.FindAllString(string(source), -1) {
			name := strings.Trim(strings.TrimPrefix(text, "func "), `"`)
			for _, rule := range rulesIn(name) {
				claimed[rule] = append(claimed[rule], path+": "+name)
			}
		}
		return nil
	})
	return claimed, err
}

// isTest says whether a file holds tests: one of the toolchain's, or of a suite
// that judges adapters.
func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") ||
		strings.HasSuffix(path, ".go") && strings.HasSuffix(filepath.Dir(path), "test") && !strings.HasSuffix(filepath.Dir(path), "ocpitest")
}

// rulesIn returns the rules that the name of a test holds.
func rulesIn(name string) (out []string) {
	for _, m := range number.FindAllStringSubmatch(name, -1) {
		out = append(out, fmt.Sprintf("H-%s", m[1]))
	}
	return out
}
