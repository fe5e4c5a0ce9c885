// Another implementation of what Whistle proves: golang.org/x/mod/sumdb (tlog and note), which is not ours.
//
// Reads from standard input what ours made and checks it; writes to standard output the same, made by it.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Proof leads from the tree of the first n leaves, or from leaf n, to the tree of Size leaves.
type Proof struct {
	N, Size int64
	Path    [][]byte
}

// Made is all that one implementation made of the same leaves.
type Made struct {
	Leaves     [][]byte
	Roots      [][]byte // of the first 1, 2, 3 … leaves
	Included   []Proof
	Consistent []Proof
	Key, Note  string
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) (found []tlog.Hash, err error) {
	for _, at := range indexes {
		found = append(found, s[at])
	}
	return found, nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hash(raw []byte) (found tlog.Hash) {
	copy(found[:], raw)
	return found
}

func hashes(path [][]byte) (found []tlog.Hash) {
	for _, each := range path {
		found = append(found, hash(each))
	}
	return found
}

func raw(path []tlog.Hash) (found [][]byte) {
	for _, each := range path {
		found = append(found, append([]byte{}, each[:]...))
	}
	return found
}

func (ours Made) check() {
	for _, p := range ours.Included {
		leaf := tlog.RecordHash(ours.Leaves[p.N])
		check(tlog.CheckRecord(hashes(p.Path), p.Size, hash(ours.Roots[p.Size-1]), p.N, leaf))
	}
	for _, p := range ours.Consistent {
		root, before := hash(ours.Roots[p.Size-1]), hash(ours.Roots[p.N-1])
		check(tlog.CheckTree(hashes(p.Path), p.Size, root, p.N, before))
	}
	verifier, err := note.NewVerifier(ours.Key)
	check(err)
	_, err = note.Open([]byte(ours.Note), note.VerifierList(verifier))
	check(err)
}

func main() {
	var ours, theirs Made
	check(json.NewDecoder(os.Stdin).Decode(&ours))
	ours.check()
	var tree stored
	for nth, leaf := range ours.Leaves {
		added, err := tlog.StoredHashes(int64(nth), leaf, tree)
		check(err)
		tree = append(tree, added...)
		root, err := tlog.TreeHash(int64(nth)+1, tree)
		check(err)
		theirs.Roots = append(theirs.Roots, raw([]tlog.Hash{root})...)
	}
	for _, p := range ours.Included {
		path, err := tlog.ProveRecord(p.Size, p.N, tree)
		check(err)
		theirs.Included = append(theirs.Included, Proof{p.N, p.Size, raw(path)})
	}
	for _, p := range ours.Consistent {
		path, err := tlog.ProveTree(p.Size, p.N, tree)
		check(err)
		theirs.Consistent = append(theirs.Consistent, Proof{p.N, p.Size, raw(path)})
	}
	secret, public, err := note.GenerateKey(rand.Reader, "independent.invalid/log")
	check(err)
	signer, err := note.NewSigner(secret)
	check(err)
	root := tlog.Hash(hash(theirs.Roots[len(theirs.Roots)-1]))
	text := fmt.Sprintf("independent.invalid/log\n%d\n%s\n", len(ours.Leaves), root)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	check(err)
	theirs.Key, theirs.Note = public, string(signed)
	check(json.NewEncoder(os.Stdout).Encode(theirs))
}
