package osspecific

import (
	"os"
	"syscall"

	"github.com/argoproj/argo-workflows/v4/util/errors"
)

// Term is what the kubelet sends to a container that should stop.
var Term = syscall.SIGTERM

// CanIgnoreSignal names the signals that mean nothing to a step: those about the executor's own children, and those by
// which Go's scheduler interrupts the executor's own threads.
func CanIgnoreSignal(s os.Signal) bool {
	return s == syscall.SIGCHLD || s == syscall.SIGURG
}

// Setpgid makes a step the leader of a process group of its own.
func Setpgid(attributes *syscall.SysProcAttr) {
	attributes.Setpgid = true
}

// Kill signals a step together with all that it has started.
func Kill(pid int, s syscall.Signal) error {
	err := syscall.Kill(-pid, s)
	if err == syscall.ESRCH { // it leads no group
		return syscall.Kill(pid, s)
	}
	return err
}

// Wait returns once the step has ended, with its exit code as the shell would tell it. The executor is the container's
// first process, so orphans of the step become its children; they are reaped here too.
func Wait(process *os.Process) error {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR || err == nil && ended != process.Pid:
			continue
		case err != nil:
			return err
		case status.Signaled():
			return errors.NewExitErr(128 + int(status.Signal()))
		default:
			return errors.NewExitErr(status.ExitStatus())
		}
	}
}
