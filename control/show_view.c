/* The network as one text: see show_view.h. */
#include "show_view.h"

#include <stdlib.h>
#include <string.h>

#include "show.h"

static json_t *
show_view_peers(const struct core *core, uint64_t now_msec)
{
	json_t *rows = json_array();
	const void *peer = NULL;
	struct peer_view view;

	while ((peer = core_next_peer(core, peer, &view)) != NULL)
		if (json_array_append_new(rows, show_peer(&view,
		    now_msec)) != 0)
			abort();
	return rows;
}

/* Who is how far behind whom; the map's other rows say what peers do. */
static json_t *
show_view_users(const struct core *core)
{
	json_t *map = show_map(core, false), *users = json_array(), *row;
	const char *kind;
	size_t i;

	json_array_foreach(map, i, row) {
		kind = json_string_value(json_object_get(row, "kind"));
		if (strcmp(kind, "users") == 0 &&
		    json_array_append(users, row) != 0)
			abort();
	}
	json_decref(map);
	return users;
}

/* Takes half of its rows off the end of 'rows', and counts them. */
static size_t
show_view_halve(json_t *rows)
{
	size_t count = json_array_size(rows), i;

	for (i = count; i > count / 2; i--)
		(void)json_array_remove(rows, i - 1);
	return count - count / 2;
}

char *
show_view(const struct core *core, uint64_t now_msec, size_t bytes_max)
{
	json_t *peers = show_view_peers(core, now_msec);
	json_t *users = show_view_users(core), *view;
	size_t omitted = 0;
	char *text = NULL;

	do {
		if (text != NULL)
			omitted += show_view_halve(peers) +
			    show_view_halve(users);
		free(text);
		view = json_pack("{s:o, s:O, s:O, s:I}", "status",
		    show_status(core, now_msec, NULL, NULL), "peers", peers,
		    "users", users, "omitted", (json_int_t)omitted);
		text = json_dumps(view, JSON_COMPACT |
		    JSON_REAL_PRECISION(6));
		if (text == NULL)
			abort();
		json_decref(view);
	} while (strlen(text) > bytes_max && json_array_size(peers) +
	    json_array_size(users) > 0);
	json_decref(peers);
	json_decref(users);
	return text;
}
