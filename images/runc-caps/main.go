// Command runc-caps stands in for runc on hosts that lack some capabilities.
//
// `docker run --privileged` asks for every capability, and runc refuses to start when the
// host's bounding set lacks one ("unable to apply caps"). This wrapper drops the missing ones
// from the OCI spec and then becomes the real runc. Where nothing is missing it changes nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// names lists the capabilities in kernel order: the index is the bit (linux/capability.h).
var names = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
	LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
	SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD
	LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
	PERFMON BPF CHECKPOINT_RESTORE`)

// moved is where the node image keeps a runc whose place this program took.
const moved = "/usr/local/sbin/runc.real"

func main() {
	if file, inSpec := specFile(os.Args[1:]); file != "" {
		if err := dropMissing(file, inSpec, boundingSet()); err != nil {
			fmt.Fprintln(os.Stderr, "runc-caps:", err)
			os.Exit(1)
		}
	}
	runc := "/usr/sbin/runc"
	if _, err := os.Stat(moved); err == nil {
		runc = moved
	}
	err := syscall.Exec(runc, append([]string{"runc"}, os.Args[1:]...), os.Environ())
	fmt.Fprintln(os.Stderr, "runc-caps:", runc, err)
	os.Exit(1)
}

// specFile finds the JSON file that a runc command line names: a bundle's config.json (true:
// the process is inside the spec) or an exec's process file (false).
func specFile(args []string) (string, bool) {
	for i, arg := range args {
		key, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch key {
		case "--bundle", "-bundle", "-b":
			return filepath.Join(value, "config.json"), true
		case "--process", "-process", "-p":
			return value, false
		}
	}
	return "", false
}

// boundingSet reads which capabilities this host can give at all.
func boundingSet() map[string]bool {
	have := map[string]bool{}
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "CapBnd:")
	line, _, _ := strings.Cut(rest, "\n")
	mask, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	for bit, name := range names {
		if err != nil || mask&(1<<bit) != 0 {
			have["CAP_"+name] = true
		}
	}
	return have
}

// dropMissing rewrites the capability lists of the process in file.
func dropMissing(file string, inSpec bool, have map[string]bool) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil // runc itself reports a missing file better
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var spec map[string]any
	if err := decoder.Decode(&spec); err != nil {
		return err
	}
	process := spec
	if inSpec {
		process, _ = spec["process"].(map[string]any)
	}
	sets, _ := process["capabilities"].(map[string]any)
	for set, value := range sets {
		sets[set] = kept(value, have)
	}
	out, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	return os.WriteFile(file, out, 0o644)
}

func kept(value any, have map[string]bool) []any {
	list, _ := value.([]any)
	out := []any{}
	for _, name := range list {
		if text, ok := name.(string); ok && have[text] {
			out = append(out, name)
		}
	}
	return out
}
