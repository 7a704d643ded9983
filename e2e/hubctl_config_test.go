package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

func configCommands() map[string]func(*testing.T, *desk) {
	return map[string]func(*testing.T, *desk){
		"export": func(t *testing.T, d *desk) {
			d.table(t, []string{"platforms:", "agreements:", d.CPO, "CPO:DE*ABC"}, "export")
			var got struct{ Platforms, Agreements []fields }
			d.decode(t, &got, "export")
			want(t, row(t, got.Platforms, "platform_id", d.CPO), fields{"name": "CPO DE*ABC", "suspended": false})
		},
		"apply": func(t *testing.T, d *desk) {
			file := filepath.Join(t.TempDir(), "hub.yaml")
			content := "platforms:\n  - name: By file\n    claims: ['CPO:FR*APL']\nagreements:\n  - cpo: FR*APL\n    emsp: NL*TNM\n"
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			const change = "action kind id field old new token_a"
			d.table(t, []string{"create", "By file", "FR*APL and NL*TNM", "Nothing was changed"}, "apply", "-f", file, "--dry-run")
			rows := d.rows(t, change, "apply", "-f", file)
			want(t, row(t, rows, "kind", "platform"), fields{"action": "create"})
			want(t, row(t, rows, "kind", "agreement"), fields{"action": "create"})
			if again := d.rows(t, change, "apply", "-f", file); len(again) > 0 {
				t.Errorf("applied again: %v", again)
			}
		},
	}
}
