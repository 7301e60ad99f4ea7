# Its triggers are what matters.
. "$BASES/busybox/root.sh"
