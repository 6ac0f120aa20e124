// Package fleet makes one centre of several processes.
package fleet
