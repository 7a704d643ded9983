package site

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Disk is a small file system of its own, which can be full.
type Disk struct {
	Name, Dir string
	size      int64
}

// newDisk mounts a file system of so many bytes.
func newDisk(name, dir string, size int64) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		return nil, fmt.Errorf("mount a small disk on %s: %w (this needs root; without it leave full disks out)", dir, err)
	}
	return &Disk{Name: name, Dir: dir, size: size}, nil
}

func (d *Disk) ballast() string { return filepath.Join(d.Dir, "ballast") }

// Fill takes all the room that is left.
func (d *Disk) Fill() error {
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var at int64
	for step := d.size; step >= 1; { // by halves: until not one byte more fits
		err := syscall.Fallocate(int(f.Fd()), 0, at, step)
		switch {
		case err == nil:
			at += step
		case errors.Is(err, syscall.ENOSPC):
			step /= 2
		default:
			return fmt.Errorf("fill the disk of %s: %w", d.Name, err)
		}
	}
	return nil
}

// Free gives the room back.
func (d *Disk) Free() error {
	if err := os.Remove(d.ballast()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (d *Disk) unmount() error { return syscall.Unmount(d.Dir, syscall.MNT_DETACH) }
