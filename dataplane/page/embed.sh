#!/bin/sh
# Writes the page as C: each file as it is and compressed, for page_files.h.
# Modules are joined to one file a page, which saves requests: they are listed
# in an order that their imports allow, and share one scope, as names in them
# are unique.
set -eu
cd "$(dirname "$0")"

page_modules='wire text emoji people receipts rooms talks session roomdesk chat
dom store link virtual sidebar timeline complete composer dialogs notify page'
status_modules='dom plot status'

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# join MODULE...: one module of several.
join()
{
	for module; do
		sed -e '/^import .*;$/d' -e '/^import /,/;$/d' \
		    -e 's/^export //' "$module.mjs"
	done
}

# bytes FILE: as the elements of an array.
bytes()
{
	od -An -v -tu1 "$1" | sed -e 's/^ *//' -e 's/  */,/g' -e 's/$/,/'
}

# embed PATH TYPE FILE: its arrays now, and its row for later.
embed()
{
	name="page_file$((count = count + 1))"
	gzip -9nc "$3" >"$scratch/gzip"
	echo "static const unsigned char ${name}_plain[] = {"
	bytes "$3"
	echo "};"
	echo "static const unsigned char ${name}_gzip[] = {"
	bytes "$scratch/gzip"
	echo "};"
	tag=$(cksum "$3" | tr ' ' '-' | cut -d- -f1,2)
	echo "	{\"$1\", \"$2\", \"$tag\", ${name}_plain," \
	    "sizeof(${name}_plain), ${name}_gzip, sizeof(${name}_gzip)}," \
	    >>"$scratch/rows"
}

count=0
# shellcheck disable=SC2086 # lists of words
join $page_modules >"$scratch/page.js"
# shellcheck disable=SC2086
join $status_modules >"$scratch/status.js"
echo '/* Made by page/embed.sh. */'
echo '#include "../dataplane/page_files.h"'
embed / 'text/html; charset=utf-8' index.html
embed /base.css 'text/css; charset=utf-8' base.css
embed /page.css 'text/css; charset=utf-8' page.css
embed /page.js 'text/javascript; charset=utf-8' "$scratch/page.js"
embed /icon.svg image/svg+xml icon.svg
embed /status 'text/html; charset=utf-8' status.html
embed /status.css 'text/css; charset=utf-8' status.css
embed /status.js 'text/javascript; charset=utf-8' "$scratch/status.js"
echo 'const struct http_file page_files[] = {'
cat "$scratch/rows"
echo '};'
echo "const size_t page_file_count = $count;"
