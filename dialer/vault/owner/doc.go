// Package owner says whose a file is that a command of root's has made.
//
// Keys and notes lie in folders of the server's, which is not root and must read them afterwards: a key that root has wrapped anew, a recording's key under
// another master key, a line of what is to be remembered. Whoever makes a file in such a folder calls [LikeFolder] before the file is closed, and so before it
// has the name by which others read it; whoever makes a folder there makes it by [Folder].
//
// # Who owns what
//
// The folder's owner is the server, whoever made it. A process that is not root changes nothing: what it makes is its own.
//
// # How it fails
//
// A file that has another name elsewhere is an error, and stays root's: it may be a link that somebody has put there to a file of root's own.
package owner
