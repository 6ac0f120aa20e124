package vault

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"kakeru/dialer"
)

// KeyID names a key, and its file.
type KeyID string

const (
	ofDay    = "day-"
	ofMatter = "matter-"
)

// Day names the key of a day's custody.
func Day(d dialer.Date) KeyID { return KeyID(ofDay + d.String()) }

// Matter names the key of one of the ward's own records, by its UUID.
func Matter(id string) KeyID { return KeyID(ofMatter + id) }

// Matter is the UUID of the record whose key it is; false for a day's.
func (id KeyID) Matter() (uuid string, ok bool) { return strings.CutPrefix(string(id), ofMatter) }

var wellNamed = regexp.MustCompile(`^(day-\d{4}-\d{2}-\d{2}|matter-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// The errors of a vault.
var (
	// ErrDestroyed: the key is gone for good, and with it what it sealed.
	ErrDestroyed = errors.New("the key was destroyed, and what it sealed with it")
	// ErrNoKey: there never was such a key in this folder. Where there are several nodes, it is another folder than theirs.
	ErrNoKey = errors.New("there is no such key in vault.folder: is it the folder that the other nodes use?")
	// ErrAltered: the octets were changed, or belong elsewhere.
	ErrAltered = errors.New("what was sealed was altered, or stands in another's place")
)

// key is a key in memory.
type key struct {
	aead tink.AEAD
	prf  *prf.Set
	seen time.Time // when its file was last there
}

// fresh is how long a key in memory is used without looking for its file.
const fresh = time.Second

// indexOctets is the length of a blind index: at 128 bits two words of a centre never meet.
const indexOctets = 16

// Vault seals and unseals. Its methods may be called from anywhere at once, and from several processes over one folder.
type Vault struct {
	folder  string
	masters []Master         // the first wraps, all unwrap; none: keys stand as they are
	now     func() time.Time // the wall clock

	mu   sync.RWMutex
	keys map[KeyID]*key

	step func(string) error // tests stop it on its way
}

// Open opens a folder of keys, made if it is not there, and finishes what a crash left half destroyed. A folder that others may
// read is an error. What is made from now on is wrapped by the first of the masters; each opens what it had wrapped.
func Open(folder string, masters ...Master) (*Vault, error) {
	v := &Vault{folder: folder, masters: masters, now: time.Now, keys: map[KeyID]*key{}, step: func(string) error { return nil }}
	return v, v.open()
}

// Seal seals plain under a key, which is made if there never was one. about binds the octets to their place: with another about
// they cannot be unsealed.
func (v *Vault) Seal(id KeyID, plain, about []byte) ([]byte, error) {
	k, err := v.key(id, true)
	if err != nil {
		return nil, err
	}
	return k.aead.Encrypt(plain, bound(id, about))
}

// Unseal is Seal's way back: ErrDestroyed, ErrNoKey or ErrAltered when there is none.
func (v *Vault) Unseal(id KeyID, sealed, about []byte) ([]byte, error) {
	k, err := v.key(id, false)
	if err != nil {
		return nil, err
	}
	plain, err := k.aead.Decrypt(sealed, bound(id, about))
	if err != nil {
		return nil, ErrAltered // the library's own text says no more
	}
	return plain, nil
}

// bound is what is signed along.
func bound(id KeyID, about []byte) []byte { return fmt.Appendf(nil, "%s\x00%s", id, about) }

// Has says whether a key can be used: nil, ErrDestroyed or ErrNoKey.
func (v *Vault) Has(id KeyID) error {
	_, err := v.key(id, false)
	return err
}

// Index is the blind index of a word of some kind under a key, which is made if there never was one.
func (v *Vault) Index(id KeyID, kind, word string) ([]byte, error) {
	k, err := v.key(id, true)
	if err != nil {
		return nil, err
	}
	return k.prf.ComputePrimaryPRF(fmt.Appendf(nil, "%s\x00%s", kind, word), indexOctets)
}

// key finds a key in memory, on disk, or makes it.
func (v *Vault) key(id KeyID, mayMake bool) (*key, error) {
	now := v.now()
	v.mu.RLock()
	k := v.keys[id]
	inTime := k != nil && now.Sub(k.seen) < fresh && now.Sub(k.seen) >= 0
	v.mu.RUnlock()
	if inTime {
		return k, nil
	}
	if !wellNamed.MatchString(string(id)) {
		return nil, fmt.Errorf("%q names no key", id)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.look(id, mayMake, now)
}

// look needs v.mu.
func (v *Vault) look(id KeyID, mayMake bool, now time.Time) (*key, error) {
	there, gone, err := v.stat(id)
	switch {
	case err != nil:
		return nil, err
	case gone:
		delete(v.keys, id)
		return nil, ErrDestroyed
	case !there && !mayMake:
		delete(v.keys, id)
		return nil, ErrNoKey
	case !there:
		if err := v.bear(id); err != nil {
			return nil, err
		}
		delete(v.keys, id)
	}
	k := v.keys[id]
	if k == nil {
		if k, err = v.read(id); err != nil {
			if _, gone, _ := v.stat(id); gone { // meanwhile
				return nil, ErrDestroyed
			}
			return nil, err
		}
	}
	// Another one, since those who read seen hold no more than the shared lock.
	k = &key{aead: k.aead, prf: k.prf, seen: now}
	v.keys[id] = k
	return k, nil
}

// Destroy ends a key, and with it all that it sealed. Asked again, it does what is left of it; a key that never was cannot be
// made any more.
func (v *Vault) Destroy(id KeyID) error {
	if !wellNamed.MatchString(string(id)) {
		return fmt.Errorf("%q names no key", id)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.keys, id)
	return v.destroy(id)
}

// Days lists the days whose key lives, in their order.
func (v *Vault) Days() ([]dialer.Date, error) {
	ids, err := v.list(keySuffix)
	if err != nil {
		return nil, err
	}
	var days []dialer.Date
	for _, id := range ids {
		if text, ok := strings.CutPrefix(string(id), ofDay); ok {
			if d, err := dialer.ParseDate(text); err == nil {
				days = append(days, d)
			}
		}
	}
	slices.SortFunc(days, func(a, b dialer.Date) int { return strings.Compare(a.String(), b.String()) })
	return days, nil
}

// Matters lists the matters' keys that live.
func (v *Vault) Matters() ([]KeyID, error) {
	ids, err := v.list(keySuffix)
	return slices.DeleteFunc(ids, func(id KeyID) bool { return !strings.HasPrefix(string(id), ofMatter) }), err
}

// Custody is the day whose key seals what comes in at an instant: that day's own, or, once it was destroyed, the first after it
// whose was not.
func (v *Vault) Custody(now time.Time) (dialer.Date, error) {
	day := dialer.DateOf(now)
	for {
		_, gone, err := v.stat(Day(day))
		if err != nil || !gone {
			return day, err
		}
		day = day.Next()
	}
}
