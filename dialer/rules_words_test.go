package dialer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryMistakeIsSaidInJapanese reads the formats of all mistakes out of the source: each has its Japanese words, which take the
// same values, and no words are there for a mistake that nobody makes any more.
func TestEveryMistakeIsSaidInJapanese(t *testing.T) {
	made := map[string]bool{}
	for _, folder := range []string{".", "casework"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, files)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && mistakes(call.Fun) && len(call.Args) > 1 {
					if word, ok := call.Args[1].(*ast.BasicLit); ok {
						format, _ := strconv.Unquote(word.Value)
						made[format] = true
					}
				}
				return true
			})
		}
	}
	if len(made) < 30 {
		t.Fatalf("only %d mistakes were found in the source", len(made))
	}
	verbs := regexp.MustCompile(`%.`)
	for format := range made {
		switch ja, ok := rulesInJapanese[format]; {
		case !ok:
			t.Errorf("not said in Japanese: %q", format)
		case !slices.Equal(verbs.FindAllString(format, -1), verbs.FindAllString(ja, -1)):
			t.Errorf("other values in Japanese: %q", format)
		}
	}
	for format := range rulesInJapanese {
		if !made[format] {
			t.Errorf("said in Japanese, and nowhere in English: %q", format)
		}
	}
}

func mistakes(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name == "Mistake"
	case *ast.SelectorExpr:
		return f.Sel.Name == "addf" || f.Sel.Name == "Mistake"
	}
	return false
}
