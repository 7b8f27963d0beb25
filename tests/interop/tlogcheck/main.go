// Tlogcheck checks what mledger hands out with golang.org/x/mod/sumdb, the log code of Go itself.
//
//	tlogcheck note VKEY FILE
//	    FILE is a signed note that holds a checkpoint.
//	    Prints {"origin", "size", "root", "signers"}.
//	tlogcheck receipt VKEY FILE
//	    FILE is a .tlog-proof whose extra data is the leaf.
//	    Prints {"origin", "size", "root", "signers", "index", "leaf"}.
//	tlogcheck inclusion FILE
//	    FILE holds {"index", "size", "root", "leaf", "proof"}.
//	tlogcheck consistency FILE
//	    FILE holds {"old_size", "old_root", "new_size", "new_root", "proof"}.
//	tlogcheck log VKEY FOLDER [OLD]
//	    FOLDER is a log in tiles (C2SP tlog-tiles) with its checkpoint; OLD is an earlier checkpoint of it.
//	    Every entry is found in the tree, and the tree is that of the checkpoint, and extends OLD.
//	    Prints {"origin", "size", "root", "signers"}.
//	tlogcheck tree FILE
//	    FILE holds {"leaves"}.
//	    Prints {"roots", "inclusion", "consistency"}: the root of every size from 1 on, and for the
//	    largest size the proof of every leaf, and the proof from every older size.
//
// FILE may be - for standard input. All bytes in JSON are in base64: "leaf" and "leaves" are the
// data of leaves, roots and proofs are hashes. Exit codes: 0 it holds, 1 it does not (standard error
// says why), 2 wrong use.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	commands := map[string]func([]string) (interface{}, error){
		"note":        checkNote,
		"receipt":     checkReceipt,
		"inclusion":   checkInclusion,
		"consistency": checkConsistency,
		"tree":        growTree,
		"log":         checkLog,
	}
	arguments := map[string]int{"note": 2, "receipt": 2, "inclusion": 1, "consistency": 1, "tree": 1, "log": 2}
	if len(os.Args) == 5 && os.Args[1] == "log" {
		arguments["log"] = 3
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil || len(os.Args)-2 != arguments[os.Args[1]] {
		fmt.Fprintln(os.Stderr, "usage: tlogcheck note|receipt VKEY FILE, or inclusion|consistency|tree FILE,",
			"or log VKEY FOLDER [OLD]")
		os.Exit(2)
	}
	answer, err := commands[os.Args[1]](os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
	if answer != nil {
		if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
			fmt.Fprintln(os.Stderr, "tlogcheck:", err)
			os.Exit(1)
		}
	}
}

type treeHead struct {
	Origin  string   `json:"origin"`
	Size    int64    `json:"size"`
	Root    []byte   `json:"root"`
	Signers []string `json:"signers"`
}

type receipt struct {
	treeHead
	Index int64  `json:"index"`
	Leaf  []byte `json:"leaf"`
}

// The first line that tlog.ParseTree wants: a checkpoint has its origin there.
const treeName = "go.sum database tree"

func checkNote(args []string) (interface{}, error) {
	data, err := read(args[1])
	if err != nil {
		return nil, err
	}
	return openNote(args[0], data)
}

func openNote(vkey string, data []byte) (*treeHead, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	lines := strings.SplitN(opened.Text, "\n", 2)
	tree, err := tlog.ParseTree([]byte(treeName + "\n" + lines[1]))
	if err != nil {
		return nil, err
	}
	head := &treeHead{Origin: lines[0], Size: tree.N, Root: tree.Hash[:]}
	for _, signature := range opened.Sigs {
		head.Signers = append(head.Signers, signature.Name)
	}
	return head, nil
}

func checkReceipt(args []string) (interface{}, error) {
	data, err := read(args[1])
	if err != nil {
		return nil, err
	}
	parts := bytes.SplitN(data, []byte("\n\n"), 2)
	lines := strings.Split(string(parts[0]), "\n")
	if len(parts) != 2 || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return nil, errors.New("not a tlog-proof with extra data")
	}
	leaf, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return nil, err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		data, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil {
			return nil, err
		}
		hash, err := toHash(data)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	head, err := openNote(args[0], parts[1])
	if err != nil {
		return nil, err
	}
	root, err := toHash(head.Root)
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(proof, head.Size, root, index, tlog.RecordHash(leaf)); err != nil {
		return nil, err
	}
	return receipt{*head, index, leaf}, nil
}

func checkInclusion(args []string) (interface{}, error) {
	var in struct {
		Index int64    `json:"index"`
		Size  int64    `json:"size"`
		Root  []byte   `json:"root"`
		Leaf  []byte   `json:"leaf"`
		Proof [][]byte `json:"proof"`
	}
	if err := readJSON(args[0], &in); err != nil {
		return nil, err
	}
	hashes, err := toHashes(append([][]byte{in.Root}, in.Proof...))
	if err != nil {
		return nil, err
	}
	return nil, tlog.CheckRecord(hashes[1:], in.Size, hashes[0], in.Index, tlog.RecordHash(in.Leaf))
}

