package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that serves beside this one.
type process struct {
	cmd     *exec.Cmd
	address string        // host:port
	took    time.Duration // from its start until it said where it listens
}

// serveApart starts a program that says "listening on http://" and its address, in a line of its own.
func serveApart(cmd *exec.Cmd) (*process, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
			p.address, p.took = address, time.Since(began)
			go io.Copy(io.Discard, out) // mails that it prints
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s does not serve: %s", cmd.Path, complaint.String())
}

// again starts this program once more, to serve what h says.
func (h host) again(ctx context.Context) (*process, error) {
	cmd, err := apart(ctx, work{Host: &h})
	if err != nil {
		return nil, err
	}
	return serveApart(cmd)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// ticks are what Linux counts processor time in, for every program (USER_HZ).
const ticks = time.Second / 100

// processor is the processor time that the process has used so far.
func (p *process) processor() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("%d: no times in its stat", p.cmd.Process.Pid)
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * ticks, err
}

// memoryOf is what Linux says of a process ("self", or its number) under a name, in MB: VmHWM, the most memory that it
// ever had in use, program text and all, or VmRSS, what it has now.
func memoryOf(process, name string) (float64, error) {
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%s/status", name, process)
}
