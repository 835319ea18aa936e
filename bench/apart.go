package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// workVariable holds, in a process of this program that another one has started, what it is to do.
const workVariable = "TOLLKEEPER_BENCH_WORK"

// work is one of these.
type work struct {
	Crowd *crowd
	Host  *host
}

// Apart does what a parent process asked for and returns true, or answers false in an ordinary process. Programs that
// measure call it first.
func Apart() (asked bool, err error) {
	spec := os.Getenv(workVariable)
	if spec == "" {
		return false, nil
	}
	var w work
	if err := json.Unmarshal([]byte(spec), &w); err != nil {
		return true, err
	}
	if w.Host != nil {
		return true, w.Host.serve(context.Background(), os.Stdout)
	}
	s, err := w.Crowd.run(context.Background())
	if err != nil {
		return true, err
	}
	return true, json.NewEncoder(os.Stdout).Encode(s)
}

// apart is this program once more, to do that work.
func apart(ctx context.Context, w work) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), workVariable+"="+string(spec))
	return cmd, nil
}

// apart runs the crowd in another process.
func (c crowd) apart(ctx context.Context) (Sample, error) {
	cmd, err := apart(ctx, work{Crowd: &c})
	if err != nil {
		return Sample{}, err
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return Sample{}, fmt.Errorf("%w\n%s", err, complaint.String())
	}
	var s Sample
	return s, json.Unmarshal(out, &s)
}
