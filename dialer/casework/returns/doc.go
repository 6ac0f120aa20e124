// Package returns writes what goes back to the ward at the day's close: the negotiation records (交渉経過) for its own system
// (§8(1)②, §19(8)), the numbers that were entered (§8(1)⑪), and the hand-offs that it has answered. Records also go before the close,
// as a file when somebody asks, and as text to paste (export.go).
//
// # Each row once
//
// Of all files that the ward was given, the first that has a row has it unmarked, and every later one marks it 再出力. What is recorded
// after an attempt went is another row, marked 訂正. So whoever reads all files and leaves out 再出力 has each row once. A close's file
// is the day whole, with what exports had before it: nobody depends on an export's file being still there (decision 0031).
//
// Which rows and numbers belong to a close is written down before their file is. A close that is carried on after a crash writes the same
// rows again, into the same file. An export is kept with its rows in one transaction, or has taken none.
//
// However much there is, it is read by pages (pieces.go) and goes to disk as it is read (leave.go). Before anything is destroyed, and before
// there is no way back, it is counted whether a number that was entered stands in no file (ErrNumbersLeft).
//
// # The contract's end
//
// A final close takes the hand-offs that nobody has answered too, as they stand, and the recordings' keys, and leaves 引継書 for the
// next contractor (§23): handover.go has its table of cases, summary.go its text, which names nobody. A case that the ward has back is
// in the table by its reference alone (decision 0035).
//
// # The file
//
// layout.go reads the layout: which columns in which order, and the ward's word for each of our codes. It is data (layout.json, or
// close.layout_file). file.go writes cells: CP932 unless the layout says otherwise, all cells quoted, CRLF. A character that CP932
// does not have is replaced by the layout's rule, or by 〓, and each such cell is named in a report beside the file: nothing else is
// replaced (the look-alikes 〜 − — ‖ have one code in CP932, and are read back as ～ － ― ∥).
//
// The files are for the ward's system, and people open them with a spreadsheet, which may drop leading zeros. A note that begins
// with =, +, - or @ would be run there as a formula: it gets a ' before it, and its cell is named in that report too. A layout with
// "formulas": "keep" leaves it as it was written, for a system that takes nothing for a formula.
package returns
