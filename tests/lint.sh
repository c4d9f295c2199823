#!/bin/sh
# The rules of the house that a program can check; a line for each breach.
# Needs universal-ctags and mandoc; uses shellcheck where it is installed.
set -u
cd "$(dirname "$0")/.." || exit 2

function_lines_max=70
file_lines_max=600

# Files that may be longer, each with its reason:
#   PATH  why it is one subject still
long_files='
tests/e2e/test_channels.py  all rows of the page about this door, and its bad input
'

# The shells: files that may use the system. All others of include/,
# dataplane/ and control/, and cli/line.c and cli/text.c, are pure.
shell_files='
include/dnchat/rundir.h  where the three programs meet
dataplane/main.c  options, signals, order
dataplane/net*    the loop and its sockets
control/main.c    options, signals, order
control/net*      the loop and its sockets
control/downlink* the session with dnchatd
control/journal*  a file
control/config*   a file, and the options
control/admin*    the socket for commands
control/show*     times of day
control/plain*    standard output
control/secret*   reads @FILE, and asks libsodium
control/apply*    the name of the host
control/archive*  the time of day of what was said
control/attempt*  monotonic time, for who guesses too often
control/command_account* waits for the archive
control/service*  what takes time
control/statedir* a directory
control/store*    a file, by SQLite
control/work*     threads
control/engine*   what ties the core to the journal
cli/main.c        options, standard input and output
cli/ask*          the terminal
cli/client*       the socket
cli/edit*         readline
cli/print*        standard output
'
# What pure files may include; and the libraries that are pure themselves.
pure_headers='assert ctype endian inttypes limits stdarg stdbool stddef stdint
stdio stdlib string jansson uthash utlist utf8proc'

# A library, and the only files that may include it.
library_files='
libwebsockets\.h  dataplane/net[^/]*
uv\.h             dataplane/net[^/]*
openssl/.*        dataplane/net_tls[^/]*
event2/.*         control/net[^/]*
readline/.*       cli/edit\.c
jansson\.h        (control/(admin|command|plain|show)[^/]*|cli/[^/]*)
sodium\.h         control/[^/]*
utf8proc\.h       control/name\.c
ini\.h            control/config\.c
sqlite3\.h        control/store[^/]*
pthread\.h        control/work\.c
'

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

wrong()
{
	echo "lint: $*"
	echo . >>"$scratch/wrong"
}

# each COMMAND: calls it with every line of standard input.
each()
{
	while IFS= read -r line; do
		"$@" "$line"
	done
}

# For each include of the tree: FILE HEADER, the header with its < or ".
find include dataplane control cli -name '*.[ch]' | sort >"$scratch/files"
xargs grep -HE '^[[:blank:]]*# *include' <"$scratch/files" |
    sed -E 's/^([^:]*):.*include[[:blank:]]*([<"])([^>"]*).*/\1 \2\3/' \
    >"$scratch/includes"

# A plane sees itself, include/dnchat/, and the system: nothing else.
check_planes()
{
	while read -r file header; do
		name=${header#?}
		case $header in
		\"dnchat/*) [ "${file#include/}" = "$file" ] &&
		    [ -f "include/$name" ] && continue ;;
		\"*/*) ;;
		\"*) [ -f "$(dirname "$file")/$name" ] && continue ;;
		*) continue ;;
		esac
		wrong "$file: includes \"$name\": only headers of its own" \
		    "folder and dnchat/ may be"
	done <"$scratch/includes"
}

check_libraries()
{
	echo "$library_files" | while read -r header files; do
		[ -n "$header" ] || continue
		grep -E " <$header\$" "$scratch/includes" |
		    grep -Ev "^$files " | while read -r file _; do
			wrong "$file: includes $header, which only $files may"
		done
	done
}

check_pure()
{
	patterns=$(echo "$shell_files" | sed -n 's/^\([^ ]\{1,\}\) .*/\1/p')
	headers=$(echo "$pure_headers" | tr ' \n' '||')
	while read -r file header; do
		is_shell=
		for pattern in $patterns; do
			# shellcheck disable=SC2254 # it is a pattern
			case $file in $pattern) is_shell=yes ;; esac
		done
		[ -z "$is_shell" ] || continue
		echo "${header#?}" | grep -Eqx "(${headers%|})\.h|dnchat/.*" ||
		    case $header in
		\"*) ;;
		*) wrong "$file: is pure, so it can't include <${header#?}>" ;;
		esac
	done <"$scratch/includes"
}

check_functions()
{
	xargs ctags -x --language-force=C --kinds-c=f \
	    --_xformat='%{line} %{end} %N %F' <"$scratch/files" |
	    awk '{ print $2 - $1 + 1, $3, $4 }' | sort -n \
	    >"$scratch/functions"
	awk -v max="$function_lines_max" '$1 > max {
		print $3 ": " $2 "() has " $1 " lines; " max \
		    " are the most" }' "$scratch/functions" | each wrong
	find tests -name '*.c' | sort | xargs ctags -x --language-force=C \
	    --kinds-c=f --_xformat='%{line} %{end} %N %F' |
	    awk -v max="$function_lines_max" '$2 - $1 >= max {
		print $4 ": " $3 "() has " $2 - $1 + 1 " lines; " max \
		    " are the most" }' | each wrong
}

# Both planes have to link into one program (a simulation).
check_symbols()
{
	grep -E '^(dataplane|control)/.*\.c$' "$scratch/files" |
	    grep -v '/main\.c$' | xargs ctags -x --language-force=C \
	    --kinds-c=f --_xformat='%N %{file} %F' | grep ' - ' | sort |
	    awk '$1 == name { print $3 ": " name "() is in " file " too" }
		{ name = $1; file = $3 }' | each wrong
}

