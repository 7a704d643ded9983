package rediscatalog

import (
	"context"
	_ "embed"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

//go:embed number.lua
var numberLua string

//go:embed enroll.lua
var enrollLua string

var (
	numberScript = redis.NewScript(numberLua)
	enrollScript = redis.NewScript(enrollLua)
)

func (t *table) numbers() string { return t.client.Key(everybody, "numbers") }

func (t *table) numberOwners() string { return t.client.Key(everybody, "numbered") }

// number returns the number of an owner, which it gets when it has none.
func (t *table) number(ctx context.Context, owner string) (uint64, error) {
	return t.client.Run(ctx, numberScript, []string{t.numbers(), t.numberOwners()}, owner).Uint64()
}

// ownerOf returns whose ticket this is; "" when nobody has one like it.
func (t *table) ownerOf(ctx context.Context, ticket catalog.Ticket) (string, error) {
	number := uint64(ticket) >> ticketBits
	if owner, known := t.numbered.Load(number); known {
		return owner.(string), nil
	}
	owner, err := t.client.HGet(ctx, t.numberOwners(), itoa(number)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err == nil {
		t.numbered.Store(number, owner)
	}
	return owner, err
}

// enroll notes who has objects, before the first of them is written.
func (t *table) enroll(ctx context.Context, shelves []catalog.Name) error {
	args := make([]any, 0, 2*len(shelves))
	for _, n := range shelves {
		args = append(args, n.Audience+"\x00"+n.Module+"\x00"+n.Owner+"\x00", n.Module+"\x00"+n.Owner+"\x00")
	}
	return t.client.Run(ctx, enrollScript, []string{t.shelves(), t.owners()}, args...).Err()
}