func checkConsistency(args []string) (interface{}, error) {
	var in struct {
		OldSize int64    `json:"old_size"`
		OldRoot []byte   `json:"old_root"`
		NewSize int64    `json:"new_size"`
		NewRoot []byte   `json:"new_root"`
		Proof   [][]byte `json:"proof"`
	}
	if err := readJSON(args[0], &in); err != nil {
		return nil, err
	}
	hashes, err := toHashes(append([][]byte{in.OldRoot, in.NewRoot}, in.Proof...))
	if err != nil {
		return nil, err
	}
	return nil, tlog.CheckTree(hashes[2:], in.NewSize, hashes[1], in.OldSize, hashes[0])
}

func growTree(args []string) (interface{}, error) {
	var in struct {
		Leaves [][]byte `json:"leaves"`
	}
	if err := readJSON(args[0], &in); err != nil {
		return nil, err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = stored[index]
		}
		return found, nil
	})
	var out struct {
		Roots       []tlog.Hash   `json:"roots"`
		Inclusion   [][]tlog.Hash `json:"inclusion"`
		Consistency [][]tlog.Hash `json:"consistency"`
	}
	for at, leaf := range in.Leaves {
		hashes, err := tlog.StoredHashes(int64(at), leaf, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(int64(at)+1, reader)
		if err != nil {
			return nil, err
		}
		out.Roots = append(out.Roots, root)
	}
	size := int64(len(in.Leaves))
	for at := int64(0); at < size; at++ {
		inclusion, err := tlog.ProveRecord(size, at, reader)
		if err != nil {
			return nil, err
		}
		consistency, err := tlog.ProveTree(size, at+1, reader)
		if err != nil {
			return nil, err
		}
		out.Inclusion = append(out.Inclusion, inclusion)
		out.Consistency = append(out.Consistency, consistency)
	}
	return out, nil
}

// A folder of tiles as Go's own client sees it. Paths of C2SP leave out the height, which is always 8,
// and a full tile is asked for where the partial one is not there any more.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(f.path(tile))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) path(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	if tile.L == -1 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return filepath.Join(string(f), "tile", path)
}

func checkLog(args []string) (interface{}, error) {
	logged := folder(args[1])
	data, err := os.ReadFile(filepath.Join(args[1], "checkpoint"))
	if err != nil {
		return nil, err
	}
	head, err := openNote(args[0], data)
	if err != nil {
		return nil, err
	}
	root, err := toHash(head.Root)
	if err != nil {
		return nil, err
	}
	// The reader checks each tile against the root before it hands out a hash of it.
	hashes := tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: root}, logged)
	for start := int64(0); start < head.Size; start += 256 {
		width := 256
		if head.Size-start < 256 {
			width = int(head.Size - start)
		}
		if err := checkEntries(logged, hashes, start, width); err != nil {
			return nil, err
		}
	}
	if len(args) == 3 {
		if err := checkGrowth(args[0], args[2], head.Size, root, hashes); err != nil {
			return nil, err
		}
	}
	return head, nil
}

func checkEntries(logged folder, hashes tlog.HashReader, start int64, width int) error {
	data, err := os.ReadFile(logged.path(tlog.Tile{H: 8, L: -1, N: start / 256, W: width}))
	if err != nil {
		return err
	}
	var indexes []int64
	for at := 0; at < width; at++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, start+int64(at)))
	}
	leaves, err := hashes.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for at, leaf := range leaves {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return fmt.Errorf("the entries end before entry %d", start+int64(at))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if tlog.RecordHash(data[2:end]) != leaf {
			return fmt.Errorf("entry %d is not in the tree", start+int64(at))
		}
		data = data[end:]
	}
	if len(data) != 0 {
		return fmt.Errorf("%d bytes after entry %d", len(data), start+int64(width)-1)
	}
	return nil
}

func checkGrowth(vkey, path string, size int64, root tlog.Hash, hashes tlog.HashReader) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	old, err := openNote(vkey, data)
	if err != nil {
		return err
	}
	oldRoot, err := toHash(old.Root)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(size, old.Size, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, size, root, old.Size, oldRoot)
}

func read(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(path)
}

func readJSON(path string, into interface{}) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func toHash(data []byte) (tlog.Hash, error) {
	var hash tlog.Hash
	if len(data) != tlog.HashSize {
		return hash, fmt.Errorf("a hash of %d bytes", len(data))
	}
	copy(hash[:], data)
	return hash, nil
}

func toHashes(values [][]byte) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, value := range values {
		hash, err := toHash(value)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}