check_file_lengths()
{
	find include dataplane control cli tests man \( -name '*.[ch]' -o \
	    -name '*.py' -o -name '*.sh' -o -name '*.[1-8]' -o -name '*.js' \
	    -o -name '*.mjs' -o -name '*.css' \) -not -path '*/node_modules/*' \
	    -exec wc -l {} + | grep -v ' total$' |
	    while read -r lines file; do
		[ "$lines" -gt "$file_lines_max" ] || continue
		echo "$long_files" | grep -q "^$file " ||
		    wrong "$file: $lines lines: split it, or say in" \
		    "tests/lint.sh why it is one subject"
	done
}

# A declaration is commented if a comment stands in its paragraph before it; a
# struct also if its members are.
check_comments()
{
	grep '\.h$' "$scratch/files" | xargs ctags -x --language-force=C \
	    --kinds-c=pst --_xformat='%F %{line} %{end} %K %N' |
	    grep -v ' [A-Z_]*$' >"$scratch/declared"
	while read -r file line end kind name; do
		awk -v line="$line" -v end="${end:-$line}" '
		inside { if (/\*\//) inside = 0; covered = 1; next }
		/^[[:blank:]]*\/\*/ { covered = 1; inside = !/\*\// }
		/\/\*/ && NR >= line { covered = 1 }
		/^$/ && NR < line { covered = 0 }
		NR >= end || (NR >= line && covered) { exit !covered }
		' "$file" || echo "$file:$line: $kind $name has no comment"
	done <"$scratch/declared" | each wrong
}

# rows_of MACRO: the names in the rows of a table of ipc.h.
rows_of()
{
	sed -n "/^#define $1(X)/,/[^\\\\]\$/p" include/dnchat/ipc.h |
	    sed -n 's/^[[:blank:]]*X(\([a-z_0-9]*\),.*/\1/p'
}

# handled MACRO FILES...: each row is named there, or the whole table is used
# to make the dispatch, which then wouldn't compile without a handler.
handled()
{
	macro=$1
	shift
	[ -e "$1" ] || { wrong "nobody receives $macro: there is no $1"
	    return; }
	grep -q "$macro(" "$@" && return
	rows_of "$macro" | while read -r row; do
		grep -qw "IPC_$row" "$@" ||
		    wrong "$1: does not handle the row '$row' of $macro"
	done
}

check_ipc()
{
	handled IPC_UP control/core.c
	handled IPC_DOWN dataplane/push*.c
}

check_manual()
{
	[ -f man/dnctl.1 ] || { wrong "there is no man/dnctl.1"; return; }
	sed -n 's/^[[:blank:]]*X([A-Z_]*, "\([a-z ]*\)".*/\1/p' \
	    include/dnchat/admin.h | sort >"$scratch/grammar"
	sed -n '/^\.Sh COMMANDS/,/^\.Sh [^C]/s/^\.It Ic \([a-z ]*\).*/\1/p' \
	    man/dnctl.1 | sed 's/ *$//' | grep -vxE 'help|quit' | sort \
	    >"$scratch/manual"
	comm -23 "$scratch/grammar" "$scratch/manual" |
	    sed 's/.*/man\/dnctl.1: says nothing of the command "&"/' |
	    each wrong
	comm -13 "$scratch/grammar" "$scratch/manual" |
	    sed 's/.*/man\/dnctl.1: "&" is no command of admin.h/' |
	    each wrong
	sed -n '/^#define CONFIG_KEYS/,/[^\\]$/s/.*X([a-z_]*, "\([a-z-]*\)".*/\1/p' \
	    control/config.h | sort >"$scratch/keys"
	sed -n 's/^\.It Ic \([a-z-]*\)$/\1/p' man/dnchat.conf.5 | sort \
	    >"$scratch/manual"
	diff "$scratch/keys" "$scratch/manual" |
	    sed -n 's/^[<>] .*/man\/dnchat.conf.5: & (<: missing, >: no key)/p' |
	    each wrong
	mandoc -T lint -W warning man/*.[1-8] 2>&1 | each wrong
}

# Files of the project: those that git has, or would take.
project_files()
{
	git ls-files -co --exclude-standard 2>/dev/null |
	    while IFS= read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

check_scripts()
{
	command -v shellcheck >/dev/null || return
	project_files | grep -E '\.sh$|^\.ci/' >"$scratch/scripts"
	xargs shellcheck -f gcc <"$scratch/scripts" | each wrong
}

# Where this checkout, or somebody's home, is must not be in any file.
check_paths()
{
	top=$(pwd)
	above=$(dirname "$top")
	case $above in
	/|/tmp|/var/tmp|/home|/root|/usr/src|/opt|/srv|/builds)
		above=$top ;;
	esac
	project_files | xargs grep -InF -e "$above/" -e "$top" |
	    cut -c1-160 | each wrong
	project_files | xargs grep -InE '/(home|Users)/[a-z]|/root/[a-z.]' |
	    grep -v '^tests/lint.sh:' | cut -c1-160 | each wrong
}

check_planes
check_libraries
check_pure
check_functions
check_symbols
check_file_lengths
check_comments
check_ipc
check_manual
check_scripts
check_paths
if [ -e "$scratch/wrong" ]; then
	echo "lint: $(wc -l <"$scratch/wrong") breaches"
	exit 1
fi
awk '{ lines[NR] = $1 } END {
	printf "lint: ok (%d functions, median %d, max %d lines)\n", NR,
	    lines[int((NR + 1) / 2)], lines[NR] }' "$scratch/functions"
