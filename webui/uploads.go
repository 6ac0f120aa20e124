package webui

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// textNames are the endings of files that hold a table as text.
var textNames = []string{".csv", ".txt", ".tsv"}

// How workbooks begin: a ZIP, and the compound file of the older format. What reads lists refuses them by what is inside, and says how to save them.
var bookBegins = [][]byte{[]byte("PK\x03\x04"), {0xd0, 0xcf, 0x11, 0xe0}}

const (
	misnamedJA = "ファイル名の末尾が中身と合いません。一覧表はCSV(.csv、.txt、.tsv)です。表計算ソフトでは「CSV」で保存し直してください"
	misnamedEN = "the file's name does not fit what is inside: a list is a text whose name ends in .csv, .txt or .tsv; save it as CSV"
)

var errFileName = invalid("file", "extension", misnamedJA, misnamedEN).with(misnamedJA, misnamedEN)

// uploaded reads an uploaded table to its end, and the name that it has: the form's own file ends with the request, and reading goes on after
// it. What is inside must be what the name says (ASVS 5.2.2).
func (in *uploadInput) uploaded() (name string, text []byte, err error) {
	file := in.RawBody.Data().File
	if text, err = io.ReadAll(file); err != nil {
		return "", nil, invalid("file", "read", "ファイルを読めませんでした。もう一度選んでください", "the file could not be read; choose it again")
	}
	name = baseName(file.Filename)
	book := slices.ContainsFunc(bookBegins, func(magic []byte) bool { return bytes.HasPrefix(text, magic) })
	if !book && !slices.Contains(textNames, strings.ToLower(path.Ext(name))) {
		return "", nil, errFileName
	}
	return name, text, nil
}

// baseName drops the folders that some browsers send along.
func baseName(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }
