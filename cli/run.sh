#!/bin/sh
# What `make run` starts: cli/run.sh BUILD_DIR [PORT]
#
# One server in the foreground: dnchatd, and dncontrol with this terminal as
# its standard input. Without PORT it takes 42015 or the next free one. Ends
# on `exit`, on ^C, and when dnchatd ends; starts dncontrol again after
# `restart` or a crash. The end of standard input ends nothing.
set -u

build=${1:?usage: $0 BUILD_DIR [PORT]}
wanted=${2:-}
first=42015
last=$((first + 99))
first_channels=4400
crashes_max=5

# For the parts below that run in subshells, $$ is still this script.
stopping=
running= # dnchatd has listened
data=
control=
greeter=

say()
{
	echo "dnchat: $*"
}

die()
{
	echo "dnchat: $*" >&2
	exit 1
}

# The run directory for a port: private, and ours.
make_run_dir()
{
	base=${XDG_RUNTIME_DIR:-}
	if [ -n "$base" ] && [ -d "$base" ] && [ -w "$base" ]; then
		run=$base/dnchat-$1
	else
		run=/tmp/dnchat-$(id -u)-$1
	fi
	(umask 077 && mkdir -p "$run") ||
	    die "cannot make the run directory $run"
	[ -n "$(find "$run" -prune -type d -user "$(id -u)")" ] ||
	    die "$run is not ours: remove it, or set XDG_RUNTIME_DIR"
	chmod 700 "$run"
	log=$run/dnchatd.log
}

# The state directory for a port: accounts and rooms are there again next time.
find_state_dir()
{
	base=${XDG_STATE_HOME:-}
	if [ -z "$base" ] && [ -n "${HOME:-}" ]; then
		base=$HOME/.local/state
	fi
	state=${base:+$base/dnchat-$1}
	state=${state:-$run/state}
}

# The port for clients of the channels protocol that goes with one of ours:
# none with a port that somebody chose beyond those that we look at.
find_channels_port()
{
	channels=
	if [ "$1" -ge $first ] && [ "$1" -le $last ]; then
		channels=$(($1 - first + first_channels))
	fi
}

# Runs dnchatd until it ends, and tells the script. A subshell of its own: the
# script itself can wait for only one process, and that is dncontrol.
run_data()
{
	child=
	trap '' INT HUP
	trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
	"$build/dnchatd" --listen "$1" ${channels:+--listen "channels:$channels"} \
	    --run-dir "$run" 2>"$log" </dev/null &
	child=$!
	wait "$child"
	status=$?
	# A signal to this subshell ends the wait, not dnchatd.
	while [ $status -gt 128 ] && kill -0 "$child" 2>/dev/null; do
		wait "$child"
		status=$?
	done
	echo "$status" >"$run/dnchatd.ended"
	kill -USR1 $$ 2>/dev/null
}

# Starts dnchatd on a port; false if it ended instead of listening.
start_data()
{
	make_run_dir "$1"
	find_state_dir "$1"
	find_channels_port "$1"
	rm -f "$run/dnchatd.ended"
	: >"$log"
	run_data "$1" &
	data=$!
	watcher=$data
	until grep -q event=listening "$log"; do
		if [ -n "$stopping" ]; then
			wait "$data"
			exit 0
		fi
		if [ -e "$run/dnchatd.ended" ]; then
			wait "$data"
			data=
			return 1
		fi
		sleep 0.05
	done
}

# Takes the port that is wanted, or looks for a free one.
take_port()
{
	port=${wanted:-$first}
	case $port in
	*[!0-9]*) die "PORT is a number, not '$port'" ;;
	esac
	until start_data "$port"; do
		if [ -n "$wanted" ] || [ "$port" -ge "$last" ] ||
		    ! grep -Eq 'in use|another dnchatd' "$log"; then
			cat "$log" >&2
			die "dnchatd did not start on port $port"
		fi
		port=$((port + 1))
	done
	if [ "$port" != "${wanted:-$first}" ]; then
		say "port $first is taken; this server is on $port"
	fi
}

