// Checks the proofs of an evidence file with the trees and notes of Go's checksum database.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run check-evidence.go FILE
//
// Each log's key is that of its centre's card in the file. Checked are the log's signature on each
// checkpoint, that each log only grew from one checkpoint to the next, and that each entry lies in
// the tree of its checkpoint. Cosignatures and the messages' own signatures are not looked at.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type evidence struct {
	Cards []string
	Logs  []struct {
		Origin      string
		Checkpoints []string
		Consistency [][]string
	}
	Messages []struct{ Sent, Received []string }
	Records  []struct{ Proof *string }
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// verifiers returns the key of each log, by its origin: in the card of the centre that keeps it.
func verifiers(file evidence) map[string]note.Verifier {
	found := map[string]note.Verifier{}
	for _, one := range file.Logs {
		owner := strings.Join(strings.Split(one.Origin, "/")[:3], "/")
		for _, card := range file.Cards {
			_, rest, ok := strings.Cut(card, "\nlog "+owner+"/log+")
			if !ok {
				continue
			}
			line, _, _ := strings.Cut(rest, "\n")
			_, encoded, _ := strings.Cut(line, "+")
			key := must(base64.StdEncoding.DecodeString(encoded))
			vkey := must(note.NewEd25519VerifierKey(one.Origin, key[1:]))
			found[one.Origin] = must(note.NewVerifier(vkey))
		}
	}
	return found
}

// open returns the tree that a checkpoint is of, once the log's signature on it holds.
func open(checkpoint string, keys map[string]note.Verifier) (string, tlog.Tree) {
	origin, _, _ := strings.Cut(checkpoint, "\n")
	if keys[origin] == nil {
		log.Fatalf("there is no key for the log %q", origin)
	}
	opened := must(note.Open([]byte(checkpoint), note.VerifierList(keys[origin])))
	lines := strings.Split(opened.Text, "\n")
	size := must(strconv.ParseInt(lines[1], 10, 64))
	return origin, tlog.Tree{N: size, Hash: must(tlog.ParseHash(lines[2]))}
}

// check looks at one tlog-proof; the leaf is in its line `extra`.
func check(proof string, keys map[string]note.Verifier) {
	head, checkpoint, _ := strings.Cut(proof, "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatal("not a tlog-proof with extra data and an index")
	}
	leaf := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		path = append(path, must(tlog.ParseHash(line)))
	}
	origin, tree := open(checkpoint, keys)
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
		log.Fatalf("entry %d of %s: %v", index, origin, err)
	}
	fmt.Printf("entry %d is in %s under its signature over %d entries\n", index, origin, tree.N)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: check-evidence FILE")
	}
	var file evidence
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &file); err != nil {
		log.Fatal(err)
	}
	keys := verifiers(file)
	for _, one := range file.Logs {
		var before tlog.Tree
		for number, checkpoint := range one.Checkpoints {
			_, tree := open(checkpoint, keys)
			if number > 0 {
				var path tlog.TreeProof
				for _, line := range one.Consistency[number-1] {
					path = append(path, must(tlog.ParseHash(line)))
				}
				if err := tlog.CheckTree(path, tree.N, tree.Hash, before.N, before.Hash); err != nil {
					log.Fatalf("%s from %d to %d: %v", one.Origin, before.N, tree.N, err)
				}
			}
			before = tree
		}
		fmt.Printf("%s only grew, to %d entries\n", one.Origin, before.N)
	}
	for _, message := range file.Messages {
		for _, proof := range append(message.Sent, message.Received...) {
			check(proof, keys)
		}
	}
	for _, record := range file.Records {
		if record.Proof != nil {
			check(*record.Proof, keys)
		}
	}
}
