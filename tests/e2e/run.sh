#!/bin/sh
# All tests end to end: every other file beside the rest, as they wait most of
# the time. What the second half says is shown behind the first.
set -u
cd "$(dirname "$0")/../.." || exit 1

# half 1|2
half()
{
	printf '%s\n' tests/e2e/test_*.py | sed -n "$1~2p" |
	    xargs /usr/bin/python3 -m pytest -q
}

if [ "${1-}" = --half ]; then
	if [ "$2" -eq 1 ]; then
		half 1
	else
		half "$2" >"$3" 2>&1
	fi
	exit
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# Not with '&': their children would ignore ^C, which is tested, too.
printf '1\n2\n' | xargs -I @ -P 2 tests/e2e/run.sh --half @ "$log"
status=$?
cat "$log"
exit "$status"
