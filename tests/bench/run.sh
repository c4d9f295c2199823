#!/bin/sh
# Measures the built daemons beside the limit program: make bench; beside
# servers of others, too: make bench-peers, which passes --peers.
# ROUNDS=7 is the full run, 3 the usual one. Other words go to the generator,
# e.g. tests/bench/run.sh --scenario unicast-16 --system dnchatd
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build
for program in dnchatd dncontrol bench/load bench/limit; do
	[ -x "$build/$program" ] || {
		echo "bench: $build/$program is missing; run: make bench" >&2
		exit 1
	}
done
[ "$(nproc)" -ge 2 ] || echo "bench: one core only: the generator takes" \
	"time from the servers, and no figure means much" >&2
# Each kind of run has its own files.
kind=
case " $* " in *" --peers "*) kind=peers- ;; esac
result=$build/bench/${kind}result.json
ratios=$build/bench/${kind}ratios
work=$(mktemp -d) || exit 1
pid=
# The generator's children end with it.
trap 'rm -rf "$work"' EXIT
trap '[ -z "$pid" ] || { kill "$pid"; wait "$pid"; }; exit 143' INT TERM HUP
"$build/bench/load" --build "$build" --work "$work" \
	--rounds "${ROUNDS:-3}" --json "$result" --plot "$ratios.dat" "$@" &
pid=$!
wait "$pid" || exit 1
command -v gnuplot >/dev/null || {
	echo "bench: no gnuplot, no picture: apt-get install gnuplot-nox" >&2
	exit 0
}
gnuplot -e "data='$ratios.dat'; out='$ratios.svg'" \
	"$root/tests/bench/ratios.gp" &&
	echo "drawn: build/bench/${kind}ratios.svg"
