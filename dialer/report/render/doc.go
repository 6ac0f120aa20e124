// Package render writes a report as a file that the ward keeps, opens in a spreadsheet, or prints and signs.
//
// It takes a Document (a report.Report with what stands around it on paper: the ward, the approval boxes, the stamp of the
// revision it was issued as, and for the spreadsheet the rows of the ledger) and writes the same figures three times:
//
//   - CSV: one table after another, for whoever computes on; UTF-8 with a byte order mark and CRLF, as Excel reads it.
//   - XLSX: 報告書 on A4 upright, 内訳 (the tables too wide for that) on A4 across, 明細 with the ledger's rows.
//   - PDF: 報告書 and 内訳 as the paper that is signed. The font is the caller's: FindFont finds the one of Debian.
//
// A section is a table of the report. A heading is the name of a column with its unit. A table is folded when its one row has
// so many columns that they are set one beneath the other, and wide when it goes to the pages across. Which is which is
// decided once, in table.go, and XLSX and PDF only draw it.
//
// The package computes nothing, reads no clock and keeps nothing: the same Document gives the same file, byte for byte. What has
// no figure is never a zero: 「—」 is a ratio of nothing, 「未使用」 a service that is not in use. Words are Japanese; they are
// for the ward. A Document that cannot be set (too many approval boxes, a report whose rows do not fit its columns) is an
// error before anything is written; a font that is missing is a *FontError that says which package has one.
package render
