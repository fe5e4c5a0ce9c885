"""What whoever works at the machine can do: one module a family of commands of `whistle`."""
