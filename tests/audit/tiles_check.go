// Checks tlog-tiles directories with the implementation that Go's checksum database uses.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run tiles_check.go DIRECTORY...
//
// Each directory is one log at one checkpoint, the smallest first. From its files alone: the
// note's signature under log.vkey, the tree's root from the tiles, each entry's inclusion (every
// STEP-th of a large log), and consistency with the directory before. Prints one line each.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	every  = 1000
	step   = 977
)

// tiles reads tiles below a directory; each file is read once.
type tiles struct {
	directory string
	read      map[string][]byte
}

func (t tiles) Height() int { return height }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// C2SP leaves out the height, which Go's path begins with.
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := t.file(path)
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s holds %d bytes", path, len(data))
		}
		found = append(found, data)
	}
	return found, nil
}

func (t tiles) file(path string) ([]byte, error) {
	if data, ok := t.read[path]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(t.directory, path))
	if err == nil {
		t.read[path] = data
	}
	return data, err
}

// entries returns all leaves of the log, from its bundles.
func (t tiles) entries(size int64) ([][]byte, error) {
	var leaves [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if size-n*256 < 256 {
			width = int(size - n*256)
		}
		path := tlog.Tile{H: height, L: 0, N: n, W: width}.Path()
		data, err := t.file("tile/entries/" + strings.TrimPrefix(path, "tile/8/0/"))
		if err != nil {
			return nil, err
		}
		for i := 0; i < width; i++ {
			length := int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("bundle %d has more than its entries", n)
		}
	}
	return leaves, nil
}

func check(directory string, old tlog.Tree) (tlog.Tree, error) {
	t := tiles{directory, map[string][]byte{}}
	vkey, err := t.file("log.vkey")
	if err != nil {
		return old, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return old, err
	}
	signed, err := t.file("checkpoint")
	if err != nil {
		return old, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return old, err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || len(lines) != 4 || lines[0] != verifier.Name() {
		return old, fmt.Errorf("the checkpoint says %q", opened.Text)
	}
	var tree tlog.Tree
	tree.N = size
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || copy(tree.Hash[:], root) != tlog.HashSize {
		return old, fmt.Errorf("the root is %q", lines[2])
	}
	reader := tlog.TileHashReader(tree, t)
	computed, err := tlog.TreeHash(size, reader)
	if err != nil || computed != tree.Hash {
		return old, fmt.Errorf("the tiles give %v: %v", computed, err)
	}
	leaves, err := t.entries(size)
	if err != nil {
		return old, err
	}
	proved := 0
	for n := int64(0); n < size; n++ {
		if size > every && n%step != 0 && n != size-1 {
			continue
		}
		proof, err := tlog.ProveRecord(size, n, reader)
		if err != nil {
			return old, err
		}
		if err := tlog.CheckRecord(proof, size, tree.Hash, n, tlog.RecordHash(leaves[n])); err != nil {
			return old, fmt.Errorf("entry %d: %v", n, err)
		}
		proved++
	}
	if old.N > 0 {
		proof, err := tlog.ProveTree(size, old.N, reader)
		if err != nil {
			return old, err
		}
		if err := tlog.CheckTree(proof, size, tree.Hash, old.N, old.Hash); err != nil {
			return old, fmt.Errorf("not consistent with %d entries: %v", old.N, err)
		}
	}
	fmt.Printf("%d entries, %d proved, %d other signatures\n", size, proved, len(opened.UnverifiedSigs))
	return tree, nil
}

func main() {
	log.SetFlags(0)
	var old tlog.Tree
	for _, directory := range os.Args[1:] {
		tree, err := check(directory, old)
		if err != nil {
			log.Fatalf("%s: %v", directory, err)
		}
		old = tree
	}
}
