package queue

import (
	"context"

	"kakeru/dialer"
)

// PhoneBook keeps, in a hash of Redis, where each desk's phone is: for the node that takes the desk over. It is sealed, and no
// truth: a phone that is not found there registers again by itself.
type PhoneBook struct{ wire *Wire }

// PhoneBook returns the phone book of the nodes that share the wire's secret.
func (w *Wire) PhoneBook() PhoneBook { return PhoneBook{w} }

// phones is a hash from desk to what was kept.
func (b PhoneBook) phones() string { return b.wire.prefix + "phones" }

// sealedBy is whom an entry is sealed by: any node may have written it.
const sealedBy = "phones"

// Keep writes where a desk's phone is.
func (b PhoneBook) Keep(ctx context.Context, desk dialer.DeskID, where []byte) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	sealed, err := b.wire.seal.seal(sealedBy, b.phones()+" "+string(desk), where)
	if err != nil {
		return err
	}
	return b.wire.down(ctx, b.wire.client.HSet(ctx, b.phones(), string(desk), sealed).Err(), kept{b.phones(), "hash"})
}

// Find reads where desks' phones are; those that are not known, or that nobody of the fleet wrote, are left out.
func (b PhoneBook) Find(ctx context.Context, desks []dialer.DeskID) (map[dialer.DeskID][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	fields := make([]string, len(desks))
	for i, d := range desks {
		fields[i] = string(d)
	}
	values, err := b.wire.client.HMGet(ctx, b.phones(), fields...).Result()
	if err != nil {
		return nil, b.wire.down(ctx, err, kept{b.phones(), "hash"})
	}
	found := map[dialer.DeskID][]byte{}
	for i, desk := range desks[:min(len(desks), len(values))] {
		sealed, ok := values[i].(string)
		if !ok {
			continue
		}
		if where, err := b.wire.seal.open(sealedBy, b.phones()+" "+fields[i], []byte(sealed)); err == nil {
			found[desk] = where
		}
	}
	return found, nil
}
