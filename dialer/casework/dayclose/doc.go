// Package dayclose is 終業返却, the day's close (§19(8)): what the ward is owed goes back to it, a signed manifest says what
// that was, and then the day's personal data is destroyed by destroying its keys.
//
// # A close's life
//
// begun → written → signed → destroying → closed. Each step is kept in the ledger before the next is begun, and each can be done
// again: a close that lost its power anywhere is carried on from where it was, on whichever node starts first.
//
//   - begun: nothing is dialled any more and nobody is put through. It is only reached when no call is open, no result is owed,
//     the spool is empty and no list is being read; the ledger asks all of that in the transaction that begins.
//   - written: the files for the ward lie in their folder, and were read back.
//   - signed: the manifest too. It names each file with its hash, the day's counts, who closed, and the manifest before it.
//   - destroying: from here there is no way back, so all files are read once more before it. What the keys sealed is gone.
//   - closed: the receipt, signed like the manifest, says what was destroyed.
//
// Until destroying a supervisor may give a close up; the day then goes on.
//
// # The contract's end
//
// A close may be final (契約終了の返却, §20(3)): then nothing is left, whatever the settings keep, no hand-off is waited for, and no close
// follows. From its begin on nothing is called, taken in or written, for ever unless it is given up (decision 0035).
//
// # Files
//
// close.go has the steps, checklist.go what must be so before, closer.go carries a close, manifest.go what is signed, verify.go
// how whoever has the files checks them without the centre, folder.go how a file is written, piece by piece, so that it is there, ports.go what is needed of others.
package dayclose