# Waits until the server answers, then says what to do with it.
greet()
{
	trap - INT TERM HUP USR1
	until "$build/dnctl" --run-dir "$run" -t 1 -q show status \
	    2>/dev/null; do
		sleep 0.1
	done
	others=$(hostname -I 2>/dev/null | cut -d' ' -f1)
	cat <<-END
	dnchat: this server is at ws://127.0.0.1:$port${others:+ and ws://$others:$port}

	  Chat there with a browser (http://127.0.0.1:$port) or any WebSocket
	  client; http://127.0.0.1:$port/status is for you.${channels:+
	  Clients of the channels protocol find port $channels.} Type here:
	    connect HOST PORT   to link to another server
	    show users          to see who is there
	    exit                to end this server

	  From another terminal:  $build/dnctl --run-dir $run
	  What dnchatd logs:      $log
	  Accounts and rooms:     $state

	END
}

# True if dncontrol, which ended with status $1, is to be started again.
is_wanted_back()
{
	[ -z "$stopping" ] && [ -e "$run/journal" ] || return 1
	[ "$1" -ne 0 ] || return 0
	[ "$1" -gt 128 ] || return 1
	if [ $(($(date +%s) - started)) -gt 10 ]; then
		crashes=0
	fi
	crashes=$((crashes + 1))
	[ $crashes -le $crashes_max ]
}

# Runs dncontrol once; its status is in 'status'.
run_control()
{
	started=$(date +%s)
	"$build/dncontrol" --run-dir "$run" --state-dir "$state" \
	    --rooms-service on --log-level warn <&3 &
	control=$!
	# The signal may have come before there was something to end.
	[ -z "$stopping" ] || kill -TERM "$control" 2>/dev/null
	wait "$control"
	status=$?
	while [ $status -gt 128 ] && kill -0 "$control" 2>/dev/null; do
		wait "$control"
		status=$?
	done
	control=
}

# On ^C both daemons have got the signal themselves; another does no harm.
# dncontrol ends dnchatd, unless it isn't there or somebody asks again.
# shellcheck disable=SC2317 # a trap calls it
stop()
{
	if [ -n "$control" ]; then
		kill -TERM "$control" 2>/dev/null
	fi
	if [ -n "$data" ] && [ -z "$control" ] || [ -n "$stopping" ]; then
		kill -TERM "$data" 2>/dev/null
	fi
	stopping=yes
}

# dnchatd ended: nothing is left to command.
# shellcheck disable=SC2317 # a trap calls it
data_ended()
{
	if [ -n "$running" ] && [ -z "$stopping" ]; then
		data=
		stop
	fi
}

trap stop INT TERM HUP
trap data_ended USR1
# Children that a shell starts in the background have /dev/null for input
# unless told otherwise.
if (: <&0) 2>/dev/null; then
	exec 3<&0
else
	exec 3</dev/null
fi

for program in dnchatd dncontrol dnctl; do
	[ -x "$build/$program" ] || die "there is no $build/$program: run make"
done
take_port
running=yes
[ ! -e "$run/dnchatd.ended" ] || stopping=yes
greet &
greeter=$!
crashes=0
run_control
while is_wanted_back "$status"; do
	say "dncontrol ended ($status); starting it again"
	run_control
done
kill "$greeter" 2>/dev/null
if [ -z "$stopping" ] && [ "$status" -ne 0 ]; then
	say "dncontrol ended ($status)"
	stop
fi
# The subshell around dnchatd; a signal may break the wait off.
while kill -0 "$watcher" 2>/dev/null; do
	wait "$watcher"
done
data_status=$(cat "$run/dnchatd.ended" 2>/dev/null)
if [ "${data_status:-0}" -ne 0 ]; then
	cat "$log" >&2
	die "dnchatd ended ($data_status)"
fi
say "ended"
# A wait that our own end broke off says nothing about dncontrol.
if [ -n "$stopping" ] && [ "$status" -gt 128 ]; then
	status=0
fi
exit "$status"
